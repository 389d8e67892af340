"""How SureSend's answers with a 2xx status are read. What no page says is not believed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from target_gleantap.contract import Reading, Step, Verdict
from target_gleantap.model import Answer, Body, Fault

PERSON_ID = "suresend_id"
CREATED, NO_CONTENT = 201, 204

_FLAGS = {"wasPersonCreated": "persons created", "wasCompanyCreated": "companies created"}
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # goes into a path


def read_event(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to a new event, in either documented form; the event is created in both.

    The reference: `{event, person, company, wasPersonCreated, wasCompanyCreated}`. The guide: the
    event itself, flat, without flags. 201 and 200 tell of person and company only.
    """
    said, refusal = _said(answer)
    if refusal or said is None:
        return refusal or Reading(Verdict.DELIVERED)
    event, person = said.get("event"), said.get("person")
    if not isinstance(event, dict) and _text(said, "id") is None:
        return _in_doubt(answer, "names no event")
    person_id = _text(person, "id") if isinstance(person, dict) else _text(said, "personId")
    return Reading(
        Verdict.DELIVERED,
        kept={PERSON_ID: person_id} if person_id else {},
        counts={noun: 1 for flag, noun in _FLAGS.items() if said.get(flag) is True},
    )


def read_person(answer: Answer, bodies: Sequence[Body]) -> Reading:
    """Read the answer to POST /people: a person who exists is returned as they were.

    So anything but 201 is followed by an update with the same body, tags added to those there.
    """
    said, refusal = _said(answer)
    if refusal:
        return refusal
    person_id = _id_of(said or {}, "person")
    if answer.status == CREATED:
        kept = {PERSON_ID: person_id} if person_id else {}
        return Reading(Verdict.DELIVERED, kept=kept, counts={"persons created": 1})
    if person_id is None:
        return _in_doubt(answer, "names no person to update")
    step = Step("PUT", f"/people/{person_id}?mergeTags=true", read=read_update, body=bodies[0])
    return Reading(Verdict.CONTINUE, step=step, kept={PERSON_ID: person_id})


def read_people(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to GET /people. No page shows it: any JSON that does not refuse will do."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _in_doubt(answer, "is not JSON")
    refusal = _said(answer)[1] if isinstance(said, dict) else None
    return refusal or Reading(Verdict.DELIVERED)


def read_update(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to PUT /people/{id}."""
    _, refusal = _said(answer)
    return refusal or Reading(Verdict.DELIVERED, counts={"persons updated": 1})


def read_company(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to POST /companies."""
    said, refusal = _said(answer)
    if refusal:
        return refusal
    if said is not None and _id_of(said, "company") is None:
        return _in_doubt(answer, "names no company")
    created = answer.status == CREATED
    return Reading(Verdict.DELIVERED, counts={"companies created": 1} if created else {})


def _said(answer: Answer) -> tuple[Mapping[str, Any] | None, Reading | None]:
    """What the answer says, None for a 204; or the reading of one that cannot be believed.

    Public clients know a wrapping `{data, success, message}` that no page shows: it is opened,
    and a `success` of false is taken at its word.
    """
    if answer.status == NO_CONTENT:
        return None, None
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None, _in_doubt(answer, "is not JSON")
    if not isinstance(said, dict):
        return None, _in_doubt(answer, "is not a JSON object")
    if said.get("success") is False:
        message = f"HTTP {answer.status}: the answer says that it did not succeed"
        return None, Reading(Verdict.REJECTED, message, (Fault("", message, rule="vendor"),))
    data = said.get("data")
    return (data if isinstance(data, dict) else said), None


def _in_doubt(answer: Answer, what: str) -> Reading:
    return Reading(Verdict.AMBIGUOUS, f"HTTP {answer.status}: the answer {what}")


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) and value else None


def _id_of(said: Mapping[str, Any], inside: str) -> str | None:
    """The id of what is returned, itself or inside a key of its own; fit for a path."""
    inner = said.get(inside)
    found = _text(inner if isinstance(inner, dict) else said, "id")
    return found if found and _ID.fullmatch(found) else None
