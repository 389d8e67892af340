"""Mapped bodies to Klaviyo's wire bodies: flat, nested, one by one, and many in one request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from target_gleantap.model import Body

EVENT_FIELDS = ("time", "value", "value_currency", "unique_id", "backfill")
FLAT_KEYS = {
    "email": "$email",
    "phone_number": "$phone_number",
    "first_name": "$first_name",
    "last_name": "$last_name",
    "image": "$image",
    "city": "$city",
    "region": "$region",
    "country": "$country",
    "zip": "$zip",
}
"""The special keys of the flat form; every other key becomes a custom property."""


def flat_event(body: Body, _vendor: Mapping[str, Any]) -> Body:
    """An event as revisions before 2023-07-15 have it."""
    metric = {"name": body["metric"]}
    return _event({"profile": _flat_profile(body["profile"]), "metric": metric}, body)


def nested_event(body: Body, _vendor: Mapping[str, Any]) -> Body:
    """An event as revisions since 2023-07-15 have it."""
    metric = {"data": {"type": "metric", "attributes": {"name": body["metric"]}}}
    return _event({"profile": {"data": _profile(body["profile"])}, "metric": metric}, body)


def profile_import(body: Body, _vendor: Mapping[str, Any]) -> Body:
    """A profile to create or update."""
    return {"data": _profile(body)}


def _event(attributes: Body, body: Body) -> Body:
    attributes["properties"] = body.get("properties") or {}
    attributes.update({name: body[name] for name in EVENT_FIELDS if name in body})
    return {"data": {"type": "event", "attributes": attributes}}


def _profile(mapped: Mapping[str, Any]) -> Body:
    resource: Body = {"type": "profile"}
    if mapped.get("id") is not None:
        resource["id"] = mapped["id"]
    resource["attributes"] = {name: value for name, value in mapped.items() if name != "id"}
    return resource


def _flat_profile(mapped: Mapping[str, Any]) -> Body:
    fields = {**mapped, **(mapped.get("location") or {})}
    custom = fields.pop("properties", None) or {}
    fields.pop("location", None)
    return {**custom, **{FLAT_KEYS.get(name, name): value for name, value in fields.items()}}


# --- many in one request


@dataclass(slots=True)
class Group:
    """Events of one profile in a bulk request.

    Attributes:
        profile: The profile's resource object.
        places: The events' places among all events of the request.
    """

    profile: Body
    places: list[int] = field(default_factory=list)


def groups(events: Sequence[Body]) -> list[Group]:
    """Group the wire bodies of events by profile.

    An event joins an earlier group only where its profile is the same to the last field, and no
    group since then shares an identifier with it: so a contact's changes stay in order.
    """
    made: list[Group] = []
    by_profile: dict[str, int] = {}
    latest: dict[str, int] = {}
    for place, event in enumerate(events):
        profile = event["data"]["attributes"]["profile"]["data"]
        key, known_by = _text(profile), tuple(identifiers(profile))
        index = by_profile.get(key, -1)
        if index < 0 or any(latest.get(one) != index for one in known_by):
            index = len(made)
            made.append(Group(profile))
        made[index].places.append(place)
        by_profile[key] = index
        latest.update(dict.fromkeys(known_by, index))
    return made


def bulk_events(events: Sequence[Body], _vendor: Mapping[str, Any]) -> Body:
    """The body of a bulk request of events."""
    made = [_bulk_create(group, events) for group in groups(events)]
    attributes = {"events-bulk-create": {"data": made}}
    return {"data": {"type": "event-bulk-create-job", "attributes": attributes}}


def _bulk_create(group: Group, events: Sequence[Body]) -> Body:
    entries = []
    for place in group.places:
        attributes = dict(events[place]["data"]["attributes"])
        del attributes["profile"]
        entries.append({"type": "event", "attributes": attributes})
    attributes = {"profile": {"data": group.profile}, "events": {"data": entries}}
    return {"type": "event-bulk-create", "attributes": attributes}


def bulk_profiles(profiles: Sequence[Body], _vendor: Mapping[str, Any]) -> Body:
    """The body of a bulk request of profiles."""
    data = [profile["data"] for profile in profiles]
    attributes = {"profiles": {"data": data}}
    return {"data": {"type": "profile-bulk-import-job", "attributes": attributes}}


def distinct_event(event: Body) -> tuple[str, ...]:
    """What must not occur twice in a request: a unique_id of one profile and metric.

    Two events may know their profile by different identifiers: one in common is enough.
    """
    attributes = event["data"]["attributes"]
    metric = attributes["metric"]["data"]["attributes"]["name"]
    unique_id = attributes.get("unique_id")
    known_by = identifiers(attributes["profile"]["data"])
    return tuple(_text([one, metric, unique_id]) for one in known_by)


def identifiers(profile: Mapping[str, Any]) -> Iterator[str]:
    """What a profile's resource object is known by."""
    attributes = profile.get("attributes") or {}
    for name in ("email", "phone_number", "external_id"):
        value = attributes.get(name)
        if value:
            yield f"{name}:{str(value).strip().casefold() if name == 'email' else value}"
    if profile.get("id"):
        yield f"id:{profile['id']}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
