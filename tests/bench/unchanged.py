"""Records that the ledger knows: what they cost, by `ledger.py`."""

from __future__ import annotations

import ledger
from bench import Bench
from figures import Findings, Goal, Table, number

COUNT = 40_000
FULL = 200_000
WANTED = 15_000
UNIT = "records/s of one core"
REASONS: dict[str, str] = {}


def measured(bench: Bench) -> Findings:
    """What `ledger.py` finds; its own goals hold as well."""
    goals, rows = [], []
    count = FULL if bench.full else COUNT
    for name, value, unit, goal in ledger.figures(bench.folder, count, rounds=bench.rounds):
        if unit == UNIT:
            goals.append(
                Goal("unchanged records", value, unit, WANTED, reason=REASONS.get(UNIT, ""))
            )
        elif goal is not None:
            rows.append([name.strip(), f"{number(value)} {unit}"])
            if not ledger.met(value, goal):
                goals.append(Goal(name, value, unit, goal[1], goal[0] == ">"))
    table = Table("Unchanged records", f"{count:,} that the ledger knows.", ("", "measured"), rows)
    return Findings(goals, (table,))
