"""Our functions as the docs show them: tests run the examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """One function of ours, as the docs show it.

    Attributes:
        signature: How it is called.
        text: What it gives.
        expression: An example.
        result: What the example gives for `record`.
        record: The example's record.
    """

    signature: str
    text: str
    expression: str
    result: Any
    record: Mapping[str, Any] = field(default_factory=dict)


OURS: tuple[Function, ...] = (
    Function("lower(text)", "The text in lower case.", "lower(plan)", "gold", {"plan": "Gold"}),
    Function("upper(text)", "The text in upper case.", "upper(state)", "NY", {"state": "ny"}),
    Function(
        "trim(text)", "The text without space around it.", "trim(name)", "Ann", {"name": " Ann "}
    ),
    Function(
        "split(text, separator)",
        "The parts of the text as a list. The separator must not be empty.",
        "split(name, ' ')[0]",
        "Ann",
        {"name": "Ann Example"},
    ),
    Function(
        "replace(text, old, new)",
        "The text with every `old` made `new`. `old` must not be empty.",
        "replace(code, '-', '')",
        "A7",
        {"code": "A-7"},
    ),
    Function(
        "opposite(boolean)",
        "True for false, false for true, by the same words as a boolean field; null stays null, so "
        "that no consent is made up.",
        "opposite(newsletter)",
        False,
        {"newsletter": "yes"},
    ),
    Function(
        "hash(any, ...)",
        "A stable id made of its arguments: the first 32 hex digits of the SHA-256 of their list "
        "as compact JSON in UTF-8, keys sorted, numbers as in `to_string`. Null where all "
        "arguments are null.",
        "hash(member, day)",
        "a8d4ee0a28afc2cdf252b2dfc1d3a45f",
        {"member": 7, "day": "2026-01-31"},
    ),
    Function(
        "timestamp(seconds)",
        "The ISO 8601 time, in UTC, of a number of seconds since 1970-01-01.",
        "timestamp(at)",
        "2026-01-31T16:29:10Z",
        {"at": 1769876950},
    ),
    Function(
        "timestamp_ms(milliseconds)",
        "The same for a number of milliseconds.",
        "timestamp_ms(at)",
        "2026-01-31T16:29:10.250000Z",
        {"at": 1769876950250},
    ),
)


def table() -> str:
    """The table of docs/mappings.md."""
    rows = [
        "| function | what it gives | record | expression | result |",
        "|---|---|---|---|---|",
    ]
    for one in OURS:
        record, result = json.dumps(dict(one.record)), json.dumps(one.result)
        cells = (
            f"`{one.signature}`",
            one.text,
            *(f"`{part}`" for part in (record, one.expression, result)),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)
