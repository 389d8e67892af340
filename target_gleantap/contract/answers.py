"""How an answer is read: what it can mean, and what each status means in general."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from target_gleantap.model import Answer, Body, Fault


class Verdict(str, Enum):
    """What an answer means for the delivery and for the run."""

    DELIVERED = "delivered"
    """The vendor confirmed it."""
    REJECTED = "rejected"
    """The vendor finds this record invalid; the others go on."""
    THROTTLED = "throttled"
    """Too many requests: everyone waits, and it costs the record no attempt."""
    RETRY = "retry"
    """Not carried out: may be sent again."""
    AMBIGUOUS = "ambiguous"
    """It may or may not have been carried out."""
    STOP = "stop"
    """No record is to blame: the run stops."""
    CONTINUE = "continue"
    """Taken so far: another request has to follow (`Reading.step`)."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request that has to follow before a delivery is done: a job to look after, an update.

    Attributes:
        method: The HTTP method.
        path: Below the base URL.
        read: Reads its answer if that is a success (2xx), as `Resource.read` does.
        body: The wire body, or None for a request without one.
        after_seconds: How long to wait before it.
        idempotent: Whether sending it twice is harmless.
        looks: Whether it only asks what became of records that were accepted: a refusal of it says
            nothing about them.
    """

    method: str
    path: str
    read: Read
    body: Body | None = None
    after_seconds: float = 0.0
    idempotent: bool = True
    looks: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer, read.

    Attributes:
        verdict: What it means for the whole request.
        message: Why, in our words, without any value of a record; may be logged.
        faults: What the vendor found wrong, by body field where it says so.
        members: In a request of many records, what is wrong with single ones, by their place in
            it. With DELIVERED, these are rejected and the others delivered; with REJECTED, these
            are rejected and the others sent again without them.
        step: With CONTINUE, what has to follow.
        kept: What the vendor answered that is needed later (such as its own id).
        counts: What the vendor says it did, for the run summary (`persons created`: 1).
        remedy: What to do if the run stops for it; empty for what the status suggests.
    """

    verdict: Verdict
    message: str = ""
    faults: tuple[Fault, ...] = ()
    members: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)
    step: Step | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    remedy: str = ""


Read: TypeAlias = Callable[[Answer, Sequence[Body]], Reading]
"""Reads a 2xx answer. Takes it and the wire bodies of the records that the request held."""


STATUSES: Mapping[int, tuple[Verdict, str]] = {
    400: (Verdict.REJECTED, "the vendor finds the request invalid"),
    401: (Verdict.STOP, "the vendor does not accept the credentials"),
    402: (Verdict.STOP, "the vendor wants the account to be paid for"),
    403: (Verdict.STOP, "the credentials may not do this"),
    404: (Verdict.STOP, "the vendor does not know this address"),
    405: (Verdict.STOP, "the vendor does not take this method at this address"),
    406: (Verdict.STOP, "the vendor cannot answer in the form asked for"),
    407: (Verdict.STOP, "the proxy wants credentials"),
    408: (Verdict.RETRY, "the vendor waited too long for the request"),
    409: (Verdict.REJECTED, "the vendor reports a conflict"),
    410: (Verdict.STOP, "the vendor has taken this address out of service"),
    413: (Verdict.REJECTED, "the vendor finds the body too large"),
    415: (Verdict.STOP, "the vendor does not take this media type"),
    421: (Verdict.STOP, "this host does not serve this address"),
    422: (Verdict.REJECTED, "the vendor finds a value invalid"),
    425: (Verdict.RETRY, "the vendor wants the request later"),
    426: (Verdict.STOP, "the vendor wants another protocol"),
    429: (Verdict.THROTTLED, "the vendor throttles"),
    431: (Verdict.STOP, "the vendor finds the headers too large"),
    501: (Verdict.STOP, "the vendor does not offer this"),
    505: (Verdict.STOP, "the vendor does not take this HTTP version"),
}
"""What each status means unless a destination says otherwise (RFC 9110, section 15)."""


def read_status(status: int, statuses: Mapping[int, tuple[Verdict, str]] = STATUSES) -> Reading:
    """Read a status that is not a success (2xx).

    Args:
        status: The HTTP status code.
        statuses: The table to read it by; what it does not list goes by its class, as
            RFC 9110 section 15 has it: 3xx stops, 4xx rejects, 5xx may have been carried out.
    """
    if status in statuses:
        verdict, message = statuses[status]
    elif status >= 500:  # noqa: PLR2004 - the classes of RFC 9110
        verdict, message = Verdict.AMBIGUOUS, "the vendor failed"
    elif status >= 400:  # noqa: PLR2004
        verdict, message = Verdict.REJECTED, "the vendor refused the request"
    elif status >= 300:  # noqa: PLR2004
        verdict, message = Verdict.STOP, "the address redirects, and no redirect is followed"
    else:
        verdict, message = Verdict.AMBIGUOUS, "the answer is not a final one"
    return Reading(verdict, f"HTTP {status}: {message}")
