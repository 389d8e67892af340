"""From the start of a program to the first request that the server sees."""

from __future__ import annotations

import contestants as who
from bench import Bench, Case, middle, ratio
from figures import Findings, Goal, Table, times

CASE = Case("start", 100)
WANTED = 1.0
NAME = "start to first request"
WHY = "half of it is `import singer_sdk`, and of that most is what only taps need"


def measured(bench: Bench) -> Findings:
    """Everybody, in turns."""
    runs = bench.turns(CASE, (who.TARGET, who.POST, *who.RIVALS_ALL))
    ours = runs[who.TARGET.name]
    value = middle(ours, "start")
    goal = Goal(NAME, value, "s", WANTED, least=False, reason=WHY)
    rows = [[name, times(1 / ratio(ours, each, "start"))] for name, each in runs.items()]
    note = "From the start of the process to the first request, by the target's."
    return Findings((goal,), (Table("Start", note, ("", "by the target"), rows),))
