"""Finding the contact that is to be removed, where Gleantap's own id of it is not known.

`getCustomers` answers `{"members": [{"id", "firstname", "lastname", "email", …}]}`, and `id` there
is the contact's own. It does not tell the `user_id`. So one is removed only where it is the only
one that comes, and nothing that both sides tell of it differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from target_gleantap.contract import SOUGHT, Reading, Step, Verdict
from target_gleantap.destinations.gleantap.answers import (
    CONTACT_ID,
    read_object,
    read_success,
    rejected,
)
from target_gleantap.model import Answer, Body

LIMIT = 2
"""As many as it takes to see that there is more than one."""
GONE = "contacts that were gone already"
ASKED_BY = ((CONTACT_ID, "_id"), ("user_id", "user_id"), ("email", "email"), ("phone", "phone"))
"""What is known, and what it is called in the request, in the order of trust."""
TOLD = ((CONTACT_ID, "id"), ("email", "email"))
"""What is known, and what it is called in the answer."""


def search_question(known: Mapping[str, str]) -> Body | None:
    """The body of the request that asks for a contact; None where nothing tells it apart."""
    for name, field in ASKED_BY:
        if known.get(name):
            return {field: known[name], "limit": LIMIT}
    return None


def read_found(answer: Answer, bodies: Sequence[Body], removal: str) -> Reading:
    """Read who was found, and go on to remove it.

    Args:
        answer: The answer.
        bodies: The request's body, with what is known under `SOUGHT`.
        removal: The path of the request that removes.
    """
    said = read_object(answer)
    if isinstance(said, Reading):
        return said
    members = said.get("members")
    if not isinstance(members, list):
        return rejected(answer, "the answer holds no list of members")
    if not members:
        return Reading(Verdict.DELIVERED, counts={GONE: 1})
    (body,), member = bodies, members[0]
    doubt = _doubt(members, body[SOUGHT])
    if doubt:
        return rejected(answer, f"{doubt}, so nothing was removed")
    step = Step(
        "POST",
        removal,
        read_success,
        body={"app_id": body["app_id"], "id": member["id"]},
        idempotent=False,
    )
    return Reading(Verdict.CONTINUE, step=step)


def _doubt(members: Sequence[Any], sought: Mapping[str, str]) -> str:
    """What speaks against removing the one that was found; empty where nothing does."""
    member = members[0]
    if len(members) > 1:
        return "more than one contact was found"
    if not isinstance(member, dict) or not isinstance(member.get("id"), str):
        return "the contact that was found has no id"
    return "" if _same(member, sought) else "the contact that was found is another one"


def _same(member: Mapping[str, Any], sought: Mapping[str, str]) -> bool:
    """Whether nothing that both sides tell differs.

    By e-mail or phone alone a contact is not identified: the first name belongs to it.
    """
    told: tuple[tuple[str, str], ...] = TOLD
    if not (sought.get(CONTACT_ID) or sought.get("user_id")):
        told = (*TOLD, ("first_name", "firstname"))
    pairs = ((sought.get(name), member.get(field)) for name, field in told)
    return all(_alike(ours, theirs) for ours, theirs in pairs if ours and theirs)


def _alike(ours: str, theirs: Any) -> bool:
    return isinstance(theirs, str) and ours.strip().casefold() == theirs.strip().casefold()
