"""What a destination declares: facts about a vendor, as data, and the few functions they need.

This module knows no vendor and imports nothing but the standard library and `model`. A
destination is a folder under `destinations/` whose package holds one `DESTINATION`.

Body schemas are JSON Schema (draft 2020-12) with these keywords of our own:

    x-wire      the documented wire type that a mapped value is coerced to: text, date, time,
                datetime, boolean, number, integer, tags, phone, json, object
    x-format    the name of the setting that holds the strftime pattern of a time or datetime
    x-shape     the name of the setting (object | list) that says how an object goes out
    x-aliases   other spellings that a mapping or a source field may use for this field

Where `x-wire` is missing it follows from `type`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer, read.

    Attributes:
        verdict: What it means.
        message: Why, in our words, without any value of a record; may be logged.
        faults: What the vendor found wrong, by body field where it says so.
        kept: What the vendor answered that is needed later (such as its own id).
    """

    verdict: Verdict
    message: str = ""
    faults: tuple[Fault, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)


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
        path: The body field; dots lead into nested objects.
        kind: How values are compared.
    """

    space: str
    path: str
    kind: IdentifierKind = IdentifierKind.EXACT


def _as_it_is(body: Body, _vendor: Mapping[str, Any]) -> Body:
    return body


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
    """

    name: str
    path: str
    schema: Mapping[str, Any]
    read: Callable[[Answer], Reading]
    identifiers: tuple[Identifier, ...]
    envelope: Callable[[Body, Mapping[str, Any]], Body] = _as_it_is
    method: str = "POST"
    streams: tuple[str, ...] = ()
    idempotent: bool = True
    custom_attributes: str | None = None
    explicit_only: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """A vendor's API: everything that the way needs to know of it.

    Attributes:
        name: The folder's name, and the value of the `destination` setting.
        title: The vendor's name as people write it.
        base_url: The documented server.
        resources: By name.
        settings: The settings that only this destination reads, credentials included.
        sign: Makes the request headers that carry the credentials out of those settings.
        quotas: The documented limits, for all requests of one account.
        statuses: What a status that is not 2xx means here.
        credentials: The settings to check when the vendor refuses the credentials.
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
