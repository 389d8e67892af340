"""Who is measured, and how each is set up: every one as its own documents say is best."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import data
from environments import python
from feeds import LARGEST_FILE, feed, feeder, table
from measure import HERE, PATH, Command
from rivals import drt_project

RIVALS = HERE / "rivals"
BULK_PATH = "/api/event-bulk-create-jobs"
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        port: The server's.
        folder: For files that outlast the run.
        count: How many records.
        in_flight: How many requests at one time.
        quota: The requests a second that a program is told it may make, where it can be told.
        bulk: Whether a thousand records go into one request.
        more: Settings of the target's, beside those.
    """

    port: int
    folder: Path
    count: int
    in_flight: int
    quota: int = 0
    bulk: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BULK_PATH if self.bulk else PATH}"


@dataclass(frozen=True)
class Contestant:
    """A program.

    Attributes:
        name: How the tables call it.
        command: What is started for a job.
        alone: Whether it has one request in flight, whatever it is told.
        paced: Whether it can be told a quota.
    """

    name: str
    command: Callable[[Job], Command]
    alone: bool = False
    paced: bool = False


def _fed(job: Job, kind: str, *words: str | Path, **more: Any) -> Command:
    if job.count > LARGEST_FILE:
        return Command(words, feeder=feeder(kind, job.count), **more)
    return Command(words, feed=feed(job.folder, kind, job.count), **more)


def _fresh(job: Job) -> Path:
    """An empty folder: nobody goes on from the run before."""
    return Path(tempfile.mkdtemp(dir=job.folder))


def _target(job: Job) -> Command:
    """As it is installed, with what is not set at its default."""
    given: dict[str, Any] = {
        "base_url": f"http://127.0.0.1:{job.port}",
        "mappings": [data.MAPPING],
        "max_in_flight": job.in_flight,
        "rejects_path": str(job.folder / "rejects.singer.jsonl"),
        "api_key": "bench",
        "secret_key": "bench",
        "app_id": "bench",
    }
    if job.bulk:
        given |= {"destination": "klaviyo", "event_mode": "bulk", "mappings": [data.EVENT_MAPPING]}
        del given["secret_key"], given["app_id"]
    elif job.quota:
        given["quotas"] = [f"{job.quota}/1s"]
    config = _fresh(job) / "config.json"
    config.write_text(json.dumps({**given, **job.more}))
    return _fed(job, "messages", sys.executable, "-m", "target_gleantap", "--config", config)


def _pool(how: str) -> Callable[[Job], Command]:
    def command(job: Job) -> Command:
        kind = "bulks" if job.bulk else "bodies"
        program = (python("pool"), RIVALS / "pool.py", how, job.url, str(job.in_flight))
        return _fed(job, kind, *program)

    return command


def _sink(program: str) -> Callable[[Job], Command]:
    def command(job: Job) -> Command:
        config = _fresh(job) / "config.json"
        given = {"url": job.url, "in_flight": job.in_flight, "bulk": job.bulk}
        config.write_text(json.dumps(given))
        return _fed(job, "messages", python("singer"), RIVALS / program, "--config", config)

    return command


def _dlt(job: Job) -> Command:
    """As many files as requests in flight: dlt loads each in a thread of its own."""
    files = data.BULK if job.bulk else max(1, -(-job.count // job.in_flight))
    tuned = {
        "LOAD__WORKERS": str(job.in_flight),
        "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": str(files),
        "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": str(min(files, 5_000)),
        "EXTRACT__DATA_WRITER__BUFFER_MAX_ITEMS": "5000",
        "LOAD__DELETE_COMPLETED_JOBS": "true",
        **QUIET,
    }
    words = (python("dlt"), RIVALS / "dlt_pipeline.py", job.url, str(job.in_flight), _fresh(job))
    kind = "event" if job.bulk else "contact"
    return _fed(job, "messages", *words, kind, environment=tuned)


def _drt(job: Job, split: int) -> Command:
    home = _fresh(job)
    bulk = data.BULK if job.bulk else 0
    drt_project.write(home, table(job.folder, job.count), job.url, split, job.quota, bulk)
    drt = python("drt").parent / "drt"
    words = (drt, "run", "--threads", str(split), "--quiet")
    return Command(words, folder=home, environment={"HOME": str(home), **QUIET})


def tidy(folder: Path) -> None:
    """Remove what the runs left behind; the feeds stay."""
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each)


def forgiven(program: Contestant) -> Contestant:
    """The same, where giving up is a finding and no fault of the benchmark."""
    return replace(program, command=lambda job: replace(program.command(job), partial=True))


TARGET = Contestant("**target-gleantap**", _target, paced=True)
POST = Contestant("bare pool of `session.post`", _pool("post"))
PREPARED = Contestant("bare pool, request prepared once", _pool("prepared"))
RECORD_SINK = Contestant("singer-sdk RecordSink", _sink("record_sink.py"), alone=True)
BATCH_SINK = Contestant("singer-sdk BatchSink, pool of threads", _sink("batch_sink.py"))
DRT = Contestant("drt-core, one sync", lambda job: _drt(job, 1), alone=True, paced=True)
DRT_SPLIT = Contestant(
    "drt-core, split into syncs", lambda job: _drt(job, job.in_flight), paced=True
)
DLT = Contestant("dlt `@dlt.destination`", _dlt)
RIVALS_ALL = (RECORD_SINK, BATCH_SINK, DRT, DRT_SPLIT, DLT)
