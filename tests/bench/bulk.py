"""An endpoint that takes a thousand records in one request, ten requests a second: Klaviyo's."""

from __future__ import annotations

import contestants as who
from bench import Bench, Case, middle, ratio
from figures import Findings, Table, number, times

QUOTA = 10
CASE = Case("bulk", 30_000, 4, 0.05, allow=QUOTA, bulk=True)
FREE = Case("bulk, no quota", 30_000, 4, 0.05, bulk=True)


def measured(bench: Bench) -> Findings:
    """All that can fill a request; the bare pool is given its requests full, and no quota."""
    pool = bench.turns(FREE, (), (who.POST,))
    runs = bench.turns(CASE, (who.TARGET,), (who.BATCH_SINK, who.DRT, who.DLT))
    ours = runs[who.TARGET.name]
    rows = []
    for name, each in (*runs.items(), *pool.items()):
        memory = f"{middle(each, 'peak'):.0f} MB"
        rows.append(
            [
                name,
                times(1 / ratio(ours, each, "cpu_each")),
                times(1 / ratio(ours, each, "pace")),
                memory,
                number(middle(each, "requests")),
                number(middle(each, "refused")),
            ]
        )
    table = Table(
        "A bulk endpoint",
        f"{bench.scaled(CASE.count):,} events, a thousand in a request, at most {QUOTA} requests "
        "a second; by the target, the start included. The bare pool posts bodies made for it.",
        ("", "CPU for a record", "records a second", "peak memory", "requests", "answered 429"),
        rows,
    )
    return Findings(tables=(table,))
