"""What each stage of the way costs a record, in this process and with nothing around it.

    python tests/bench/stages.py

Each figure is the best of several turns, over different records: more of them than any cache of
dates or telephone numbers keeps.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import data
from measure import PATH, server

from target_gleantap import config as settings
from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import Multi
from target_gleantap.delivery.transport.transfer import Request
from target_gleantap.singer.reader import LineReader
from target_gleantap.transform.prepare import Preparation, Prepared
from target_gleantap.transform.routes import Routes
from target_gleantap.validation.checker import Checker

RECORDS = 5_000
TURNS = 5
KEYS = {"api_key": "bench", "secret_key": "bench", "app_id": "bench"}


class NoRun:
    """What a reader feeds; nothing waits here."""

    def idle(self) -> None: ...

    def wake(self) -> None: ...

    def end(self, reason: BaseException) -> None: ...


def lines(count: int) -> list[bytes]:
    command = [sys.executable, Path(__file__).parent / "data.py", "messages", str(count)]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    return [line for line in out.splitlines() if b'"RECORD"' in line]


def costs(stage: Callable[[Any], object], turns: Iterable[list[Any]]) -> float:
    """Microseconds of a processor for each record."""
    best = float("inf")
    for records in turns:
        gc.collect()
        started = time.process_time()
        for record in records:
            stage(record)
        best = min(best, (time.process_time() - started) / len(records))
    return best * 1e6


def main() -> None:
    every = iter(lines(RECORDS * TURNS))
    turns = [list(islice(every, RECORDS)) for _ in range(TURNS)]
    reader = LineReader(NoRun())
    records = [[reader.deserialize_json(line)["record"] for line in turn] for turn in turns]
    config, faults = settings.read({**KEYS, "mappings": [data.MAPPING]})
    if config is None:
        raise SystemExit("\n".join(map(str, faults)))
    (route,) = Routes(config).for_stream(data.STREAM, data.SCHEMA)
    preparation, now = Preparation(config.vendor), datetime.now(timezone.utc)
    show("read: JSON to a record", costs(reader.deserialize_json, turns))
    show("hold against the tap's SCHEMA", costs(Checker(data.SCHEMA).faults, records))
    mapping = costs(route.mapping.apply, records)
    show("map: record to body", mapping)
    whole = costs(lambda record: preparation.prepare(route, record, now), records)
    show("check, envelope, encode, identifiers", whole - mapping)
    ready = [preparation.prepare(route, record, now) for record in records[0]]
    requests = [Request("POST", PATH, one.text) for one in ready if isinstance(one, Prepared)]
    with server() as port:
        client = Client(f"http://127.0.0.1:{port}", config.destination.sign(config.vendor), 30.0)
        line: Multi[None] = Multi(client)

        def send(request: Request) -> None:
            line.send(None, request)
            list(line.arrivals(client.timeout))

        show("send and receive, one at a time", costs(send, [requests] * TURNS))
        line.close()


def show(stage: str, microseconds: float) -> None:
    sys.stdout.write(f"{microseconds:7.1f} µs  {stage}\n")


if __name__ == "__main__":
    main()
