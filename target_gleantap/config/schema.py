"""The settings in singer-sdk's form, for the target's class and `--about`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from singer_sdk.helpers import capabilities

from target_gleantap.config.declared import SETTINGS
from target_gleantap.config.mapping_entries import KEYS, NULL_POLICIES, ON_DELETE
from target_gleantap.contract import Setting

_SINGER: Mapping[str, Any] = {
    name: schema
    for declared in (
        capabilities.STREAM_MAPS_CONFIG,
        capabilities.FLATTENING_CONFIG,
        capabilities.BATCH_CONFIG,
        capabilities.ADD_RECORD_METADATA_CONFIG,
        capabilities.TARGET_VALIDATE_RECORDS_CONFIG,
    )
    for name, schema in declared["properties"].items()
}

_TEXT = {"type": "string"}
_ENTRY: Mapping[str, Any] = dict.fromkeys(KEYS, _TEXT) | {
    "fields": {"type": "object"},
    "custom_attributes": {"anyOf": [{"const": "*"}, {"type": "array", "items": _TEXT}]},
    "null_policy": {"type": "string", "enum": list(NULL_POLICIES)},
    "tests": {"type": "array", "items": {"type": "object"}},
    "on_delete": {"type": "string", "enum": list(ON_DELETE)},
    "mirror": {"type": "boolean"},
}
_ITEMS: Mapping[str, Any] = {
    "mappings": {"type": "object", "properties": _ENTRY, "required": ["stream", "resource"]},
    "quotas": _TEXT,
}


def singer_schema(name: str) -> Mapping[str, Any]:
    """What singer-sdk itself declares for one of its settings."""
    schema: Mapping[str, Any] = _SINGER[name]
    return schema


def _property(setting: Setting) -> dict[str, Any]:
    own: dict[str, Any] = {
        "type": [setting.kind, "null"],
        "description": setting.description,
        "default": setting.default,
        "enum": list(setting.choices) or None,
        "minimum": setting.minimum,
        "maximum": setting.maximum,
        "items": _ITEMS.get(setting.name),
        # Both, as singer-sdk's Property(secret=True) writes them.
        "secret": setting.secret or None,
        "writeOnly": setting.secret or None,
    }
    said = {key: value for key, value in own.items() if value is not None}
    return {**_SINGER.get(setting.name, {}), **said}


def config_jsonschema() -> dict[str, Any]:
    """A new JSON Schema of the config: singer-sdk adds to what it is given."""
    return copy.deepcopy(
        {
            "type": "object",
            "properties": {setting.name: _property(setting) for setting in SETTINGS},
            "required": [setting.name for setting in SETTINGS if setting.required],
        }
    )
