"""How the sandbox matches Klaviyo's profiles, and how an update changes one.

Which identifier counts first where they lead to different profiles is not documented. Taken here:
Klaviyo's own id, then e-mail, phone and external id. A null clears a field, what is absent stays;
`properties` and `location` are laid over by their own fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from target_gleantap.contract import IdentifierKind
from target_gleantap.destinations.klaviyo.bodies import FLAT_KEYS
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.account.validate import same

REFUSED = "@refused.example.com"
"""Addresses that no schema complains of, and that the sandbox refuses all the same."""
KINDS = {
    "id": IdentifierKind.EXACT,
    "email": IdentifierKind.EMAIL,
    "phone_number": IdentifierKind.PHONE,
    "external_id": IdentifierKind.EXACT,
}
LAID_OVER = ("properties", "location")


def fields_of(resource: Mapping[str, Any]) -> Body:
    """The fields of a profile's resource object, its id among them."""
    given = {"id": resource["id"]} if resource.get("id") else {}
    return {**given, **resource["attributes"]}


def fields_of_flat(profile: Mapping[str, Any]) -> Body:
    """The fields of a flat profile, in the words of the nested form."""
    fields: Body = {}
    for key, value in profile.items():
        name = _NAMES.get(key, "")
        if name in ("city", "region", "country", "zip"):
            fields.setdefault("location", {})[name] = value
        elif name:
            fields[name] = value
        else:
            fields.setdefault("properties", {})[key] = value
    return fields


_NAMES = {key: name for name, key in FLAT_KEYS.items()}


def keys_of(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What a profile with these fields is found by, best first."""
    known = ((name, kind, fields.get(name)) for name, kind in KINDS.items())
    return tuple(f"{name}={same(kind, str(value))}" for name, kind, value in known if value)


def profile_id(store: Store, profile: Any) -> str | None:
    """Find the id of the profile that a part of an unchecked body is about, for the log."""
    if not isinstance(profile, Mapping):
        return None
    nested = isinstance(profile.get("attributes"), Mapping)
    contact = store.find(keys_of(fields_of(profile) if nested else fields_of_flat(profile)))
    return contact.id if contact else None


def upsert(store: Store, fields: Body, *, always: bool) -> tuple[Contact, bool]:
    """Create or update a profile.

    Args:
        store: The account.
        fields: The fields received.
        always: Whether what repeats the fields received before is kept as well.

    Returns:
        The profile, and whether it is new.
    """
    keys = keys_of(fields)
    contact = store.find(keys)
    created = contact is None
    contact = contact or store.create(keys[0])
    identity = {name: str(fields[name]) for name in KINDS if fields.get(name)}
    contact.identity.update(identity)
    raw = msgspec.json.encode(fields)
    if always or not contact.bodies or contact.bodies[-1] != raw:
        contact.bodies.append(raw)
    own = (f"id={contact.id}", *keys_of(contact.identity))
    store.rekey(contact, tuple(dict.fromkeys(own)))
    return contact, created


def fold(bodies: Sequence[Body]) -> Body:
    """Lay the bodies over each other, the latest on top."""
    fields: Body = {}
    for body in bodies:
        for name, value in body.items():
            if name in LAID_OVER and isinstance(value, dict):
                fields[name] = _over(fields.get(name) or {}, value)
            else:
                fields = _over(fields, {name: value})
    return fields


def _over(held: Body, given: Mapping[str, Any]) -> Body:
    return {name: value for name, value in {**held, **given}.items() if value is not None}


def refusals(fields: Mapping[str, Any]) -> Iterator[str]:
    """The fields that the sandbox refuses though they keep to the schema."""
    email = fields.get("email")
    if isinstance(email, str) and email.casefold().endswith(REFUSED):
        yield "email"
