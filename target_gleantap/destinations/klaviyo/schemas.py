"""The body fields as a revision has them.

In the schema files, `x-since` and `x-until` name the first and the last revision of what they
stand in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from target_gleantap.destinations.klaviyo.revisions import Revision

BOUNDS = ("x-since", "x-until")


@cache
def schema_at(revision: Revision, resource: str) -> Mapping[str, Any]:
    """The JSON Schema of a resource's body fields."""
    text = files(__package__).joinpath(f"{resource}.schema.json").read_bytes()
    schema: dict[str, Any] = _at(json.loads(text), revision.name)
    if resource == "event":
        schema["properties"]["properties"]["maxProperties"] = revision.most_properties
    return schema


def _at(value: Any, revision: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _at(one, revision)
            for key, one in value.items()
            if key not in BOUNDS and _is_there(one, revision)
        }
    if isinstance(value, list):
        return [_at(one, revision) for one in value if _is_there(one, revision)]
    return value


def _is_there(value: Any, revision: str) -> bool:
    if not isinstance(value, dict):
        return True
    since, until = (str(value.get(bound, revision)) for bound in BOUNDS)
    return since <= revision <= until
