"""Requests a second and processor time, by latency and number in flight."""

from __future__ import annotations

import contestants as who
import wrk
from bench import Bench, Case, middle, ratio
from figures import NOTHING, Findings, Goal, Table, percent, times
from measure import Run

CASES = (
    Case("32 x 50 ms", 10_240, 32, 0.05, few=160),
    Case("64 x 50 ms", 7_680, 64, 0.05, few=160),
    Case("64 x 200 ms", 3_840, 64, 0.2, few=40),
    Case("32 x 0 ms", 10_240, 32, few=5_120),
)
WANTED = {"32 x 50 ms": 93, "64 x 50 ms": 90, "64 x 200 ms": 93}
CPU_WANTED = 0.9
CPU_CASE = "32 x 50 ms"
MARGIN = 4
"""How many times as fast as the fastest program a server without latency has to be."""
FULL = 0.8
"""The share of an interpreter from which on threads wait for it more than for the vendor."""
WHY_CPU = (
    "60 % of it is spent by requests and urllib3 in their threads, half as much again as one "
    "request at a time takes: they wait for the interpreter. The rest is mapping and checking "
    "(15 %), scheduling, settling and singer-sdk (20 %), and the start of the process (5 %)"
)
"""Found by profiling: cProfile, and the processor time of each thread by `/proc`."""

Runs = dict[str, list[Run]]


def measured(bench: Bench) -> Findings:
    """All four, with everybody."""
    every: dict[str, Runs] = {}
    goals: list[Goal] = []
    pressed: dict[str, Run | None] = {}
    for case in CASES:
        beside = (who.PREPARED, *who.RIVALS_ALL)
        every[case.name] = bench.turns(case, (who.TARGET, who.POST), beside)
        pressed[case.name] = wrk.pressed(bench, case)
        goals += _goals(case, every[case.name], pressed[case.name])
    return Findings(goals, (_rates(every, pressed), _costs(every)))


def _goals(case: Case, runs: Runs, fastest: Run | None) -> list[Goal]:
    goals = []
    if case.name in WANTED:
        ours = runs[who.TARGET.name]
        share = 100 * middle(ours, "rate") / case.limit
        name = f"{case.name}: of {case.limit:,.0f} a second"
        goals.append(Goal(name, share, "%", WANTED[case.name], reason=_why_slow(case, ours)))
    elif fastest is not None:
        best = max(middle(each, "rate") for each in runs.values())
        name = "server without latency, by the fastest program"
        goals.append(Goal(name, fastest.rate / best, "times", MARGIN))
    if case.name == CPU_CASE:
        cost = ratio(runs[who.TARGET.name], runs[who.POST.name], "cpu_each")
        name = "CPU for a record, by a bare pool of `session.post`"
        goals.append(Goal(name, cost, "times", CPU_WANTED, least=False, reason=WHY_CPU))
    _same(runs)
    return goals


def _same(runs: Runs) -> None:
    """Hold that all sent the same: bodies of as many bytes."""
    sizes: dict[int, dict[int, str]] = {}
    for name, each in runs.items():
        sizes.setdefault(each[0].records, {})[each[0].size] = name
    if any(len(each) > 1 for each in sizes.values()):
        raise RuntimeError(f"The programs did not send the same: {sizes}.")


def _why_slow(case: Case, ours: list[Run]) -> str:
    """What a rate lacks, by what this run shows of the processor and of the server."""
    cost = middle(ours, "cpu_each")
    need = cost * case.limit / 1e6
    if need > FULL:
        return (
            f"at {cost:.0f} µs of CPU a record, {case.limit:,.0f} a second need {percent(need)} "
            "of the one interpreter that a process has"
        )
    return (
        f"not the interpreter, of which {percent(need)} were needed; the server itself answered "
        f"{1e3 * middle(ours, 'late'):.1f} ms late, so the machine had other work"
    )


def _rates(every: dict[str, Runs], pressed: dict[str, Run | None]) -> Table:
    cells = [_pressed(case, pressed[case.name], every) for case in CASES]
    rows = [[wrk.NAME, *cells]] if any(pressed.values()) else []
    rows += [
        [name, *(_rate(case, every[case.name], name) for case in CASES)]
        for name in every[CASES[0].name]
    ]
    return Table(
        "Speed",
        "Of in-flight / latency, the most that there can be; without latency, by the bare pool of "
        "`session.post`. From the first request to the last answer.",
        ("", *(case.name for case in CASES)),
        rows,
    )


def _rate(case: Case, runs: Runs, name: str) -> str:
    if case.latency:
        return percent(middle(runs[name], "rate") / case.limit)
    return times(ratio(runs[name], runs[who.POST.name], "rate"))


def _pressed(case: Case, came: Run | None, every: dict[str, Runs]) -> str:
    if came is None:
        return NOTHING
    if case.latency:
        return percent(came.rate / case.limit)
    return times(came.rate / middle(every[case.name][who.POST.name], "rate"))


def _costs(every: dict[str, Runs]) -> Table:
    rows = [
        [name, *(_cost(case, every[case.name], name) for case in CASES)]
        for name in every[CASES[0].name]
    ]
    return Table(
        "Processor time for a record",
        "By that of the bare pool of `session.post` in the same turn, the start of the process "
        "included. The bare pools map, check and remember nothing. Those with one request in "
        "flight are not given enough records for it where there is latency.",
        ("", *(case.name for case in CASES)),
        rows,
    )


def _cost(case: Case, runs: Runs, name: str) -> str:
    ours, theirs = runs[name], runs[who.POST.name]
    if case.latency and ours[0].records < theirs[0].records:
        return NOTHING
    return times(ratio(ours, theirs, "cpu_each"))
