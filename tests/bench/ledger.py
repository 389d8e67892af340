"""What the ledger costs and saves: unchanged records through the whole target, as a process.

    python tests/bench/ledger.py                        a minute; SQLite
    python tests/bench/ledger.py --count 200000  the figures of docs/ledger.md
    python tests/bench/ledger.py --url postgresql://…   the same on a PostgreSQL (an empty schema)

The ledger is filled without sending, by the target's own parts. Then the target runs on records
that are all known, but for a few, against a server that counts requests. Processor time is that of
the whole process with all its threads, its start taken off (by the difference of two runs).
`figures` gives the same to `run.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import data
from measure import KILOBYTES_A_MEGABYTE, ask, server

from target_gleantap import config as settings
from target_gleantap.contract.identify import key as key_of
from target_gleantap.exact_json.codec import encode_canonical
from target_gleantap.ledger.connect import open_ledger
from target_gleantap.ledger.rows import Mark
from target_gleantap.ledger.store import Ledger
from target_gleantap.transform.prepare import Preparation, Prepared
from target_gleantap.transform.routes import Route, Routes

CHANGED = 50
BATCH = 500
GOAL = 10_000
SECRET = "a-secret-of-the-benchmark"  # noqa: S105 - of nothing else
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """What a run came to.

    Attributes:
        records: How many it read.
        requests: How many it sent.
        cpu: Its user and system time.
        wall: Its seconds.
        peak: The most memory that it had, in MB.
    """

    records: int
    requests: int
    cpu: float
    wall: float
    peak: float


def config_of(port: int, url: str, folder: Path) -> dict[str, Any]:
    return {
        "api_key": "bench",
        "secret_key": "bench",
        "app_id": "bench",
        "base_url": f"http://127.0.0.1:{port}",
        "mappings": [data.MAPPING],
        "rejects_path": str(folder / "rejects.singer.jsonl"),
        "ledger_url": url,
        "ledger_secret": SECRET,
    }


def records(count: int) -> Iterator[dict[str, Any]]:
    for n in range(1, count + 1):
        yield json.loads(data.RECORD % data.parts(n))["record"]


def route_of(config: Any) -> Route:
    (route,) = Routes(config).for_stream(data.STREAM, data.SCHEMA, ["id"])
    return route


def fill(raw: dict[str, Any], count: int) -> dict[str, float]:
    """Make a ledger that knows so many contacts.

    Returns:
        Microseconds a record: of what is done for each that is unchanged, and of filling.
    """
    config, faults = settings.read(raw)
    if config is None or faults:
        raise RuntimeError(faults)
    route, preparation = route_of(config), Preparation(config.vendor, encode_canonical)
    spent = dict.fromkeys(("map, check and encode", "hash", "look up", "fill"), 0.0)
    ledger = open_ledger(raw["ledger_url"], SECRET)
    try:
        name = ledger.fingerprints.account(config.account)
        scope = (config.destination.name, name, route.resource.name)
        ledger.lock((config.destination.name, name, route.stream))
        source = ledger.source(scope, route.stream, route.name, once=False)
        now = datetime.now(timezone.utc)
        left = records(count)
        while some := list(islice(left, BATCH)):
            began = time.process_time()
            ready = [preparation.prepare(route, record, now) for record in some]
            mapped = time.process_time()
            marks = [_mark(ledger, source, route, each) for each in ready]
            hashed = time.process_time()
            ledger.claim([(mark.key, source, None) for mark in marks])
            ledger.mark(marks)
            filled = time.process_time()
            ledger.look_up([mark.key for mark in marks])
            for name, seconds in zip(
                spent,
                (mapped - began, hashed - mapped, time.process_time() - filled, filled - hashed),
                strict=True,
            ):
                spent[name] += seconds
    finally:
        ledger.close()
    return {name: 1e6 * seconds / count for name, seconds in spent.items()}


def _mark(ledger: Ledger, source: Any, route: Route, ready: Any) -> Mark:
    if not isinstance(ready, Prepared):
        raise TypeError(ready)
    key = source.keys.hash_key(key_of(route.resource, ready.body) or ())
    return Mark(key, ledger.fingerprints.body(key, ready.text), {"gleantap_id": key.hex()[:24]})


def messages(folder: Path, count: int, changed: int) -> Path:
    """What a tap would send of them; the first few have moved."""
    path = folder / f"messages{count}.jsonl"
    with path.open("w") as file:
        command = [sys.executable, HERE / "data.py", "messages", str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as feeder:
            for line in feeder.stdout:
                if changed and '"RECORD"' in line:
                    line = line.replace("Harbour View Road", "Station Road")  # noqa: PLW2901
                    changed -= 1
                file.write(line)
    return path


def run(raw: dict[str, Any], folder: Path, count: int, port: int, changed: int) -> Cost:
    """Run the target on so many records that are known, but for some that have changed.

    Raises:
        RuntimeError: Where it fails.
    """
    path = folder / "config.json"
    path.write_text(json.dumps({**raw, "base_url": f"http://127.0.0.1:{port}"}))
    ask(port)  # it forgets what it told
    with messages(folder, count, changed).open("rb") as given, (folder / "log").open("wb") as log:
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "target_gleantap", "--config", path],
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
    if child.returncode:
        raise RuntimeError((folder / "log").read_text())
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / KILOBYTES_A_MEGABYTE
    return Cost(count, ask(port)["accepted"], cpu, wall, peak)


def figures(folder: Path, count: int, url: str = "", rounds: int = 3) -> Iterator[tuple[Any, ...]]:
    """Rows of name, value, unit, and a goal (`>` or `<` and a number) or nothing."""
    url = url or f"sqlite:///{folder / 'ledger.db'}"
    with server() as port:
        raw = config_of(port, url, folder)
        spent = fill(raw, count)
        few = max(count // 10, 10_000)
        first = run(raw, folder, count, port, CHANGED)
        yield "requests where 50 have changed", first.requests, "requests", ("=", CHANGED)
        small = [run(raw, folder, few, port, CHANGED) for _ in range(rounds)]
        large = [run(raw, folder, count, port, CHANGED) for _ in range(rounds)]
        yield "requests of a run after it", large[-1].requests, "requests", ("=", 0)
    cpu = min(each.cpu for each in large) - min(each.cpu for each in small)
    rate = (count - few) / cpu
    yield f"unchanged, of {count:,} known", rate, "records/s of one core", (">", GOAL)
    whole = 1e6 / rate
    known = [(name, spent[name]) for name in list(spent)[:3]]
    for name, each in known:
        yield f"  of that: {name}", each, "µs/record", None
    rest = whole - sum(each for _, each in known)
    yield "  of that: read, parse, decide, settle, states", rest, "µs/record", None
    yield "to mark a delivery", spent["fill"], "µs/record", None
    growth = min(each.peak for each in large) / min(each.peak for each in small)
    yield f"peak memory, {count:,} records", min(each.peak for each in large), "MB", None
    yield f"peak memory, {count:,} by {few:,}", growth, "times", ("<", 1.2)
    if url.startswith("sqlite"):
        size = Path(url.removeprefix("sqlite:///")).stat().st_size
        yield "the ledger", size / count, "bytes/key", None


def met(value: float, goal: tuple[str, float]) -> bool:
    how, wanted = goal
    return {"=": value == wanted, ">": value >= wanted, "<": value <= wanted}[how]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, value, unit, goal in figures(Path(folder), given.count, given.url, given.rounds):
            verdict = "" if goal is None else ("met" if met(value, goal) else "NOT MET")
            failed |= verdict == "NOT MET"
            sys.stdout.write(f"{name:50} {value:12,.1f} {unit:22} {verdict}\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
