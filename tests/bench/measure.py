"""One run of one program against one server, from outside: what the server saw, what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.request import urlopen

HERE = Path(__file__).parent
PATH = "/v2/ExternalApi/newContact"
KILOBYTES_A_MEGABYTE = 1024
LONGEST = 1_800.0
"""Seconds after which a program is killed: a million records take a third of it."""


@dataclass(frozen=True)
class Command:
    """What is started.

    Attributes:
        words: The program and its arguments.
        feed: The file that it reads from its standard input, if any.
        feeder: What writes its standard input where there is too much for a file.
        environment: Variables beside those of this process.
        folder: Where it runs.
        partial: Whether it may end without having sent everything.
    """

    words: Sequence[str | Path]
    feed: Path | None = None
    feeder: Sequence[str | Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    partial: bool = False


@dataclass(frozen=True)
class Run:
    """What a run came to.

    Attributes:
        records: How many were delivered.
        requests: In how many requests.
        refused: How many requests were answered 429.
        size: The bytes of all bodies.
        seconds: From the first request to the last answer, as the server saw it.
        wall: The same of the program as a whole, its start included.
        start: From its start to the first request that the server saw.
        cpu: The program's user and system time, its start included.
        peak: The most memory that it had, in MB.
        most: The most requests that waited for an answer at one time.
        accepted_in, refused_in: Requests in each second since the first.
        server: The server's own processor time, in seconds.
        late: How much later than its latency it answered on average, in seconds.
        ended: The program's exit code.
    """

    records: int
    requests: int
    refused: int
    size: int
    seconds: float
    wall: float
    start: float
    cpu: float
    peak: float
    most: int
    accepted_in: list[int]
    refused_in: list[int]
    server: float
    late: float
    ended: int

    @property
    def rate(self) -> float:
        """Records a second, from the first request to the last answer."""
        return self.records / max(self.seconds, 1e-9)

    @property
    def pace(self) -> float:
        """Records a second of the whole run, its start included."""
        return self.records / self.wall

    @property
    def cpu_each(self) -> float:
        """Microseconds of a processor for each record."""
        return 1e6 * self.cpu / max(self.records, 1)


@contextmanager
def server(*options: str) -> Iterator[int]:
    """A server with these options; gives its port."""
    command = [sys.executable, HERE / "server.py", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield int(running.stdout.readline())
        finally:
            running.terminate()


def run(port: int, command: Command, count: int = 0) -> Run:
    """Run a program to its end.

    Args:
        port: The server's.
        command: What to start.
        count: How many records the server must have got; 0 where nobody knows.

    Raises:
        RuntimeError: Where it fails, or the server did not get each record once.
    """
    ask(port)
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        ended, usage = _wait(command, log)
        wall = time.monotonic() - started
        told = ask(port)
        log.seek(0)
        complete = not ended and (not count or told["records"] == count)
        if not told["accepted"] or not (complete or command.partial):
            last = log.read()[-3000:].decode(errors="replace")
            raise RuntimeError(f"{command.words} ended {ended}, {told}: {last}")
    return Run(
        told["records"],
        told["accepted"],
        told["refused"],
        told["bytes"],
        told["last"] - told["first"],
        wall,
        told["first"] - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / KILOBYTES_A_MEGABYTE,
        told["most"],
        told["accepted_in"],
        told["refused_in"],
        told["cpu"],
        told["late"] / told["accepted"],
        ended,
    )


def _wait(command: Command, log: Any) -> tuple[int, Any]:
    """Start it, feed it, and wait for it; gives its exit code and what it used."""
    feeder = None
    if command.feeder:
        feeder = subprocess.Popen(command.feeder, stdout=subprocess.PIPE)
        given: Any = feeder.stdout
    else:
        given = (command.feed or Path(os.devnull)).open("rb")
    with given:
        child = subprocess.Popen(
            command.words,
            stdin=given,
            stdout=log,
            stderr=log,
            cwd=command.folder,
            env={**os.environ, **command.environment},
        )
    end = Timer(LONGEST, child.kill)
    end.start()
    _, status, usage = os.wait4(child.pid, 0)
    end.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    if feeder:
        feeder.wait()
    return child.returncode, usage


def ask(port: int) -> dict[str, Any]:
    """What the server has seen since it was last asked."""
    with urlopen(f"http://127.0.0.1:{port}/") as answer:
        told: dict[str, Any] = json.load(answer)
    return told
