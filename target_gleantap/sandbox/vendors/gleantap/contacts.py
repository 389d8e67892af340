"""How Gleantap matches contacts, and how a body changes the fields that are there.

Its pages do not say everything. Taken here, each the cautious reading: e-mail addresses and first
names match whatever their case, phone numbers by their last ten digits; where a body has a
`user_id`, a contact found by e-mail or phone is not taken if it has another; a `null` is stored;
`tags` without `tag_action` replace; a wrong `app_id` is answered like a wrong key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from target_gleantap.contract import IdentifierKind
from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.account.validate import same

IDENTITY = ("user_id", "email", "phone", "first_name")


def fold(bodies: Sequence[Body]) -> Body:
    """Lay the bodies over each other, the latest on top."""
    fields: Body = {}
    for body in bodies:
        tags = _tags(fields.get("tags"), body)
        fields.update({key: body[key] for key in body if key not in ("app_id", "tag_action")})
        if tags is not None:
            fields["tags"] = tags
    return fields


def _tags(held: str | None, body: Body) -> str | None:
    action, given = body.get("tag_action"), body.get("tags")
    if action is None or not isinstance(given, str):
        return None
    before, now = (
        list(filter(None, map(str.strip, (text or "").split(",")))) for text in (held, given)
    )
    if action == "remove":
        return ",".join(tag for tag in before if tag not in now)
    return ",".join(dict.fromkeys([*before, *now]))


def keys_of(identity: Mapping[str, Any]) -> tuple[str, ...]:
    """What finds a contact: user_id, else email and first name, else phone and first name."""
    first_name = same(IdentifierKind.EMAIL, str(identity.get("first_name") or ""))
    keys = []
    if identity.get("user_id"):
        keys.append(f"user_id={identity['user_id']}")
    if identity.get("email"):
        keys.append(f"email={same(IdentifierKind.EMAIL, identity['email'])}|{first_name}")
    if identity.get("phone"):
        keys.append(f"phone={same(IdentifierKind.PHONE, identity['phone'])}|{first_name}")
    return tuple(keys)


def identity_of(body: Body) -> dict[str, str]:
    """The fields of a body that identify."""
    return {name: body[name] for name in IDENTITY if isinstance(body.get(name), str)}


def find(store: Store, identity: Mapping[str, str]) -> Contact | None:
    """Find the contact that these identify, if there is one."""
    user_id = identity.get("user_id")
    for key in keys_of(identity):
        contact = store.find((key,))
        if contact and user_id in (None, contact.identity.get("user_id", user_id)):
            return contact
    return None


def contact_of(store: Store, body: Body) -> str | None:
    """Find the id of the contact that a body is about, for the log."""
    contact = store.contacts.get(body.get("_id", "")) or find(store, identity_of(body))
    return contact.id if contact else None
