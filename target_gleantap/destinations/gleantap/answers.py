"""What Gleantap answers, read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from target_gleantap.contract import Reading, Verdict
from target_gleantap.model import Answer, Body, Fault

CONTACT_ID = "gleantap_id"
"""What its own id of a contact is called here: its pages say `_id`, `id` and `from_contact`."""


def read_object(answer: Answer) -> dict[str, Any] | Reading:
    """The JSON object that a 200 should hold; what it means where it does not."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return Reading(Verdict.AMBIGUOUS, f"HTTP {answer.status}: the answer is not JSON")
    if not isinstance(said, dict):
        return Reading(Verdict.AMBIGUOUS, f"HTTP {answer.status}: the answer is not a JSON object")
    return said


def rejected(answer: Answer, what: str) -> Reading:
    """A 200 that does not count, and why."""
    message = f"HTTP {answer.status}: {what}"
    return Reading(Verdict.REJECTED, message, faults=(Fault("", message, rule="vendor"),))


def read_success(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read a 200 with suspicion: it counts only where it says so itself.

    The vendor says it in three ways: `status` "success" (newContact, optin), `result` "success"
    (newEvent, removeContact), `status` true (mergeContacts).
    """
    said = read_object(answer)
    if isinstance(said, Reading):
        return said
    claims = [said[key] for key in ("status", "result") if key in said]
    if claims and all(claim is True or claim == "success" for claim in claims):
        contact_id = said.get("_id")
        return Reading(
            Verdict.DELIVERED,
            kept={CONTACT_ID: contact_id} if isinstance(contact_id, str) else {},
        )
    return rejected(answer, "the answer does not say success")


def read_members(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read a 200 of getCustomers: any JSON object that does not say failure."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return Reading(Verdict.AMBIGUOUS, f"HTTP {answer.status}: the answer is not JSON")
    claims = [said.get(key, True) for key in ("status", "result")] if isinstance(said, dict) else []
    if not claims or any(claim not in (True, "success") for claim in claims):
        return Reading(Verdict.STOP, f"HTTP {answer.status}: the answer does not say success")
    return Reading(Verdict.DELIVERED)
