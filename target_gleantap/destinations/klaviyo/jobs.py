"""Bulk imports of profiles: a job that is looked after to its end, and its import errors.

GET {jobs}/{id} and GET {jobs}/{id}/import-errors, as klaviyo/openapi has them at 2026-07-15
(GetProfileImportJobResponseCompoundDocument, GetImportErrorResponseCollection).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from target_gleantap.contract import Read, Reading, Step, Verdict
from target_gleantap.destinations.klaviyo.answers import data_of, fault_of, said_in
from target_gleantap.destinations.klaviyo.bodies import identifiers
from target_gleantap.destinations.klaviyo.pointers import in_bulk_profiles, profile_field
from target_gleantap.model import Answer, Body, Fault

FIRST_LOOK_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
RUNNING = ("queued", "processing")
UNQUOTED = "!$%&'()*+,/:;=?@[]~"
"""What stands in an address as it is (RFC 3986), escapes included."""
PAGE = "?page%5Bsize%5D=100"
"""As many import errors as a page may hold; the vendor's default is 20."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one revision.

    Attributes:
        path: Writes an address as the revision has it.
    """

    path: Callable[[str], str]

    def read_started(self, answer: Answer, _bodies: Sequence[Body]) -> Reading:
        """Read the answer to a bulk request: the job's id."""
        job_id = data_of(answer).get("id")
        if not isinstance(job_id, str) or not job_id:
            message = f"HTTP {answer.status}: the answer does not name the import job"
            return Reading(Verdict.AMBIGUOUS, message)
        return self._look(quote(job_id, safe=""), FIRST_LOOK_SECONDS)

    def _look(self, job_id: str, seconds: float) -> Reading:
        def read(answer: Answer, bodies: Sequence[Body]) -> Reading:
            return self._read_job(answer, bodies, job_id, seconds)

        path = self.path(f"/api/profile-bulk-import-jobs/{job_id}")
        return _unfinished(_question(path, read, seconds))

    def _read_job(
        self, answer: Answer, bodies: Sequence[Body], job_id: str, waited: float
    ) -> Reading:
        said = data_of(answer).get("attributes")
        attributes = said if isinstance(said, Mapping) else {}
        status, failed = attributes.get("status"), attributes.get("failed_count") or 0
        if status in RUNNING:
            return self._look(job_id, min(waited * 2, LONGEST_WAIT_SECONDS))
        if status == "cancelled":
            message = "the vendor cancelled the import job: its profiles may not be imported"
            return Reading(Verdict.STOP, message)
        if status != "complete" or not isinstance(failed, int):
            message = f"HTTP {answer.status}: the answer does not say how the import job fares"
            return Reading(Verdict.AMBIGUOUS, message)
        if not failed:
            return Reading(Verdict.DELIVERED, counts={"profiles imported": len(bodies)})
        path = self.path(f"/api/profile-bulk-import-jobs/{job_id}/import-errors")
        return _Errors(failed).ask(path + PAGE)


def _unfinished(step: Step) -> Reading:
    message = "the import job has not come to its end within job_deadline_seconds"
    remedy = (
        "see at Klaviyo whether its imports are delayed; then raise job_deadline_seconds or run "
        "again later"
    )
    return Reading(Verdict.CONTINUE, message, step=step, remedy=remedy)


def _question(path: str, read: Read, seconds: float = 0.0) -> Step:
    return Step("GET", path, read, after_seconds=seconds, looks=True)


class _Errors:
    """The import errors of one job, read page by page.

    Args:
        failed: How many profiles the job says that it failed for.
    """

    def __init__(self, failed: int) -> None:
        self._failed = failed
        self._members: dict[int, tuple[Fault, ...]] = {}
        self._asked: set[str] = set()
        self._places: Mapping[frozenset[str], Sequence[int]] | None = None

    def ask(self, path: str) -> Reading:
        """Ask for a page."""
        self._asked.add(path)
        return _unfinished(_question(path, self._read))

    def _read(self, answer: Answer, bodies: Sequence[Body]) -> Reading:
        errors = said_in(answer).get("data")
        if not isinstance(errors, list):
            message = f"HTTP {answer.status}: the answer does not list the import errors"
            return Reading(Verdict.AMBIGUOUS, message)
        for error in errors:
            self._add_error(error, bodies)
        following = _next_page(answer)
        if following and following not in self._asked:
            return self.ask(following)
        return _imported(self._members, self._failed, len(bodies))

    def _add_error(self, error: Any, bodies: Sequence[Body]) -> None:
        attributes = error.get("attributes") if isinstance(error, Mapping) else None
        if not isinstance(attributes, Mapping):
            return
        if self._places is None:
            self._places = _places(bodies)
        place, field = _place(attributes, bodies, self._places)
        if place is not None:
            fault = fault_of(attributes, field)
            self._members[place] = tuple(dict.fromkeys((*self._members.get(place, ()), fault)))


def _places(bodies: Sequence[Body]) -> Mapping[frozenset[str], Sequence[int]]:
    """The places of profiles in a request, by all their identifiers together."""
    places: dict[frozenset[str], list[int]] = {}
    for place, body in enumerate(bodies):
        places.setdefault(frozenset(identifiers(body["data"])), []).append(place)
    return places


def _imported(members: Mapping[int, tuple[Fault, ...]], failed: int, total: int) -> Reading:
    """All failures are named: the others are in. Or not: then those not named go again."""
    if len(members) >= failed:
        counts = {"profiles imported": total - len(members)}
        return Reading(Verdict.DELIVERED, members=members, counts=counts)
    message = "the import job failed for profiles that it does not name"
    faults = (Fault("", message, rule="vendor"),)
    return Reading(Verdict.REJECTED, message, faults=faults, members=members)


def _next_page(answer: Answer) -> str:
    links = said_in(answer).get("links")
    address = links.get("next") if isinstance(links, Mapping) else None
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return ""
    if not parts.path.startswith("/api/"):
        return ""
    return f"{quote(parts.path, safe=UNQUOTED)}?{quote(parts.query, safe=UNQUOTED)}"


def _place(
    error: Mapping[str, Any],
    bodies: Sequence[Body],
    by_identifiers: Mapping[frozenset[str], Sequence[int]],
) -> tuple[int | None, str]:
    """Which profile of the request an import error is about, and which of its fields.

    The payload that it repeats says it best; its pointer does where that fits none, or several.
    """
    source = error.get("source")
    pointer = str(source.get("pointer") or "") if isinstance(source, Mapping) else ""
    pointed = in_bulk_profiles(pointer, bodies)
    known_by = _known_by(error.get("original_payload"))
    places = by_identifiers.get(known_by, ()) if known_by else ()
    if pointed and (not places or pointed[0][0] in places):
        return pointed[0][0], pointed[1]
    if places:
        return places[0], profile_field(pointer, bodies[places[0]])
    return None, ""


def _known_by(payload: Any) -> frozenset[str]:
    """The identifiers in a repeated payload: a whole resource object, or its attributes alone."""
    if not isinstance(payload, Mapping):
        return frozenset()
    inner = payload.get("data", payload)
    resource = inner if isinstance(inner, Mapping) else {}
    if isinstance(resource.get("attributes"), Mapping):
        return frozenset(identifiers(resource))
    return frozenset(identifiers({"attributes": resource, "id": resource.get("id")}))
