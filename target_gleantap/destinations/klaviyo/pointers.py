"""Klaviyo's pointers (`/data/attributes/profile/data/attributes/email`) to a mapping's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from target_gleantap.destinations.klaviyo.bodies import FLAT_KEYS, groups
from target_gleantap.model import Body

Found: TypeAlias = "tuple[tuple[int, ...], str]"
"""The places of the records that a pointer names, and the field in each of them."""
Locate: TypeAlias = Callable[[str, Sequence[Body]], "Found | None"]

WRAPPING = frozenset({"data", "attributes"})
LOCATION = frozenset({"city", "region", "country", "zip"})
_PLAIN_KEYS = {key: name for name, key in FLAT_KEYS.items()}
_EVENT_GROUP = re.compile(
    r"/data/attributes/(?:events-bulk-create|profiles)/data/(\d{1,6})"
    r"(?:/attributes/events/data/(\d{1,6}))?(/.*)?"
)
_PROFILE = re.compile(r"(?:/data/attributes)?/profiles/data/(\d{1,6})(/.*)?")


def in_event(pointer: str, bodies: Sequence[Body]) -> Found | None:
    """Where a pointer into a request of one event leads to."""
    return ((0,), event_field(pointer, bodies[0])) if len(bodies) == 1 else None


def in_profile(pointer: str, bodies: Sequence[Body]) -> Found | None:
    """Where a pointer into a request of one profile leads to."""
    return ((0,), profile_field(pointer, bodies[0])) if len(bodies) == 1 else None


def in_bulk_events(pointer: str, bodies: Sequence[Body]) -> Found | None:
    """Where a pointer into a bulk request of events leads to.

    One that names a profile names all of that profile's events. One that stops at the profile's
    events, or at the group as a whole, names no event: None, so that the request is halved.
    """
    match = _EVENT_GROUP.fullmatch(pointer)
    made = groups(bodies)
    if match is None or int(match[1]) >= len(made):
        return None
    places = made[int(match[1])].places
    if match[2] is not None:
        if int(match[2]) >= len(places):
            return None
        places = [places[int(match[2])]]
    elif len(places) > 1 and not _is_profile(match[3] or ""):
        return None
    return tuple(places), event_field(match[3] or "", bodies[places[0]])


def _is_profile(pointer: str) -> bool:
    """Whether a pointer below a group of events leads to the group's profile."""
    return _way(pointer)[:1] == ["profile"]


def in_bulk_profiles(pointer: str, bodies: Sequence[Body]) -> Found | None:
    """Where a pointer into a bulk request of profiles leads to."""
    match = _PROFILE.fullmatch(pointer)
    if match is None or int(match[1]) >= len(bodies):
        return None
    return (int(match[1]),), profile_field(match[2] or "", bodies[int(match[1])])


def event_field(pointer: str, event: Body) -> str:
    """The field of a mapping that a pointer below an event means, or an empty text."""
    way = _way(pointer)
    attributes = event["data"]["attributes"]
    if way[:1] == ["metric"]:
        return "metric"
    if way[:1] == ["properties"]:
        return _custom(way, attributes.get("properties"))
    if way[:1] == ["profile"]:
        return _profile_field(way[1:], _attributes(attributes["profile"]), "profile")
    if way and way[0] in EVENT_FIELDS:
        return way[0]
    # The same fault has been seen with a pointer as if the profile stood alone.
    return _profile_field(way, _attributes(attributes["profile"]), "profile") if way else ""


def profile_field(pointer: str, profile: Body) -> str:
    """The field of a mapping that a pointer below a profile means, or an empty text."""
    return _profile_field(_way(pointer), _attributes(profile), "")


EVENT_FIELDS = frozenset({"time", "value", "value_currency", "unique_id", "backfill"})
PROFILE_FIELDS = frozenset(
    {
        *("email", "phone_number", "external_id", "id", "anonymous_id", "_kx"),
        *("first_name", "last_name", "organization", "locale", "title", "image"),
    }
)
LOCATION_FIELDS = LOCATION | {"address1", "address2", "timezone", "latitude", "longitude", "ip"}


def _profile_field(way: Sequence[str], attributes: Mapping[str, Any], above: str) -> str:
    names = [_PLAIN_KEYS.get(name, name) for name in way]
    field = ""
    if names[:1] == ["properties"]:
        field = _custom(names, attributes.get("properties"))
    elif names[:1] == ["location"]:
        field = ".".join(["location", *(name for name in names[1:2] if name in LOCATION_FIELDS)])
    elif names and way[0] != names[0] and names[0] in LOCATION:
        field = f"location.{names[0]}"
    elif names and names[0] in PROFILE_FIELDS:
        field = names[0]
    return ".".join(part for part in (above, field) if part)


def _custom(way: Sequence[str], held: Any) -> str:
    """A custom property by name, if the body has it: nothing else of a pointer is repeated."""
    known = isinstance(held, Mapping) and len(way) > 1 and way[1] in held
    return f"{way[0]}.{way[1]}" if known else way[0]


def _attributes(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    """A profile's attributes, wherever its form has them."""
    data = profile.get("data")
    found = data.get("attributes") if isinstance(data, Mapping) else profile
    return found if isinstance(found, Mapping) else {}


def _way(pointer: str) -> list[str]:
    """A pointer's parts (RFC 6901) without what only wraps; all of them below `properties`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return list(_unwrapped(parts))


def _unwrapped(parts: Iterable[str]) -> Iterable[str]:
    custom = False
    for part in parts:
        if custom or part not in WRAPPING:
            yield part
        custom = custom or part == "properties"
