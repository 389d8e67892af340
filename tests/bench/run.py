"""The figures that docs/benchmarks.md tells of, each a ratio within this one run.

    make bench                                everything, about twenty minutes
    python tests/bench/run.py --full          the others as often as the target, and with as many
    python tests/bench/run.py --only speed --rounds 1
    python tests/bench/run.py --write-docs    the same, into docs/benchmarks.md
    python tests/bench/stages.py              what each stage costs, by itself

Programs that are compared take turns, and the median of the rounds counts. The tables go to stdout
as Markdown, every run as JSON to `.bench/`. Exits 1 where a goal is not met, or a server was what
limited somebody.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path

import machine
import writing
from bench import Bench
from figures import Findings

OUTPUT = Path(".bench")
PARTS = {
    "speed": "speed",
    "quota": "quota",
    "bulk": "bulk",
    "start": "startup",
    "together": "together",
    "sizes": "sizes",
    "unchanged": "unchanged",
}
"""The modules that measure. Each is imported in its turn: a program that is started counts the
memory of this process as its own peak until it has more, so this process has to stay small."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="more of the others, an hour or two")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="so much of the records only")
    parser.add_argument("--write-docs", action="store_true", help="into docs/benchmarks.md")
    return parser.parse_args()


def measured(bench: Bench, names: list[str]) -> Iterator[Findings]:
    """The parts, one after the other."""
    for name in names:
        began = time.monotonic()
        yield import_module(PARTS[name]).measured(bench)
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    yield Findings(bench.watched())


def keep(bench: Bench, found: list[Findings], where: dict[str, str]) -> None:
    """Write the JSON."""
    goals = [{**asdict(goal), "met": goal.met} for each in found for goal in each.goals]
    written = OUTPUT / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}.json"
    written.write_text(json.dumps({"where": where, "goals": goals, "runs": bench.runs}, indent=2))
    sys.stderr.write(f"{written}\n")


def main() -> int:
    given = arguments()
    OUTPUT.mkdir(exist_ok=True)
    load = machine.load()
    with tempfile.TemporaryDirectory(dir=OUTPUT) as folder:
        bench = Bench(Path(folder).absolute(), given.rounds, given.full, given.scale)
        found: list[Findings] = []
        try:
            for each in measured(bench, given.only or list(PARTS)):
                found.append(each)  # noqa: PERF402 - what was found before a part fails is kept
        finally:
            where = machine.described(load)
            text = writing.markdown(found, where)
            sys.stdout.write(text)
            keep(bench, found, where)
    if given.write_docs:
        writing.write(text)
    return int(not all(goal.met for each in found for goal in each.goals))


if __name__ == "__main__":
    sys.exit(main())
