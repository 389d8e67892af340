"""What Klaviyo's answers mean.

Errors are JSON:API: `errors[]` with `code`, `title`, `detail` and `source.pointer`. A `detail` may
quote what it complains of, so none of its words are repeated: only what is known to be said is
said again, in our own words. The answer itself stands in the reject.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from target_gleantap.contract import Reading, Verdict
from target_gleantap.destinations.klaviyo.pointers import Locate
from target_gleantap.model import Answer, Body, Fault

ACCEPTED = 202
CREATED = 201
HINT = "Klaviyo's own words stand in the reject"
DETAILS: Sequence[tuple[str, str]] = (
    ("invalid email", "is no e-mail address that Klaviyo takes"),
    ("invalid phone number", "is no phone number that Klaviyo takes"),
    ("not in a supported region", "is a phone number of a region that the account does not serve"),
    ("ineligible to receive", "is a phone number that cannot be sent to"),
    ("at least one identifier", "lacks what identifies a profile"),
    ("unique_id", "is a unique_id that Klaviyo does not take, or knows already"),
)
"""Parts of known details, and our own words for them."""
CODES: Mapping[str, str] = {
    "duplicate_profile": "belongs to another profile",
    "invalid": "is invalid to Klaviyo",
    "required": "is missed by Klaviyo",
}


def read_accepted(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to events: 202, without a body. It says that they are queued."""
    if answer.status == ACCEPTED:
        return Reading(Verdict.DELIVERED)
    return _unexpected(answer, "it documents 202")


def read_imported(answer: Answer, _bodies: Sequence[Body]) -> Reading:
    """Read the answer to one profile: 201 where it was created, 200 where it was updated."""
    profile = data_of(answer)
    profile_id = profile.get("id") if profile else None
    if not isinstance(profile_id, str):
        return _unexpected(answer, "the profile's id is not in it")
    done = "created" if answer.status == CREATED else "updated"
    return Reading(
        Verdict.DELIVERED, kept={"klaviyo_id": profile_id}, counts={f"profiles {done}": 1}
    )


def _unexpected(answer: Answer, why: str) -> Reading:
    message = f"HTTP {answer.status}: the answer is not the documented one ({why})"
    return Reading(Verdict.AMBIGUOUS, message)


def refuse(answer: Answer, bodies: Sequence[Body], locate: Locate) -> Reading | None:
    """Read an answer that refuses records.

    Args:
        answer: The answer.
        bodies: The wire bodies of the records in the request.
        locate: Finds the records, and the field, that a pointer means.
    """
    errors = errors_of(answer)
    if not errors:
        return None
    if any(_source(error).get("parameter") for error in errors):
        message = f"HTTP {answer.status}: the vendor refuses the request itself, not a record"
        return Reading(Verdict.STOP, f"{message}; check the setting revision")
    members: dict[int, list[Fault]] = {}
    for error in errors:
        found = locate(str(_source(error).get("pointer") or ""), bodies)
        for place in found[0] if found else ():
            members.setdefault(place, []).append(fault_of(error, found[1] if found else ""))
    faults = members[0] if len(bodies) == 1 and members else [fault_of(one, "") for one in errors]
    return Reading(
        Verdict.REJECTED,
        f"HTTP {answer.status}: the vendor finds the request invalid",
        faults=tuple(dict.fromkeys(faults)),
        members={place: tuple(dict.fromkeys(found)) for place, found in members.items()},
    )


def fault_of(error: Mapping[str, Any], field: str) -> Fault:
    """One error as a fault of a field, in words that hold no value."""
    detail = str(error.get("detail", "")).casefold()
    known = next((words for part, words in DETAILS if part in detail), "")
    words = known or CODES.get(str(error.get("code", "")), "is refused by Klaviyo")
    return Fault(field, words, HINT, rule="vendor")


def errors_of(answer: Answer) -> list[Mapping[str, Any]]:
    """The errors of an answer; none where it holds none."""
    said = said_in(answer)
    errors = said.get("errors")
    return [one for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []


def data_of(answer: Answer) -> Mapping[str, Any]:
    """The resource object of an answer, or an empty one."""
    data = said_in(answer).get("data")
    return data if isinstance(data, Mapping) else {}


def said_in(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer, or an empty one."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, Mapping) else {}


def _source(error: Mapping[str, Any]) -> Mapping[str, Any]:
    source = error.get("source")
    return source if isinstance(source, Mapping) else {}
