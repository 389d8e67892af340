"""The wire bodies of each revision as JSON Schema, made of the target's own contract files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from target_gleantap.destinations.klaviyo.revisions import Revision
from target_gleantap.destinations.klaviyo.schemas import schema_at

Schema = dict[str, Any]
EVENT_FIELDS = ("time", "value", "value_currency", "unique_id", "backfill")
IDENTIFYING = ("email", "phone_number", "external_id")
MOST_EVENTS = 1_000
MOST_PROFILES = 10_000


@cache
def validator(name: str, revision: Revision) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of an operation's whole body. Formats are asserted."""
    schema = _SCHEMAS[name](revision)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _event(revision: Revision) -> Schema:
    profile = _flat_profile() if revision.flat else _wrapped(_profile(revision, "event"))
    return _wrapped(_event_resource(revision, {"profile": profile}))


def _events(revision: Revision) -> Schema:
    events = _list(_event_resource(revision, {}))
    attributes = {"profile": _wrapped(_profile(revision, "event")), "events": _wrapped(events)}
    groups = _list(_resource("event-bulk-create", attributes))
    return _wrapped(_resource("event-bulk-create-job", {"events-bulk-create": _wrapped(groups)}))


def _profile_import(revision: Revision) -> Schema:
    return _wrapped(_profile(revision, "profile"))


def _profiles(revision: Revision) -> Schema:
    profiles = {**_list(_profile(revision, "profile")), "maxItems": MOST_PROFILES}
    return _wrapped(_resource("profile-bulk-import-job", {"profiles": _wrapped(profiles)}))


_SCHEMAS = {
    "event": _event,
    "event_bulk": _events,
    "profile": _profile_import,
    "profile_bulk": _profiles,
}


def _wrapped(data: Schema) -> Schema:
    return _object({"data": data}, ["data"])


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _object(properties: Mapping[str, Any], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _resource(name: str, attributes: Schema, optional: Schema | None = None) -> Schema:
    inner = _object({**attributes, **(optional or {})}, list(attributes))
    return _object({"type": {"const": name}, "attributes": inner}, ["type", "attributes"])


def _event_resource(revision: Revision, profile: Schema) -> Schema:
    fields = schema_at(revision, "event")["properties"]
    name = fields["metric"]
    metric = _object({"name": name, "service": {"type": "string"}}, ["name"])
    if not revision.flat:
        metric = _wrapped(_resource("metric", {"name": name}, {"service": {"type": "string"}}))
    optional = {key: _nullable(fields[key]) for key in EVENT_FIELDS if key in fields}
    optional["time"]["format"] = "date-time"
    properties = {"type": "object", "maxProperties": revision.most_properties}
    return _resource("event", {**profile, "metric": metric, "properties": properties}, optional)


def _profile(revision: Revision, resource: str) -> Schema:
    schema = schema_at(revision, resource)
    fields = schema["properties"] if resource == "profile" else {}
    fields = {**(fields or schema["properties"]["profile"]["properties"])}
    fields.pop("id", None)
    made = _resource("profile", {}, {name: _nullable(field) for name, field in fields.items()})
    made["properties"]["id"] = {"type": ["string", "null"]}
    given = {"type": "string", "minLength": 1}
    made["anyOf"] = [
        {"required": ["id"], "properties": {"id": given}},
        *(
            {"properties": {"attributes": {"required": [name], "properties": {name: given}}}}
            for name in IDENTIFYING
        ),
    ]
    return made


def _flat_profile() -> Schema:
    fields = schema_at(Revision("2023-01-24"), "event")["properties"]["profile"]["properties"]
    return {
        "type": "object",
        "properties": {f"${name}": fields[name] for name in ("email", "phone_number")},
        "anyOf": [{"required": ["$email"]}, {"required": ["$phone_number"]}],
    }


def _nullable(schema: Mapping[str, Any]) -> Schema:
    """The same, or null: a null clears a field."""
    made = dict(schema)
    types = made["type"]
    made["type"] = [*([types] if isinstance(types, str) else types), "null"]
    if "properties" in made:
        made["properties"] = {name: _nullable(one) for name, one in made["properties"].items()}
    return made
