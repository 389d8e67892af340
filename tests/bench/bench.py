"""What all parts share: cases, turns, and the check that no server was the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from contestants import Contestant, Job, tidy
from figures import Goal
from measure import Run, run, server

BUSIEST = 0.5
"""The share of a processor from which on the server counts as what limits a program."""
LEAST = 64
LATEST = 0.05
"""How much later than its latency it may answer, as a share of it."""
SERVER_BUSY = "the busiest server, of a processor"
SERVER_LATE = "the latest server, beyond its latency"


@dataclass(frozen=True)
class Case:
    """A server, and what is asked of it.

    Attributes:
        name: How the tables call it.
        count: How many records.
        in_flight: How many requests at one time.
        latency: Seconds until an answer.
        allow: The requests that it takes in any second; 0 for all.
        told: Whether the programs are told so.
        bulk: Whether a request holds a thousand records.
        few: How many records those get that have one request in flight.
    """

    name: str
    count: int
    in_flight: int = 32
    latency: float = 0.0
    allow: int = 0
    told: bool = True
    bulk: bool = False
    few: int = 0

    @property
    def options(self) -> list[str]:
        given = ["--latency", str(self.latency), "--allow", str(self.allow)]
        return [*given, "--each", '"unique_id"'] if self.bulk else given

    @property
    def limit(self) -> float:
        """Requests a second that latency allows, or the quota."""
        return self.allow or self.in_flight / self.latency


@dataclass
class Bench:
    """A run of the benchmark.

    Attributes:
        folder: For files.
        rounds: Turns of those that a goal compares; the others have one, with `full` as many.
        full: Whether it may take as long as it takes.
        scale: By how much the records of each case are multiplied: to try the benchmark itself.
        runs: All that was measured, for the JSON.
    """

    folder: Path
    rounds: int
    full: bool
    scale: float = 1.0
    runs: list[dict[str, Any]] = field(default_factory=list)
    busiest: float = 0.0
    latest: float = 0.0

    def turns(
        self, case: Case, compared: Sequence[Contestant], beside: Sequence[Contestant] = ()
    ) -> dict[str, list[Run]]:
        """Let programs take turns on one server: A B C, A B C."""
        case = replace(case, count=self.scaled(case.count), few=self.scaled(case.few))
        made: dict[str, list[Run]] = {each.name: [] for each in (*compared, *beside)}
        with server(*case.options) as port:
            for turn in range(self.rounds):
                programs = (*compared, *beside) if not turn or self.full else compared
                for each in programs:
                    made[each.name].append(self.once(case, each, port))
        return made

    def scaled(self, count: int) -> int:
        """So many records, or fewer where the benchmark is only tried."""
        return max(int(count * self.scale), min(count, LEAST))

    def once(self, case: Case, program: Contestant, port: int) -> Run:
        """Run one program once."""
        count = case.few if program.alone and case.few else case.count
        quota = case.allow if case.told else 0
        job = Job(port, self.folder, count, case.in_flight, quota, case.bulk)
        came = run(port, program.command(job), count)
        tidy(self.folder)
        self.note(case, program.name, came)
        return came

    def note(self, case: Case, name: str, came: Run) -> None:
        """Keep what a run came to, and watch the server."""
        derived = {"rate": came.rate, "pace": came.pace, "cpu_each": came.cpu_each}
        self.runs.append({"case": asdict(case), "program": name, **asdict(came), **derived})
        self.busiest = max(self.busiest, came.server / max(came.seconds, 0.2))
        if case.latency:
            self.latest = max(self.latest, came.late / case.latency)

    def watched(self) -> tuple[Goal, Goal]:
        """Whether a server was what limited anybody."""
        return (
            Goal(SERVER_BUSY, 100 * self.busiest, "%", 100 * BUSIEST, least=False),
            Goal(SERVER_LATE, 100 * self.latest, "%", 100 * LATEST, least=False),
        )


def middle(runs: Sequence[Run], name: str) -> float:
    """The median of a figure."""
    return float(median(getattr(each, name) for each in runs))


def ratio(ours: Sequence[Run], theirs: Sequence[Run], name: str) -> float:
    """The median, over turns, of a figure by the other's of the same turn."""
    pairs = zip(ours, theirs, strict=False)
    return float(median(getattr(one, name) / getattr(other, name) for one, other in pairs))
