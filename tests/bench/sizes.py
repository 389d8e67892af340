"""From a thousand records to a million: how the cost of a record and the memory grow."""

from __future__ import annotations

from resource import RUSAGE_SELF, getrusage

import contestants as who
from bench import Bench, Case
from figures import NOTHING, Findings, Goal, Table, times
from measure import KILOBYTES_A_MEGABYTE, Run, server

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
BESIDE = 10_000
BESIDE_FULL = 100_000
"""The most that the others are given, for they take longer; and with `--full`."""
WANTED_PEAK = 150
NAME = "peak memory"
HEAD = ("records", *(f"{count:,}" for count in COUNTS))
PROGRAMS = (who.TARGET, who.POST, who.BATCH_SINK, who.DRT_SPLIT, who.DLT)


def measured(bench: Bench) -> Findings:
    """Each size once, against a server that answers at once."""
    beside = BESIDE_FULL if bench.full else BESIDE
    runs: dict[str, dict[int, Run]] = {each.name: {} for each in PROGRAMS}
    for count in COUNTS:
        case = Case(f"{count:,} records", bench.scaled(count))
        with server(*case.options) as port:
            for each in PROGRAMS:
                if each is who.TARGET or count <= beside:
                    runs[each.name][count] = own(bench.once(case, each, port))
    most = max(run.peak for run in runs[who.TARGET.name].values())
    goal = Goal(f"{NAME}, up to {COUNTS[-1]:,} records", most, "MB", WANTED_PEAK, least=False)
    return Findings((goal,), (_memory(runs), _costs(runs)))


def own(run: Run) -> Run:
    """The run, where its peak is its own, and not this process's that it was started from.

    Raises:
        RuntimeError: Where nobody can tell.
    """
    mine = getrusage(RUSAGE_SELF).ru_maxrss / KILOBYTES_A_MEGABYTE
    if run.peak <= mine:
        raise RuntimeError(f"A peak of {run.peak:.0f} MB is that of the benchmark itself.")
    return run


def _memory(runs: dict[str, dict[int, Run]]) -> Table:
    rows = [
        [name, *(f"{each[count].peak:.0f} MB" if count in each else NOTHING for count in COUNTS)]
        for name, each in runs.items()
    ]
    note = "The most that the process had. The bare pool reads all bodies before it begins."
    return Table("Peak memory", note, HEAD, rows)


def _costs(runs: dict[str, dict[int, Run]]) -> Table:
    rows = []
    base = runs[who.TARGET.name][BESIDE].cpu_each
    for name, each in runs.items():
        cells = (times(each[one].cpu_each / base) if one in each else NOTHING for one in COUNTS)
        rows.append([name, *cells])
    note = f"Processor time for a record, by the target's at {BESIDE:,}; the start is in it."
    return Table("Cost of a record by size", note, HEAD, rows)
