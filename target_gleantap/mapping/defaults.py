"""The mapping of a stream that is named like a resource's own and has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.mapping.expressions.compile import PLAIN_PATH
from target_gleantap.model import MappingEntry


def default_mapping(
    stream: str, resource: Resource, stream_schema: Mapping[str, Any], index: int
) -> MappingEntry:
    """Body fields of the same names, or of their aliases, as far as the SCHEMA has them."""
    properties = stream_schema.get("properties", {})
    fields = {}
    for name, schema in resource.schema["properties"].items():
        found = [key for key in (name, *schema.get("x-aliases", ())) if key in properties]
        if found:
            key = found[0]
            fields[name] = key if PLAIN_PATH.fullmatch(key) else f'"{key}"'
    return MappingEntry(
        index=index,
        stream=stream,
        resource=resource.name,
        fields=fields,
        name=f"{stream}:{resource.name}",
    )
