"""A vendor that takes so many requests a second, and answers 429 beyond."""

from __future__ import annotations

from statistics import median

import contestants as who
from bench import Bench, Case
from figures import NOTHING, Findings, Goal, Table, percent
from measure import Run

QUOTA = 100
TOLD = Case("a quota, told", 1_500, 32, 0.05, allow=QUOTA)
UNTOLD = Case("a quota, not told", 1_500, 32, 0.05, allow=QUOTA, told=False)
WANTED = 98
WHY_UNUSED = (
    "a window is kept 5 ms longer than it is, and the place of a request that was answered late "
    "longer by as much: of 100 ms and more on a machine that is busy"
)


def measured(bench: Bench) -> Findings:
    """The target and those that can be told a quota; then all, without being told."""
    told = bench.turns(TOLD, (who.TARGET,), (who.DRT_SPLIT,))
    rivals = (who.BATCH_SINK, who.DRT_SPLIT, who.DLT)
    # Who gives up is no fault of the benchmark: what did not arrive is the figure.
    untold = bench.turns(UNTOLD, (), tuple(map(who.forgiven, (who.TARGET, *rivals))))
    ours = told[who.TARGET.name]
    share = "quota of 100 a second: used"
    late = "quota: answered 429 after the first second"
    goals = (
        Goal(share, 100 * median(map(used, ours)), "%", WANTED, reason=WHY_UNUSED),
        Goal(late, max(map(refused_late, ours)), "requests", 0, least=False),
    )
    count = bench.scaled(UNTOLD.count)
    rows = [_row(f"{name}, told", count, runs[0]) for name, runs in told.items()]
    rows += [_row(f"{name}, not told", count, runs[0]) for name, runs in untold.items()]
    table = Table(
        "A quota of 100 requests a second",
        "50 ms of latency, 32 in flight; what was answered 429, and what was lost of "
        f"{count:,} records. The share that was used is that of whole seconds after the first.",
        ("", "of the quota", "answered 429", "of them after the first second", "not delivered"),
        rows,
    )
    return Findings(goals, (table,))


def used(run: Run) -> float:
    """The share of the quota, over the whole seconds after the first and before the last."""
    seconds = run.accepted_in[1:-1] or run.accepted_in
    return sum(seconds) / len(seconds) / QUOTA


def refused_late(run: Run) -> int:
    """How many were answered 429 once the first second was over."""
    return sum(run.refused_in[1:])


def _row(name: str, count: int, run: Run) -> list[str]:
    lost = count - run.records
    refused = run.refused / (run.refused + run.requests)
    late = refused_late(run)
    return [
        name,
        percent(used(run)),
        percent(refused),
        f"{late:,}",
        f"{lost:,}" if lost else NOTHING,
    ]
