"""Singer catalogs: the SCHEMA messages that a tap with this catalog would write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from target_gleantap.errors import InputError, LocalError


def read_catalog(path: str) -> list[dict[str, Any]]:
    """The SCHEMA messages of a catalog file.

    Raises:
        TargetError: Where it cannot be read, or is no catalog.
    """
    try:
        catalog = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is no Singer catalog: it is not JSON.") from None
    return schema_messages(catalog, path)


def schema_messages(catalog: Any, name: str) -> list[dict[str, Any]]:
    """The SCHEMA message of each stream that is selected; of all where none says so.

    Args:
        catalog: What the file holds.
        name: The file's name, for messages.

    Raises:
        InputError: Where it is no catalog.
    """
    streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
    if not isinstance(streams, list) or not all(isinstance(one, Mapping) for one in streams):
        raise InputError(f"{name} is no Singer catalog: it has no list `streams`.")
    chosen = [one for one in streams if _is_selected(one)] or streams
    messages = [_message(one) for one in chosen]
    for message in messages:
        if not isinstance(message["stream"], str) or not isinstance(message["schema"], Mapping):
            raise InputError(f"{name}: a stream of the catalog lacks its name or its schema.")
    return messages


def _metadata(stream: Mapping[str, Any]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """What the catalog says of the stream, `()`, and of its fields."""
    written = stream.get("metadata")
    rows = [one for one in written if isinstance(one, Mapping)] if isinstance(written, list) else []
    return {tuple(one.get("breadcrumb", ())): one.get("metadata", {}) for one in rows}


def _is_selected(stream: Mapping[str, Any]) -> bool:
    return bool(_metadata(stream).get((), {}).get("selected", stream.get("selected")))


def _message(stream: Mapping[str, Any]) -> dict[str, Any]:
    metadata = _metadata(stream)
    keys = stream.get("key_properties") or metadata.get((), {}).get("table-key-properties") or []
    schema = stream.get("schema")
    if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
        schema = {**schema, "properties": dict(_selected(schema["properties"], metadata))}
    name = stream.get("stream") or stream.get("tap_stream_id")
    return {"type": "SCHEMA", "stream": name, "schema": schema, "key_properties": keys}


def _selected(
    properties: Mapping[str, Any], metadata: Mapping[tuple[str, ...], Mapping[str, Any]]
) -> Iterator[tuple[str, Any]]:
    for name, schema in properties.items():
        said = metadata.get(("properties", name), {})
        kept = said.get("inclusion") == "automatic" or said.get("selected", True) is not False
        if kept and said.get("inclusion") != "unsupported":
            yield name, schema
