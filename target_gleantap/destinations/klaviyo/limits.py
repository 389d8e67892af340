"""Documented limits that a JSON Schema cannot say. No fault holds a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from target_gleantap.model import Body, Fault

EVENT_BYTES = 5_000_000
PROFILE_BYTES = 100_000
STRING_BYTES = 100_000
ARRAY_ITEMS = 4_000
LEVELS = 10
AHEAD = timedelta(days=365)
WIDEST = 6
"""How many bytes JSON needs for a character at most, as in `\\u0000`."""

Envelope = Callable[[Body, Mapping[str, Any]], Body]


def event_faults(body: Body, now: datetime, *, first_year: int) -> tuple[Fault, ...]:
    """What breaks the limits of an event.

    Args:
        body: The mapped body.
        now: The time, with its zone.
        first_year: The year that it may be of at the earliest.
    """
    found = [*_time_faults(body.get("time"), now, first_year)]
    for path, value, levels in _values(body):
        found.extend(_value_faults(path, value, levels))
    if not any(fault.rule == "levels" for fault in found):
        found.extend(_size_faults(body, EVENT_BYTES, "5 MB"))
    return tuple(found)


def profile_faults(body: Body, _now: datetime) -> tuple[Fault, ...]:
    """What breaks the limit of a profile."""
    return tuple(_size_faults(body, PROFILE_BYTES, "100 KB"))


def _time_faults(time: Any, now: datetime, first_year: int) -> Iterator[Fault]:
    if not isinstance(time, str):
        return
    moment = datetime.fromisoformat(time)
    if moment.year < first_year:
        yield Fault("time", f"is before the year {first_year}", rule="time_past")
    elif moment > now + AHEAD:
        yield Fault("time", "is more than a year ahead", rule="time_ahead")


def _values(body: Body) -> Iterator[tuple[str, Any, int]]:
    """Everything in a body: where, what, and how many objects and lists of `properties` deep."""
    waiting: list[tuple[str, Any, int]] = [
        (name, value, int(name == "properties")) for name, value in body.items()
    ]
    while waiting:
        path, value, levels = waiting.pop()
        yield path, value, levels
        if levels > LEVELS:
            continue
        deeper = levels + 1 if levels else 0
        if isinstance(value, dict):
            waiting.extend((f"{path}.{key}", child, deeper) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{n}]", child, deeper) for n, child in enumerate(value))


def _value_faults(path: str, value: Any, levels: int) -> Iterator[Fault]:
    if isinstance(value, str):
        if len(value) * 4 > STRING_BYTES and len(value.encode()) > STRING_BYTES:
            yield Fault(path, "is text of more than 100 KB", rule="text_bytes")
    elif isinstance(value, (dict, list)):
        if levels > LEVELS:
            yield Fault(path, f"is nested more than {LEVELS} levels deep", rule="levels")
        if isinstance(value, list) and len(value) > ARRAY_ITEMS:
            yield Fault(path, f"has more than {ARRAY_ITEMS} items", rule="items")


def _size_faults(body: Body, most: int, words: str) -> Iterator[Fault]:
    if len(repr(body)) * WIDEST <= most:
        return
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str)
    if len(text.encode()) + ENVELOPE_BYTES > most:
        yield Fault("", f"is larger than {words}", rule="body_bytes")


ENVELOPE_BYTES = 250
"""How many bytes the wire form adds to a body at most."""
