"""The documented fields beside what arrived: "Why is this field empty?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from target_gleantap.contract import Resource
from target_gleantap.model import Body
from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.account.store import Arrival

SAMPLE = 500
"""How many of a resource's latest bodies are checked."""
CHAPTERS = 50
"""How many bodies of one contact are compared; older ones count as one."""
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Documented:
    """A body field of the contract.

    Attributes:
        name: Its name.
        required: Whether the vendor requires it.
        kind: Its type on the wire.
        description: Its description in the contract.
    """

    name: str
    required: bool
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Fill:
    """How often fields came.

    Attributes:
        bodies: How many bodies were checked.
        filled: In how many of them each field has a value.
        nulls: In how many of them it is null.
    """

    bodies: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    nulls: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Change:
    """What one request changed of one field."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one body changed.

    Attributes:
        arrival: The request that brought it.
        body: The body.
        changes: The fields that it changed.
    """

    arrival: Arrival
    body: Body
    changes: tuple[Change, ...]


def documented(resource: Resource) -> tuple[Documented, ...]:
    """The fields that a mapping to this resource may name."""
    required = resource.schema.get("required", ())
    return tuple(
        Documented(name, name in required, _kind(schema), schema.get("description", ""))
        for name, schema in resource.schema.get("properties", {}).items()
    )


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("x-wire") or schema.get("format") or schema.get("type") or "any"
    return kind if isinstance(kind, str) else " or ".join(kind)


def best_resource(account: Account, body: Body) -> Resource | None:
    """The resource that shares most documented fields with a body."""
    resources = account.vendor.destination.resources.values()
    return max(resources, key=lambda resource: _shared(body, _names(resource)), default=None)


def resource_of(account: Account, operation: str, body: Body) -> Resource | None:
    """The resource of an operation, or the one that the body resembles most."""
    return account.vendor.destination.resources.get(operation) or best_resource(account, body)


def _names(resource: Resource) -> frozenset[str]:
    return frozenset(resource.schema.get("properties", {}))


def _shared(body: Body, names: frozenset[str]) -> int:
    return len(names & body.keys())


def inner(body: Any, resource: Resource) -> Body:
    """The object inside a wire body that holds the documented fields."""
    names = _names(resource)
    return max(_objects(body, DEEPEST), key=lambda each: _shared(each, names), default={})


def _objects(value: Any, depth: int) -> Iterator[Body]:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        yield value
        for each in value.values() if depth else ():
            yield from _objects(each, depth - 1)


def decode(raw: bytes) -> Any:
    """A body as JSON types; None where it is not JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def fill(account: Account, resource: Resource) -> Fill:
    """How often each field came in the latest bodies of a resource that took effect."""
    entries = (
        entry
        for entry in reversed(account.request_log.entries)
        if entry.resource == resource.name and entry.carried_out
    )
    bodies = [inner(decode(entry.body), resource) for entry in islice(entries, SAMPLE)]
    filled, nulls = Counter[str](), Counter[str]()
    for body in bodies:
        for name, value in body.items():
            (nulls if value is None else filled)[name] += 1
    return Fill(len(bodies), filled, nulls)


def why_empty(
    name: str,
    rates: Fill,
    chapters: Iterable[Chapter],
    refused: Sequence[tuple[LoggedRequest, Body]],
) -> str:
    """Explain why a documented field has no value.

    Args:
        name: The field.
        rates: How often the field arrived with a value, in all bodies.
        chapters: The bodies received for this contact.
        refused: Requests for this contact that had no effect, with their bodies.

    Returns:
        A sentence; empty where no contact has a value in it.
    """
    for chapter in chapters:
        if name in chapter.body and chapter.body[name] in (None, ""):
            return f"Request #{chapter.arrival.sequence} sent it empty."
    for entry, body in refused:
        if body.get(name) not in (None, ""):
            return f"Request #{entry.sequence} carried it, but had no effect."
    if rates.filled[name]:
        return (
            f"{rates.filled[name]} of the latest {rates.bodies} have it: a mapping sets it, but "
            "its source was null here."
        )
    if rates.nulls[name]:
        return f"It arrived as null in {rates.nulls[name]} of the latest {rates.bodies}."
    return ""


def never(rates: Fill) -> str:
    """Explain why no contact has a value in a field."""
    return (
        f"None of the latest {rates.bodies} bodies has these: no mapping sets them, or their "
        "source is always null."
    )


def history(
    account: Account, bodies: Sequence[bytes], arrivals: Sequence[Arrival]
) -> list[Chapter]:
    """What each of the latest bodies changed, the oldest first."""
    first = max(0, len(bodies) - CHAPTERS)
    laid: list[Body] = [msgspec.json.decode(raw) for raw in bodies[:first]]
    before = account.vendor.fold(laid)
    chapters: list[Chapter] = []
    for place in range(first, len(bodies)):
        laid.append(msgspec.json.decode(bodies[place]))
        after = account.vendor.fold(laid)
        arrival = arrivals[place] if place < len(arrivals) else Arrival()
        chapters.append(Chapter(arrival, laid[-1], changes(before, after)))
        before = after
    return chapters


def changes(before: Body, after: Body) -> tuple[Change, ...]:
    """The fields that differ between two states."""
    return tuple(
        Change(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
