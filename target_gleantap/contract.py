"""What a destination declares: facts about a vendor, as data, and the few functions they need.

This module knows no vendor and imports nothing but the standard library and `model`. A
destination is a folder under `destinations/` whose package holds one `DESTINATION`.

Body schemas are JSON Schema (draft 2020-12) with these keywords of our own:

    x-wire      the documented wire type that a mapped value is coerced to: text, date, time,
                datetime, timestamp (RFC 3339, to the second), boolean, number, integer,
                tags, phone, json, object
    x-format    the name of the setting that holds the strftime pattern of a time or datetime
    x-shape     the name of the setting (object | list) that says how an object goes out
    x-aliases   other spellings that a mapping or a source field may use for this field
    x-e164      whether a phone number must be E.164
    x-synonyms  other names that sources use for this field; at the top, names of streams that
                hold such things. They only serve to propose mappings: a mapping cannot use them

Where `x-wire` is missing it follows from `type`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeAlias

from target_gleantap.model import Answer, Body, Fault


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: shown by `--about`, `meltano.yml` and the docs, and checked against.

    Attributes:
        name: snake_case.
        kind: `string`, `integer`, `boolean`, `array` or `object`.
        description: One or two sentences for who sets it.
        default: Its value when it is not set, or None.
        choices: The only values that it takes, or empty.
        secret: Whether it must never be shown.
        required: Whether a run cannot do without it.
        minimum: The least value of an integer, or None.
        maximum: The greatest value of an integer, or None.
    """

    name: str
    kind: str
    description: str
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `requests` in any window of `seconds`."""

    requests: int
    seconds: float

    def __str__(self) -> str:
        """Render as a setting writes it: `50/1s`, `2000/1m`."""
        if self.seconds % 60 == 0:
            return f"{self.requests}/{self.seconds / 60:g}m"
        return f"{self.requests}/{self.seconds:g}s"


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
    """

    method: str
    path: str
    read: Read
    body: Body | None = None
    after_seconds: float = 0.0
    idempotent: bool = True


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that changes nothing, to see whether the credentials are taken.

    Attributes:
        step: The request.
        taken: Statuses that are no success and yet show that the credentials are known, each with
            what it leaves open, in our words.
    """

    step: Step
    taken: Mapping[int, str] = field(default_factory=dict)


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
    """

    verdict: Verdict
    message: str = ""
    faults: tuple[Fault, ...] = ()
    members: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)
    step: Step | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


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


class IdentifierKind(str, Enum):
    """How two spellings of an identifier are told to be the same one."""

    EXACT = "exact"
    EMAIL = "email"
    """Case and surrounding space do not count."""
    PHONE = "phone"
    """Only digits count, and of these the last ten."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A body field that tells whose record this is.

    Attributes:
        space: What it identifies by: two fields with the same space and value are the same
            contact, whatever the resource (`user_id`, `email`, `phone`, ...).
        path: The body field; dots lead into nested objects, and into each one of a list (of
            plain values, too).
        kind: How values are compared.
    """

    space: str
    path: str
    kind: IdentifierKind = IdentifierKind.EXACT


def _as_it_is(body: Body, _vendor: Mapping[str, Any]) -> Body:
    return body


def _no_checks(_body: Body, _now: datetime) -> tuple[Fault, ...]:
    return ()


def _nothing_said(_answer: Answer, _bodies: Sequence[Body]) -> Reading | None:
    return None


@dataclass(frozen=True, slots=True)
class Bulk:
    """How one request takes many records.

    Attributes:
        most: How many records it takes.
        most_bytes: How large its body may be.
        wrap: Puts the records' wire bodies into one. Takes them and the destination's own
            settings; must be deterministic, so that a place in the answer can be found again.
        overhead: How many bytes a record may add to the body beside its own.
        distinct: What of a wire body may not occur twice in one request, all of it; None where
            anything may.
        in_order: Whether records are taken in the order in which they stand in a request. Where
            nothing says so, those of one contact go in one request after the other.
    """

    most: int
    most_bytes: int
    wrap: Callable[[Sequence[Body], Mapping[str, Any]], Body]
    overhead: int = 64
    distinct: Callable[[Body], Collection[str]] | None = None
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many different values of a body field an account can bear.

    Attributes:
        field: The body field; a value of another type than text is not counted.
        most: The documented limit.
        noun: What these are called (`metrics`).
    """

    field: str
    most: int
    noun: str


@dataclass(frozen=True, slots=True)
class Search:
    """How what is to be removed is found at the vendor, where its id is not known.

    Attributes:
        resource: The request that asks. Its `read` is given, as the only body, the wire body with
            all that is known under `SOUGHT` (which is not sent). It gives DELIVERED where there
            is nothing to remove any more, CONTINUE with the step that removes, or REJECTED.
        question: What is known (key fields of the body, and kept answers, by name) to the body of
            that request; None where it cannot be asked for.
    """

    resource: Resource
    question: Callable[[Mapping[str, str]], Body | None]


SOUGHT = "sought"
"""Where `Search.resource.read` finds what is known of the one that is sought."""


@dataclass(frozen=True, slots=True)
class Removal:
    """How what a resource delivered is removed again.

    Attributes:
        resource: The name of the resource that removes.
        kept: The kept answer (`Reading.kept`) that it goes by.
        field: The body field of that resource that takes it.
        search: What to do where that answer is not known; None for nothing.
    """

    resource: str
    kept: str
    field: str
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class Voids:
    """What a delivery does to things that were delivered before: the ledger must not trust them.

    Attributes:
        kept: The kept answer that they are known by.
        field: The body field that names one.
    """

    kept: str
    field: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing that a destination takes.

    Attributes:
        name: What a mapping calls it.
        path: The request's path below the base URL.
        schema: The JSON Schema of the body fields that a mapping may name.
        read: Reads an answer with a 2xx status.
        identifiers: Whose record it is, for the order per contact.
        envelope: Puts the checked body into the wire form. Takes the body and the
            destination's own settings; must be deterministic.
        method: The HTTP method.
        streams: Names of streams that take this resource without a mapping.
        idempotent: Whether sending the same body twice is harmless by the contract.
        custom_attributes: Where fields outside the schema go: "" for the top level, a field's
            name for an object in it, None for nowhere.
        explicit_only: Whether it has effects that must be asked for by naming it.
        title: One line on what it does, for the docs.
        quotas: Its own documented limits; none where the destination's apply to it.
        checks: Finds what breaks documented limits that a schema cannot say. Takes the mapped
            body, in which the schema may find faults too, and the time; its faults hold no value.
        refusal: Reads an answer that refuses the records (400, 409, 413, 422), where the
            vendor's body tells more than its status; gives None where it does not.
        derived_id: The body field that gets a stable id where the mapping gives none, made of
            stream, key properties and content; None for no such field.
        cardinality: A limit on different values of a field in one account.
        bulk: How many of them go in one request; None for one each.
        key: What the ledger knows one by: alternatives, best first, each of body fields that must
            all be there. They compare as identifiers do; the coarser, the safer: two things under
            one key are sent once too often, one thing under two keys once too seldom. Each
            alternative must hold a field that is among the identifiers, so that what shares a key
            is delivered in order. Empty: the ledger does not remember this resource.
        once: Whether it is delivered once by its key, as an event is: another body under the same
            key is a conflict, not a change.
        removal: How it is removed again; None where that cannot be.
        voids: What its delivery does to others.
    """

    name: str
    path: str
    schema: Mapping[str, Any]
    read: Read
    identifiers: tuple[Identifier, ...]
    envelope: Callable[[Body, Mapping[str, Any]], Body] = _as_it_is
    method: str = "POST"
    streams: tuple[str, ...] = ()
    idempotent: bool = True
    custom_attributes: str | None = None
    explicit_only: bool = False
    title: str = ""
    quotas: tuple[Quota, ...] = ()
    checks: Callable[[Body, datetime], tuple[Fault, ...]] = _no_checks
    refusal: Callable[[Answer, Sequence[Body]], Reading | None] = _nothing_said
    derived_id: str | None = None
    cardinality: Cardinality | None = None
    bulk: Bulk | None = None
    key: tuple[tuple[Identifier, ...], ...] = ()
    once: bool = False
    removal: Removal | None = None
    voids: tuple[Voids, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a destination has to say of its own settings, taken together.

    Attributes:
        faults: What must be mended before a run, each with the setting's name as its path.
        warnings: What should be known, as sentences.
    """

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


def _nothing_to_say(_vendor: Mapping[str, Any], _today: date) -> Inspection:
    return Inspection()


@dataclass(frozen=True, slots=True)
class Destination:
    """A vendor's API: everything that the way needs to know of it.

    Attributes:
        name: The folder's name, and the value of the `destination` setting.
        title: The vendor's name as people write it.
        base_url: The documented server.
        resources: By name, as they are with the default settings.
        settings: The settings that only this destination reads, credentials included.
        sign: Makes the request headers that carry the credentials out of those settings.
        quotas: The documented limits, for all requests of one account.
        statuses: What a status that is not 2xx means here.
        credentials: The settings to check when the vendor refuses the credentials.
        configure: Gives the destination as its settings make it, where resources, paths or
            quotas depend on them (an API revision, a bulk mode). Takes the settings with their
            defaults, after `inspect` found no fault in them.
        inspect: Checks its own settings as a whole. Takes them and today's date.
        probe: Makes the documented question that changes nothing and shows whether the
            credentials are taken, out of those settings; None where none is documented.
        account: The settings that tell one account from another; the credentials where it is
            empty, so that the ledger starts anew when those change.
    """

    name: str
    title: str
    base_url: str
    resources: Mapping[str, Resource]
    settings: tuple[Setting, ...]
    sign: Callable[[Mapping[str, Any]], Mapping[str, str]]
    quotas: tuple[Quota, ...] = ()
    statuses: Mapping[int, tuple[Verdict, str]] = field(default_factory=lambda: STATUSES)
    credentials: tuple[str, ...] = ()
    configure: Callable[[Destination, Mapping[str, Any]], Destination] = (
        lambda destination, _vendor: destination
    )
    inspect: Callable[[Mapping[str, Any], date], Inspection] = _nothing_to_say
    probe: Callable[[Mapping[str, Any]], Probe] | None = None
    account: tuple[str, ...] = ()

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        """The settings that tell one account from another."""
        return self.account or self.credentials
