"""Four programs, each a pipeline of its own, on one account of 100 requests a second."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import contestants as who
import data
from bench import Bench
from figures import NOTHING, Findings, Goal, Table, percent
from measure import LONGEST, Command, ask, server

QUOTA = 100
RUNS = 4
EACH = 600
LATENCY = 0.05
REDIS = "redis-server"
LISTENS_SECONDS = 10.0
WANTED = 95
REFUSED = 1
SHARE = 50
RUN_OF = '"source":"run '
"""What stands in a body before the name of the run that sends it."""


@dataclass(frozen=True)
class Together:
    """What several runs came to.

    Attributes:
        accepted, refused: How many requests were.
        seconds: From the first request to the last answer of all.
        refused_in: How many were answered 429 in each second since the first.
        of: How many of each run were accepted in each second.
        stopped_at: Which second Redis was stopped in; None where it was not.
    """

    accepted: int
    refused: int
    seconds: float
    refused_in: list[int]
    of: dict[str, list[int]]
    stopped_at: int | None

    @property
    def used(self) -> float:
        """The share of the quota, from the first request to the last answer."""
        return self.accepted / self.seconds / QUOTA

    @property
    def refused_share(self) -> float:
        return self.refused / (self.refused + self.accepted)

    @property
    def refused_after(self) -> int:
        """How many were answered 429 once Redis had gone."""
        return sum(self.refused_in[self.stopped_at or 0 :])

    @property
    def least_share(self) -> float | None:
        """What the run that got least had of its share, while all of them wanted more."""
        if not self.of:
            return None
        until = max(1, min(map(len, self.of.values())) - 1)
        counts = [sum(seconds[:until]) for seconds in self.of.values()]
        return min(counts) / (sum(counts) / len(counts))


def measured(bench: Bench) -> Findings:
    """With Redis, with Redis stopped half-way, and without; and as a pool of threads has it."""
    if shutil.which(REDIS) is None:
        return Findings((), (Table(TITLE, f"Not measured: no {REDIS} here.", ("",), []),))
    count = bench.scaled(EACH)
    with redis() as (url, _):
        shared = together(bench, who.TARGET, count, quota_url=url)
    with redis() as (url, running):
        cut = together(bench, who.TARGET, count, stopped=running, quota_url=url)
    alone = together(bench, who.TARGET, count)
    pools = together(bench, who.BATCH_SINK, count)
    rows = [
        _row(f"{who.TARGET.name}, one quota in Redis", shared),
        _row(f"{who.TARGET.name}, Redis stopped half-way", cut),
        _row(f"{who.TARGET.name}, each takes the quota for its own", alone),
        _row(f"{who.BATCH_SINK.name}, not told", pools),
    ]
    note = (
        f"{RUNS} processes at once, {count:,} records each, against a server that takes {QUOTA} "
        "requests in any second: from the first request to the last answer of all. The least "
        "share is that of the run that got least while all wanted more, 100 % being a quarter."
    )
    return Findings(_goals(shared, cut), (Table(TITLE, note, HEAD, rows),))


TITLE = "Four pipelines on one account"
HEAD = ("", "of the quota", "answered 429", "the least share")


def _goals(shared: Together, cut: Together) -> tuple[Goal, ...]:
    least = min(shared.least_share or 0.0, cut.least_share or 0.0)
    return (
        Goal("four runs on one quota in Redis: used", 100 * shared.used, "%", WANTED),
        Goal("the same: answered 429", 100 * shared.refused_share, "%", REFUSED, least=False),
        Goal("the same: the least that a run got of its share", 100 * least, "%", SHARE),
        Goal("Redis stopped half-way: answered 429 from then on", cut.refused_after, "", 0, False),
    )


def _row(name: str, came: Together) -> list[str]:
    least = NOTHING if came.least_share is None else percent(came.least_share)
    return [name, percent(came.used), f"{100 * came.refused_share:.2g} %", least]


def together(
    bench: Bench,
    program: who.Contestant,
    count: int,
    *,
    stopped: subprocess.Popen[bytes] | None = None,
    **settings: Any,
) -> Together:
    """Let so many of a program run at once.

    Args:
        bench: Knows where files belong.
        program: What each of them is.
        count: How many records each delivers.
        stopped: What is stopped when half of them should have been delivered.
        settings: The target's.

    Raises:
        RuntimeError: Where one fails, or not all was delivered.
    """
    with server("--latency", str(LATENCY), "--allow", str(QUOTA), "--runs", RUN_OF) as port:
        commands = [
            program.command(
                who.Job(port, bench.folder, count, 32, QUOTA, more=_more(run, settings))
            )
            for run in range(RUNS)
        ]
        half = Timer(RUNS * count / QUOTA / 2, stopped.kill) if stopped else None
        began = time.monotonic()
        if half:
            half.start()
        exit_codes = _ran(commands, bench.folder)
        told = ask(port)
    if any(exit_codes) or told["records"] != RUNS * count:
        raise RuntimeError(f"{program.name} ended {exit_codes}, {told}.")
    stopped_at = int(began + half.interval - told["first"]) if half else None
    seconds = told["last"] - told["first"]
    of = told["of"] if program is who.TARGET else {}
    return Together(told["accepted"], told["refused"], seconds, told["refused_in"], of, stopped_at)


def _more(run: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that tell a run's requests from the others'."""
    fields = {**data.FIELDS, "source": f"'run {run}'"}
    return {**settings, "mappings": [{**data.MAPPING, "fields": fields}]}


def _ran(commands: Sequence[Command], folder: Path) -> list[int]:
    """Start all of them at once, and wait for the last; gives their exit codes."""
    with ExitStack() as held:
        started = []
        for number, command in enumerate(commands):
            given = held.enter_context((command.feed or Path(os.devnull)).open("rb"))
            log = held.enter_context((folder / f"together-{number}.log").open("wb"))
            env = {**os.environ, **command.environment}
            started.append(
                subprocess.Popen(command.words, stdin=given, stdout=log, stderr=log, env=env)
            )
        return [each.wait(LONGEST) for each in started]


@contextmanager
def redis() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis that keeps nothing; its address, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        REDIS,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0", running
        finally:
            running.kill()


def _wait_for(port: int) -> None:
    until = time.monotonic() + LISTENS_SECONDS
    while time.monotonic() < until:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{REDIS} does not listen.")
