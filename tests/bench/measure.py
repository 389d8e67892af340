"""One run of one program against one server, from outside: what the server saw, what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import data

HERE = Path(__file__).parent
PATH = "/v2/ExternalApi/newContact"
KILOBYTES_A_MEGABYTE = 1024


@dataclass(frozen=True)
class Run:
    """What a run came to.

    Attributes:
        records: How many were delivered.
        refused: How many requests were answered 429.
        size: The bytes of all bodies.
        seconds: From the first request to the last answer, as the server saw it.
        wall: The same of the program as a whole, its start included.
        cpu: The program's user and system time, its start included.
        peak: The most memory that it had, in MB.
    """

    records: int
    refused: int
    size: int
    seconds: float
    wall: float
    cpu: float
    peak: float

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of a processor for each record."""
        return self.cpu / self.records * 1e6


@contextmanager
def server(*options: str) -> Iterator[int]:
    """A server with these options; gives its port."""
    command = [sys.executable, HERE / "server.py", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield int(running.stdout.readline())
        finally:
            running.terminate()


def run(port: int, program: Sequence[str | Path], *, feed: str = "", count: int = 0) -> Run:
    """Run a program to its end.

    Args:
        port: The server's.
        program: Its arguments, those of Python.
        feed: What `data` writes into it, or nothing.
        count: How many of that.

    Raises:
        RuntimeError: Where it fails, or the server did not get each record once.
    """
    _ask(port)
    with tempfile.TemporaryFile() as errors:
        feeder = None
        if feed:
            feeder = subprocess.Popen(
                [sys.executable, HERE / "data.py", feed, str(count)], stdout=subprocess.PIPE
            )
        started = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, *program],
            stdin=feeder.stdout if feeder else None,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        if feeder:
            feeder.stdout.close()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if feeder:
            feeder.wait()
        told = _ask(port)
        if child.returncode or (feed and told["accepted"] != count):
            errors.seek(0)
            raise RuntimeError(f"{program} ended {child.returncode}, {told}: {errors.read()!r}")
    return Run(
        told["accepted"],
        told["refused"],
        told["bytes"],
        told["seconds"],
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / KILOBYTES_A_MEGABYTE,
    )


def _ask(port: int) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def pool(port: int, how: str, threads: int, count: int) -> Run:
    """The bare thread pool."""
    url = f"http://127.0.0.1:{port}{PATH}"
    return run(port, [HERE / "pool.py", how, url, str(threads)], feed="bodies", count=count)


def flood(port: int, connections: int, count: int) -> Run:
    """The raw client."""
    return run(port, [HERE / "flood.py", str(port), str(connections), str(count)])


def record_sink(port: int, folder: Path, count: int) -> Run:
    """A RecordSink that posts."""
    config = folder / "record_sink.json"
    config.write_text(json.dumps({"url": f"http://127.0.0.1:{port}{PATH}"}))
    program = [HERE / "record_sink.py", "--config", config]
    return run(port, program, feed="messages", count=count)


def target(port: int, folder: Path, count: int, **settings: Any) -> Run:
    """The target, as it is installed, with what is not set at its default."""
    config = folder / "target.json"
    given = {
        "api_key": "bench",
        "secret_key": "bench",
        "app_id": "bench",
        "base_url": f"http://127.0.0.1:{port}",
        "mappings": [data.MAPPING],
        "rejects_path": str(folder / "rejects.singer.jsonl"),
        **settings,
    }
    config.write_text(json.dumps(given))
    program = ["-m", "target_gleantap", "--config", config]
    return run(port, program, feed="messages", count=count)
