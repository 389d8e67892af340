"""What Gleantap's operations do to an account, and their responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from target_gleantap.contract import IdentifierKind
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.account.validate import same, without_nulls
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.vendors.gleantap.contacts import (
    contact_of,
    find,
    fold,
    identity_of,
    keys_of,
)

LIMIT = 1000
CUSTOMERS: Mapping[str, Any] = {
    "type": "object",
    "required": ["app_id"],
    "properties": {
        "app_id": {"type": "string"},
        **{name: {"type": "string"} for name in ("_id", "user_id", "email", "phone")},
        "event_since_date": {"type": "string", "format": "date"},
        "updated_since": {"type": "string", "format": "date"},
        "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT},
        "offset": {"type": "integer", "minimum": 0},
        "fulldata": {"type": "boolean"},
        "events": {"type": "boolean"},
    },
}


def refuse(status: int, message: str, faults: Sequence[str]) -> Reply:
    """Word a refusal; only "Invalid request" is documented, the shape is not."""
    said: dict[str, Any] = {"status": "error", "message": message}
    if faults:
        said["details"] = list(faults)
    return Reply(status, said)


def new_contact(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Create or update; the response does not say which."""
    identity = identity_of(body)
    contact = find(store, identity) or store.create(keys_of(identity)[0])
    contact.identity.update(identity)
    contact.bodies.append(request.body)
    store.rekey(contact, keys_of(contact.identity))
    return Reply(200, {"status": "success", "_id": contact.id})


def new_event(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Keep an event; the response to a repeated id is the same."""
    keys = (f"_id={body['_id']}",) if body.get("_id") else ()
    store.add_event(body["id"], request.body, (*keys, *keys_of(identity_of(body))))
    return Reply(200, {"result": "success"})


def remove_contact(store: Store, body: Body, _request: HttpRequest) -> Reply:
    """Delete, by Gleantap's own id."""
    contact = store.contacts.get(body["id"])
    if contact is None:
        return refuse(400, "Invalid request", ("id: no such contact",))
    store.remove(contact)
    store.counts["contacts_removed"] += 1
    return Reply(200, {"result": "success"})


def merge_contacts(store: Store, body: Body, _request: HttpRequest) -> Reply:
    """Merge; against its name, `from_contact` is the one that remains."""
    remains = store.contacts.get(body["from_contact"])
    deleted = store.contacts.get(body["to_contact"])
    if remains is None or deleted is None or remains is deleted:
        return refuse(400, "Invalid request or contacts not found", ())
    keys = dict.fromkeys((*remains.keys, *deleted.keys))
    store.remove(deleted)
    remains.bodies.put_before(deleted.bodies)
    remains.identity = {**deleted.identity, **remains.identity}
    store.rekey(remains, tuple(keys))
    store.counts["contacts_merged"] += 1
    return Reply(200, {"status": True, "message": "Contacts merged successfully"})


def optin(store: Store, _body: Body, _request: HttpRequest) -> Reply:
    """Count the SMS that would have gone out."""
    store.counts["sms_optins_sent"] += 1
    return Reply(200, {"status": "success"})


def get_customers(store: Store, body: Body, _request: HttpRequest) -> Reply:
    """Read contacts back, as far as the vendor documents its response."""
    body = without_nulls(body)
    # To JSON Schema, 1.0 is an integer too.
    offset, limit = int(body.get("offset", 0)), int(body.get("limit", LIMIT))
    found = [contact for contact in store.contacts.values() if _is_wanted(contact, body)]
    events = _events_by_contact(store) if body.get("events") else {}
    members = [_member(contact) for contact in found[offset : offset + limit]]
    if body.get("events"):
        for member in members:
            member["events"] = events.get(member["id"], [])
    return Reply(200, {"members": members})


def _is_wanted(contact: Contact, body: Body) -> bool:
    kinds = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}
    held = {"_id": contact.id, **contact.identity}
    return all(
        same(kinds.get(name, IdentifierKind.EXACT), held.get(name, ""))
        == same(kinds.get(name, IdentifierKind.EXACT), body[name])
        for name in ("_id", "user_id", "email", "phone")
        if name in body
    )


def _events_by_contact(store: Store) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for event in store.events.values():
        body = msgspec.json.decode(event.last or event.body)
        found.setdefault(contact_of(store, body) or "", []).append(body)
    return found


def _member(contact: Contact) -> Body:
    fields = fold([msgspec.json.decode(body) for body in contact.bodies])
    return {
        "id": contact.id,
        "firstname": fields.get("first_name"),
        "lastname": fields.get("last_name"),
        "email": fields.get("email"),
        "phone": fields.get("phone"),
        "last_location": fields.get("location"),
        "email_optout": int(fields.get("optout_email") is True),
        "sms_optout": int(fields.get("optin_sms") is False),
        "created_date": fields.get("created_date"),
    }
