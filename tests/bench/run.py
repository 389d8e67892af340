"""The figures that docs/benchmarks.md tells of, each a ratio within this one run.

    make bench                        what is quick, about six minutes
    python tests/bench/run.py --full  memory at half a million records too
    python tests/bench/run.py --only speed --rounds 1
    python tests/bench/stages.py      what each stage costs, by itself

Programs that are compared take turns, and the median of the rounds counts. The table goes to
stdout, the figures as JSON to `.bench/`. Exits 1 where a goal is not met.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from statistics import median

from measure import Run, flood, pool, record_sink, server, target
from rich.console import Console
from rich.table import Table

OUTPUT = Path(".bench")
IN_FLIGHT = 32
LATENCY = 0.05
LIMIT = IN_FLIGHT / LATENCY
QUOTA = 100
WIDTH = 100
LIBRARIES = ("target-gleantap", "singer-sdk", "requests", "urllib3", "msgspec", "jsonschema-rs")


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: Turns of each program.
        records: Of each run at speed.
        sink_records: Of each run of the RecordSink, which takes one at a time.
        quota_records: Of each run against a quota.
        memory: Records of the short and of the long run.
    """

    rounds: int
    records: int = 10_000
    sink_records: int = 200
    quota_records: int = 1_500
    memory: tuple[int, int] = (20_000, 200_000)


@dataclass(frozen=True)
class Figure:
    """One line of the table; one without a goal is there to compare with."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f"{goal:g} or more", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f"{goal:g} or less", value <= goal)


def speed(size: Size, folder: Path) -> Iterator[Figure]:
    """Requests a second and processor time, side by side with the bare pools and a RecordSink."""
    with server("--latency", str(LATENCY)) as port:
        programs: dict[str, Callable[[], Run]] = {
            "prepared": lambda: pool(port, "prepared", IN_FLIGHT, size.records),
            "target": lambda: target(port, folder, size.records, max_in_flight=IN_FLIGHT),
            "post": lambda: pool(port, "post", IN_FLIGHT, size.records),
            "sink": lambda: record_sink(port, folder, size.sink_records),
        }
        runs: dict[str, list[Run]] = {name: [] for name in programs}
        for _ in range(size.rounds):
            for name, program in programs.items():
                runs[name].append(program())
        limit = flood(port, 4 * IN_FLIGHT, 2 * size.records).rate
    if len({run.size for name in ("prepared", "target", "post") for run in runs[name]}) > 1:
        raise RuntimeError("The bodies of the target are not those of the pools.")
    rate = {name: median(run.rate for run in each) for name, each in runs.items()}
    cost = {name: median(run.cpu_each for run in each) for name, each in runs.items()}
    ratios = [
        ours.cpu / theirs.cpu for ours, theirs in zip(runs["target"], runs["post"], strict=True)
    ]
    yield Figure(f"server, raw client, {4 * IN_FLIGHT} in flight", limit, "requests/s")
    yield Figure("bare pool, prepared request", rate["prepared"], "requests/s")
    yield Figure("bare pool, session.post", rate["post"], "requests/s")
    yield Figure("RecordSink, session.post", rate["sink"], "requests/s")
    yield Figure("target", rate["target"], "requests/s")
    share = 100 * rate["target"] / LIMIT
    yield at_least(f"target, of {IN_FLIGHT} / {LATENCY:g} s = {LIMIT:g}/s", share, "%", 88)
    yield at_least("target, by RecordSink", rate["target"] / rate["sink"], "times", 20)
    yield Figure("CPU, bare pool, prepared request", cost["prepared"], "µs/record")
    yield Figure("CPU, bare pool, session.post", cost["post"], "µs/record")
    yield Figure("CPU, target", cost["target"], "µs/record")
    yield at_most("CPU, target by bare pool, session.post", median(ratios), "times", 1.1)


def quota(size: Size, folder: Path) -> Iterator[Figure]:
    """A vendor that takes so many requests a second and refuses the others."""
    count = size.quota_records
    limited = ("--latency", str(LATENCY), "--allow", str(QUOTA))
    with server(*limited) as port:
        told = target(port, folder, count, max_in_flight=IN_FLIGHT, quotas=[f"{QUOTA}/1s"])
    with server(*limited) as port:
        untold = target(port, folder, count, max_in_flight=IN_FLIGHT)
    yield at_least(f"quota {QUOTA}/1s set: accepted", _lasting(told), "requests/s", 95)
    yield at_most("quota set: answered 429", _refused(told), "%", 1)
    yield Figure("quota not set: accepted", _lasting(untold), "requests/s")
    yield Figure("quota not set: answered 429", _refused(untold), "%")


def _lasting(run: Run) -> float:
    """Without the first second's worth, which may go out at once."""
    return (run.records - QUOTA) / run.seconds


def _refused(run: Run) -> float:
    return 100 * run.refused / (run.records + run.refused)


def memory(size: Size, folder: Path) -> Iterator[Figure]:
    """The most memory of a short and of a long run, against a server that answers at once."""
    short, long = size.memory
    with server() as port:
        limit = flood(port, IN_FLIGHT, 3 * size.records).rate
        peaks = {count: target(port, folder, count) for count in size.memory}
    yield Figure("server without latency, raw client", limit, "requests/s")
    yield Figure("target without latency", peaks[long].rate, "records/s")
    yield Figure(f"peak memory, {short:,} records", peaks[short].peak, "MB")
    yield Figure(f"peak memory, {long:,} records", peaks[long].peak, "MB")
    growth = peaks[long].peak / peaks[short].peak
    yield at_most(f"peak memory, {long:,} by {short:,}", growth, "times", 1.2)


PARTS = {"speed": speed, "quota": quota, "memory": memory}


def machine() -> dict[str, str]:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "machine": f"{cpu_count()} x {model}",
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def show(figures: list[Figure], where: dict[str, str]) -> None:
    table = Table(
        "figure",
        "value",
        "unit",
        "goal",
        "",
        caption=", ".join(f"{name} {value}" for name, value in where.items()),
    )
    for each in figures:
        verdict = "" if each.met is None else "met" if each.met else "NOT MET"
        table.add_row(
            each.name,
            f"{each.value:,.4g}" if each.value < 100 else f"{each.value:,.0f}",
            each.unit,
            each.goal,
            verdict,
        )
    Console(width=WIDTH).print(table)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="memory at 500,000 records")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    size = Size(given.rounds, memory=(50_000, 500_000)) if given.full else Size(given.rounds)
    OUTPUT.mkdir(exist_ok=True)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only or PARTS:
            figures += PARTS[name](size, Path(folder))
    where = machine()
    show(figures, where)
    now = datetime.now(timezone.utc)
    written = OUTPUT / f"{now:%Y%m%dT%H%M%SZ}.json"
    written.write_text(
        json.dumps({**where, "figures": [asdict(each) for each in figures]}, indent=2)
    )
    return int(any(each.met is False for each in figures))


if __name__ == "__main__":
    sys.exit(main())
