"""What a body must hold beyond its schema, and the one thing that its wire form changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from target_gleantap.model import Body, Fault

CONTACT_LISTS = ("emails", "phones")
"""Lists of ways to reach somebody: objects with a `value`, or plain texts."""


def reaches(items: list[Any]) -> bool:
    """Whether such a list has at least one address or number in it."""
    return any(item.get("value") if isinstance(item, dict) else item for item in items)


def _lists(person: Any) -> list[list[Any]]:
    """Those that are there; what is missing, or no list, is told by the schema."""
    held = person if isinstance(person, dict) else {}
    return [held[name] for name in CONTACT_LISTS if isinstance(held.get(name), list)]


def event_checks(body: Body, _now: datetime) -> tuple[Fault, ...]:
    """One person, and only one, whom the vendor can find again."""
    return tuple(_event_faults(body))


def _event_faults(body: Body) -> Iterator[Fault]:
    person = body.get("person")
    if person is None:
        return
    if body.get("personId") is not None:
        yield Fault(
            "person",
            "stands beside personId: an event has either the one or the other",
            "map both only where one of them is null",
            rule="identity",
        )
    lists = _lists(person)
    if lists and not any(map(reaches, lists)):
        yield Fault(
            "person",
            "needs emails or phones with something in them",
            "without one the vendor finds nobody, and creates the person anew with every event",
            rule="identity",
        )


def person_checks(body: Body, _now: datetime) -> tuple[Fault, ...]:
    """At least one e-mail address: people are found by nothing else."""
    emails = body.get("emails")
    if not isinstance(emails, list) or reaches(emails):
        return ()
    return (
        Fault(
            "emails",
            "needs an e-mail address",
            "without one the vendor finds nobody, and creates the person anew with every run",
            rule="identity",
        ),
    )


def event_envelope(body: Body, _vendor: Mapping[str, Any]) -> Body:
    """Leave empty lists out of `person`; both documented forms of the others go out as mapped."""
    person = body.get("person")
    if not isinstance(person, dict):
        return body
    return {**body, "person": _without_empty(person)}


def contact_envelope(body: Body, _vendor: Mapping[str, Any]) -> Body:
    """Leave empty lists out, and make objects of plain texts.

    Plain texts are documented for events only. Here they become what the vendor says that it
    makes of them there: objects, of which the first is the primary one.
    """
    wire = _without_empty(body)
    for name in CONTACT_LISTS:
        if isinstance(wire.get(name), list):
            wire[name] = _as_objects(wire[name])
    return wire


def _without_empty(body: Body) -> Body:
    """Leave out empty texts, and then empty lists: what one would clear is not said."""
    full = {
        name: [item for item in value if item != ""] if name in CONTACT_LISTS and value else value
        for name, value in body.items()
    }
    return {name: value for name, value in full.items() if value != []}


def _as_objects(items: list[Any]) -> list[Any]:
    chosen = any(isinstance(item, dict) and item.get("isPrimary") for item in items)
    return [
        {"value": item, **({} if chosen or place else {"isPrimary": True})}
        if isinstance(item, str)
        else item
        for place, item in enumerate(items)
    ]
