"""Events as the sandbox keeps them: one by one, and many in one request, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from target_gleantap.destinations.klaviyo.revisions import Revision
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Store
from target_gleantap.sandbox.http_messages import HttpRequest, Reply, look_up
from target_gleantap.sandbox.vendors.klaviyo.errors import EMAIL, Wrong, held_against, refuse_body
from target_gleantap.sandbox.vendors.klaviyo.profiles import (
    fields_of,
    fields_of_flat,
    keys_of,
    profile_id,
    refusals,
    upsert,
)
from target_gleantap.sandbox.vendors.klaviyo.schemas import MOST_EVENTS, validator

REFUSED = "refused"
"""An event property that the sandbox refuses wherever it is true."""
ACCEPTED = Reply(202, b"", media_type="application/vnd.api+json")
ATTRIBUTES = "/data/attributes"
GROUPS = f"{ATTRIBUTES}/events-bulk-create/data"


def create_event(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Accept one event; a repeated one gets the same response and is dropped."""
    revision = Revision(request.headers["revision"])
    wrong = list(held_against(validator("event", revision), body))
    if wrong:
        return refuse_body(wrong, store.variant)
    attributes = body["data"]["attributes"]
    fields = _profile_of(attributes["profile"])
    key = "$email" if revision.flat else "data/attributes/email"
    wrong = [Wrong(f"{ATTRIBUTES}/profile/{key}", EMAIL) for _ in refusals(fields)]
    wrong += _refused_properties(ATTRIBUTES, attributes)
    if wrong:
        return refuse_body(wrong, store.variant)
    _keep(store, fields, attributes, request.body)
    return ACCEPTED


def create_events(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Take many events, or none: a single one that is wrong fails the whole request."""
    revision = Revision(request.headers["revision"])
    wrong = list(held_against(validator("event_bulk", revision), body))
    if not wrong:
        wrong = [*_wrong_in_bulk(body)]
    if wrong:
        return refuse_body(wrong, store.variant)
    for group in _groups(body):
        profile = group["attributes"]["profile"]
        fields = fields_of(profile["data"])
        for event in group["attributes"]["events"]["data"]:
            attributes = {**event["attributes"], "profile": profile}
            alone = {"data": {"type": "event", "attributes": attributes}}
            _keep(store, fields, attributes, msgspec.json.encode(alone))
    return ACCEPTED


def contact_of(store: Store, body: Body) -> str | None:
    """Find the id of the profile that a single event is about, for the log."""
    profile = look_up(body, "data.attributes.profile")
    return profile_id(store, look_up(profile, "data") or profile)


def _profile_of(profile: Mapping[str, Any]) -> Body:
    return fields_of(profile["data"]) if "data" in profile else fields_of_flat(profile)


def _groups(body: Body) -> list[Body]:
    groups: list[Body] = body["data"]["attributes"]["events-bulk-create"]["data"]
    return groups


def _metric(attributes: Mapping[str, Any]) -> str:
    metric = attributes["metric"]
    return str(metric["data"]["attributes"]["name"] if "data" in metric else metric["name"])


def _refused_properties(above: str, attributes: Mapping[str, Any]) -> list[Wrong]:
    if attributes["properties"].get(REFUSED):
        return [Wrong(f"{above}/properties/{REFUSED}", "The sandbox refuses this property")]
    return []


def _wrong_in_bulk(body: Body) -> Iterator[Wrong]:
    """What only a server sees: refused addresses and properties, repeated ids, too many."""
    seen: set[tuple[str, str, str]] = set()
    count = 0
    for number, group in enumerate(_groups(body)):
        above = f"{GROUPS}/{number}/attributes"
        fields = fields_of(group["attributes"]["profile"]["data"])
        for name in refusals(fields):
            yield Wrong(f"{above}/profile/data/attributes/{name}", EMAIL)
        for place, event in enumerate(group["attributes"]["events"]["data"]):
            count += 1
            attributes = event["attributes"]
            here = f"{above}/events/data/{place}/attributes"
            yield from _refused_properties(here, attributes)
            if _is_repeated(fields, attributes, seen):
                yield Wrong(f"{here}/unique_id", "The unique_id is repeated in the request")
    if count > MOST_EVENTS:
        yield Wrong(GROUPS, f"At most {MOST_EVENTS} events are taken")


def _is_repeated(
    fields: Body, attributes: Mapping[str, Any], seen: set[tuple[str, str, str]]
) -> bool:
    unique_id = attributes.get("unique_id")
    if unique_id is None:
        return False
    keys = {(key, _metric(attributes), unique_id) for key in keys_of(fields)}
    repeated = bool(keys & seen)
    seen |= keys
    return repeated


def _keep(store: Store, fields: Body, attributes: Mapping[str, Any], raw: bytes) -> None:
    """Keep an event, and its profile.

    By profile, metric and unique_id; by profile, metric and time where it has no unique_id.
    """
    contact, _ = upsert(store, fields, always=False)
    metric = _metric(attributes)
    own = attributes.get("unique_id") or f"{metric} at {attributes.get('time')}"
    whose = (f"id={contact.id}", f"metric={metric}")
    held = store.events.get(own)
    if held is not None and held.keys != whose:
        own = f"{own} ({metric} of {contact.id})"
    store.add_event(own, raw, whose)
