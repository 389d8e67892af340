"""Contacts and events as the pages show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.model import Body
from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.account.store import Contact, Event
from target_gleantap.sandbox.account.validate import identify
from target_gleantap.sandbox.inbox import fields
from target_gleantap.sandbox.inbox.fields import Chapter, Documented

LATEST = 50
NAMES = (("first_name", "last_name"), ("firstName", "lastName"), ("name",), ("fullName",))
TYPES = ("event_type", "type", "eventType", "event_name", "metric", "name")
DATES = ("date", "time", "datetime", "timestamp", "date-time")


@dataclass(frozen=True, slots=True)
class Line:
    """A documented field and its value.

    Attributes:
        field: The field in the contract.
        value: Its value; None where it is empty.
        chapter: The request that set it, or None where that is no longer known.
        why: Why it is empty.
        never: Whether no contact has a value in it.
    """

    field: Documented
    value: Any
    chapter: Chapter | None
    why: str
    never: bool


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A contact in a list."""

    contact: Contact
    title: str
    identifiers: tuple[str, ...]
    fields: Body
    documented: int
    filled: int


@dataclass(frozen=True, slots=True)
class EventCard:
    """An event in a list or on a timeline."""

    event: Event
    body: Body
    title: str
    says: str
    contact: Contact | None
    contact_title: str


def title(body: Body) -> str:
    """The name of a person; empty where no field has one."""
    for names in NAMES:
        said = " ".join(str(body[name]) for name in names if body.get(name))
        if said:
            return said
    email = body.get("email")
    return email if isinstance(email, str) else ""


def contact_card(account: Account, contact: Contact) -> ContactCard:
    """A contact with its present fields."""
    present = account.vendor.fold([fields.decode(body) or {} for body in contact.bodies])
    resource = fields.best_resource(account, present)
    known = fields.documented(resource) if resource else ()
    identifiers = identify(resource.identifiers, present) if resource else ()
    filled = sum(present.get(one.name) not in (None, "") for one in known)
    return ContactCard(
        contact, title(present) or contact.id, identifiers, present, len(known), filled
    )


def contacts(account: Account, text: str = "") -> tuple[list[ContactCard], int]:
    """The latest contacts that contain a text, newest first; and how many contain it in all."""
    wanted = text.casefold().encode()
    held = reversed(account.store.contacts.values())
    if not text:
        return [contact_card(account, one) for one in islice(held, LATEST)], len(
            account.store.contacts
        )
    found = [
        one
        for one in held
        if wanted in one.id.encode() or any(wanted in body.lower() for body in one.bodies)
    ]
    return [contact_card(account, one) for one in found[:LATEST]], len(found)


def event_card(account: Account, event: Event) -> EventCard:
    """An event with its contact."""
    body = fields.decode(event.last or event.body) or {}
    resource = fields.resource_of(account, event.first.operation, body)
    told = fields.inner(body, resource) if resource else body
    contact = account.store.find(event.keys)
    return EventCard(
        event,
        body,
        next(filter(None, (_name(told.get(name)) for name in TYPES)), "event"),
        " ".join(_own_times(told, resource)),
        contact,
        _called(account, contact) if contact else "",
    )


def _called(account: Account, contact: Contact) -> str:
    """The name of a contact, without reading a long history."""
    ends = (contact.bodies[0], contact.bodies[-1]) if contact.bodies else ()
    return title(account.vendor.fold([fields.decode(body) or {} for body in ends])) or contact.id


def _name(value: Any) -> str:
    """A text, or the name inside an object."""
    while isinstance(value, dict):
        value = value.get("name") or value.get("data") or value.get("attributes")
    return value if isinstance(value, str) else ""


def _own_times(body: Body, resource: Resource | None) -> Iterator[str]:
    """The date and time fields of an event."""
    for one in fields.documented(resource) if resource else ():
        if one.kind in DATES and isinstance(body.get(one.name), str):
            yield body[one.name]


def events(account: Account, text: str = "") -> tuple[list[EventCard], int]:
    """The latest events that contain a text, newest first; and how many contain it in all."""
    wanted = text.casefold().encode()
    held = reversed(account.store.events.values())
    if not text:
        return [event_card(account, one) for one in islice(held, LATEST)], len(account.store.events)
    found = [one for one in held if wanted in (one.last or one.body).lower()]
    return [event_card(account, one) for one in found[:LATEST]], len(found)


def lines(
    account: Account,
    resource: Resource,
    present: Body,
    chapters: Sequence[Chapter],
    refused: Sequence[tuple[LoggedRequest, Body]],
) -> list[Line]:
    """Every documented field, and for an empty one, why."""
    rates = fields.fill(account, resource)
    found = []
    for one in fields.documented(resource):
        value = present.get(one.name)
        empty = value in (None, "")
        said = fields.why_empty(one.name, rates, chapters, refused) if empty else ""
        why, never = (said, False) if said else (fields.never(rates), True)
        found.append(Line(one, None if empty else value, _set_by(one.name, chapters), why, never))
    return found


def _set_by(name: str, chapters: Sequence[Chapter]) -> Chapter | None:
    """The latest body that changed a field."""
    changed = (
        chapter
        for chapter in reversed(chapters)
        if any(change.name == name for change in chapter.changes)
    )
    return next(changed, None)


def undocumented(resource: Resource, present: Body) -> Body:
    """The fields that are not documented: custom attributes."""
    known = resource.schema.get("properties", {})
    return {name: value for name, value in present.items() if name not in known}


def refused_for(
    account: Account, resource: Resource, identifiers: Sequence[str]
) -> list[tuple[LoggedRequest, Body]]:
    """Requests of the same resource and person that had no effect, the latest first."""
    wanted = set(identifiers)
    return [
        (entry, fields.inner(fields.decode(entry.body), resource))
        for entry in reversed(account.request_log.entries)
        if not entry.carried_out
        and entry.resource == resource.name
        and not wanted.isdisjoint(entry.identifiers)
    ]
