"""Records that the ledger knows: what they cost, by `ledger.py`."""

from __future__ import annotations

import ledger
from bench import Bench
from figures import Findings, Goal, Table, number

COUNT = 40_000
FULL = 200_000
WANTED = 15_000
UNIT = "records/s of one core"
EACH = "µs/record"


def measured(bench: Bench) -> Findings:
    """What `ledger.py` finds; its own goals hold as well."""
    count = FULL if bench.full else COUNT
    found = list(ledger.figures(bench.folder, count, rounds=bench.rounds))
    parts = ", ".join(
        f"{name.strip().removeprefix('of that: ')} {number(value)} µs"
        for name, value, unit, _ in found
        if unit == EACH
    )
    goals = [
        Goal("unchanged records", value, unit, WANTED, reason=f"a record takes: {parts}")
        if unit == UNIT
        else Goal(name, value, unit, goal[1], goal[0] != "<")
        for name, value, unit, goal in found
        if goal is not None and (unit == UNIT or not ledger.met(value, goal))
    ]
    rows = [[name.strip(), f"{number(value)} {unit}"] for name, value, unit, _ in found]
    note = f"{count:,} that the ledger knows."
    return Findings(goals, (Table("Unchanged records", note, ("", "measured"), rows),))
