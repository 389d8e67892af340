"""How SureSend matches people and companies, and what an update changes.

Its pages do not say everything. Taken here, each the cautious reading: e-mail addresses match
whatever their case, phone numbers by their last ten digits; a person who is matched by an event
stays as they were; `POST /people` finds by e-mail only; an update replaces lists, and tags too
unless `mergeTags=true`; a company that is posted is a new one, whatever its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from target_gleantap.contract import IdentifierKind
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.account.validate import same

COMPANIES = "companies"
KINDS = {"emails": IdentifierKind.EMAIL, "phones": IdentifierKind.PHONE}


def uuid(seed: bytes) -> str:
    """An id of the vendor's form."""
    return str(uuid5(NAMESPACE_URL, seed.decode()))


def now() -> str:
    """The current time, in the format of the responses."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fold(bodies: Sequence[Body]) -> Body:
    """Lay the bodies over each other, the latest on top; null and "" clear."""
    fields: Body = {}
    for body in bodies:
        fields.update(body)
    return {name: value for name, value in fields.items() if value not in (None, "")}


def fields_of(contact: Contact) -> Body:
    """A person as they are now."""
    return fold([msgspec.json.decode(body) for body in contact.bodies])


def keys_of(person: Body, names: Sequence[str] = tuple(KINDS)) -> tuple[str, ...]:
    """What finds a person: each e-mail address, and each phone number."""
    return tuple(
        f"{name}={same(KINDS[name], value)}" for name in names for value in _values(person, name)
    )


def _values(person: Body, name: str) -> Iterator[str]:
    for item in person.get(name) or ():
        yield item["value"] if isinstance(item, dict) else item


def with_objects(person: Body) -> Body:
    """The person with objects in place of plain texts, of which the first is the primary one."""
    return {
        name: _objects(value) if name in KINDS and isinstance(value, list) else value
        for name, value in person.items()
    }


def _objects(items: list[Any]) -> list[Any]:
    return [
        {"value": item, "isPrimary": place == 0} if isinstance(item, str) else item
        for place, item in enumerate(items)
    ]


def create(store: Store, person: Body) -> Contact:
    """Create a person."""
    contact = store.create((keys_of(person) or ("nobody",))[0], uuid)
    contact.identity["createdAt"] = now()
    lay_over(store, contact, with_objects(person))
    return contact


def lay_over(store: Store, contact: Contact, body: Body) -> None:
    """Change a person, and what they are found by."""
    contact.identity["updatedAt"] = now()
    contact.bodies.append(msgspec.json.encode(body))
    store.rekey(contact, (f"id={contact.id}", *keys_of(fields_of(contact))))


def find(store: Store, body: Body) -> Contact | None:
    """The person of an event: by id, or by an e-mail address or a phone number."""
    if "personId" in body:
        return store.contacts.get(body["personId"])
    return store.find(keys_of(body.get("person", {})))


def contact_of(store: Store, body: Body) -> str | None:
    """The id of the person that a body of any kind is about, for the log."""
    contact = find(store, body if {"personId", "person"} & body.keys() else {"person": body})
    return contact.id if contact else None


def find_company(store: Store, company: Body) -> Body | None:
    """A company by its id, or by its name whatever the case."""
    held = store.others[COMPANIES]
    if "id" in company:
        return held.get(company["id"])
    name = company["name"].casefold()
    return next((each for each in held.values() if each["name"].casefold() == name), None)


def create_company(store: Store, body: Body) -> Body:
    """Create a company."""
    moment = now()
    made = {"id": store.new_id(f"company={body['name']}", uuid), **with_objects(body)}
    store.others[COMPANIES][made["id"]] = {**made, "created": moment, "updated": moment}
    found: Body = store.others[COMPANIES][made["id"]]
    return found
