"""One kind of thing that a destination takes: its body, whose it is, and how it goes out.

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
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from target_gleantap.contract.answers import Read, Reading
from target_gleantap.contract.identifier import Identifier
from target_gleantap.contract.quota import Quota
from target_gleantap.model import Answer, Body, Fault


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


def _as_it_is(body: Body, _vendor: Mapping[str, Any]) -> Body:
    return body


def _no_checks(_body: Body, _now: datetime) -> tuple[Fault, ...]:
    return ()


def _nothing_said(_answer: Answer, _bodies: Sequence[Body]) -> Reading | None:
    return None


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
