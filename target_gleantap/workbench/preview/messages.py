"""What stands in the messages that a record came from."""

from __future__ import annotations

from typing import Any

import msgspec

from target_gleantap.exact_json.codec import parse_number
from target_gleantap.model import Origin

_members = msgspec.json.Decoder(dict[str, Any], float_hook=parse_number)


def record_of(origin: Origin) -> dict[str, Any]:
    """The record as the tap wrote it; empty where only lenient readers can read it."""
    record = _decoded(origin.message).get("record")
    return record if isinstance(record, dict) else {}


def keys_of(origin: Origin) -> list[str]:
    """The key properties of its stream."""
    keys = _decoded(origin.schema).get("key_properties")
    return [str(key) for key in keys] if isinstance(keys, list) else []


def _decoded(message: bytes) -> dict[str, Any]:
    try:
        return _members.decode(message)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
