"""Runs of the target, in this process and as a process of its own, and what came of them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gym import Message, encode

from target_gleantap.errors import TargetError
from target_gleantap.target import TargetGleantap

OF_THE_MACHINE = tuple(
    name
    for name in os.environ
    if name.upper().endswith("_PROXY")
    or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "LOGLEVEL", "PYTHONUNBUFFERED")
    or name.startswith("TARGET_GLEANTAP_")
)
"""What this machine's environment may say; no run of a test depends on it."""
COMMAND = [sys.executable, "-m", "target_gleantap"]


@dataclass
class Run:
    """What one run left behind."""

    exit_code: int
    stdout: str
    stderr: str
    summary: dict[str, Any] | None
    rejects_path: Path
    seconds: float

    @property
    def states(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def rejects(self) -> list[dict[str, Any]]:
        """The RECORD messages of the rejects file."""
        return [message for message in self.reject_messages if message["type"] == "RECORD"]

    @property
    def reject_messages(self) -> list[dict[str, Any]]:
        if not self.rejects_path.is_file():
            return []
        return [json.loads(line) for line in self.rejects_path.read_bytes().splitlines()]

    @property
    def books(self) -> dict[str, dict[str, Any]]:
        """The row of each mapping, by its name."""
        assert self.summary is not None, self.stderr
        return {row["mapping"]: row for row in self.summary["books"]}

    def total(self, way: str) -> int:
        return sum(row[way] for row in self.books.values())

    def assert_balanced(self) -> None:
        """Hold the books to the promise: every record that was read ended in exactly one way."""
        assert self.summary is not None, f"no summary was written; the run said:\n{self.stderr}"
        ways = ("delivered", "unchanged", "filtered", "rejected", "not_attempted")
        for row in self.summary["books"]:
            assert row["read"] == sum(row[way] for way in ways), row
        assert self.summary["balanced"]
        if self.exit_code == 0:
            assert self.total("not_attempted") == 0


@dataclass
class Paths:
    """Where runs put their files; each run has names of its own."""

    folder: Path
    count: int = 0

    def next(self) -> tuple[Path, Path, Path]:
        self.count += 1
        folder = self.folder / f"run{self.count}"
        folder.mkdir()
        return folder / "config.json", folder / "summary.json", folder / "rejects.singer.jsonl"


@dataclass
class Settings:
    """The settings of a run, and where its files are."""

    values: dict[str, Any]
    paths: Paths
    config_path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.config_path, summary, rejects = self.paths.next()
        self.values = {
            "summary_path": str(summary),
            "rejects_path": str(rejects),
            "retry_deadline_seconds": 10,
            **self.values,
        }
        self.values = {name: value for name, value in self.values.items() if value is not None}

    def write(self) -> Path:
        self.config_path.write_text(json.dumps(self.values))
        return self.config_path

    def run(self, exit_code: int, stdout: str, stderr: str, seconds: float) -> Run:
        path = self.values.get("summary_path")
        summary = json.loads(Path(path).read_text()) if path and Path(path).is_file() else None
        return Run(exit_code, stdout, stderr, summary, Path(self.values["rejects_path"]), seconds)


def run_in_process(settings: Settings, messages: list[Message]) -> Run:
    """Run the target here, as singer-sdk's own tests do: quick, and one process to look into."""
    stdout, stderr = io.StringIO(), io.StringIO()
    exit_code = 0
    began = time.monotonic()
    with signals_kept(), redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            target = TargetGleantap(config=settings.values)
            target.process_lines(io.BytesIO(encode(messages)))
            target.process_endofpipe()
        except TargetError as reason:
            exit_code = reason.exit_code
            stderr.write(f"{reason}\n")
    seconds = time.monotonic() - began
    return settings.run(exit_code, stdout.getvalue(), stderr.getvalue(), seconds)


@contextmanager
def signals_kept() -> Iterator[None]:
    """singer-sdk takes over signals with every plugin that is made: give them back."""
    kept = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in kept.items():
            signal.signal(signum, handler)


def environment(**extra: str) -> dict[str, str]:
    """The environment of a run: warnings are errors there too."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_MACHINE}
    # singer-sdk says of a Python that it has grown old: true, and nothing of ours to mend.
    return {**kept, "PYTHONWARNINGS": "error,ignore:Python 3:FutureWarning", **extra}


class Process:
    """The target as a process whose input is open: the test acts as the tap."""

    def __init__(self, settings: Settings, env: dict[str, str] | None = None) -> None:
        self.settings = settings
        self.began = time.monotonic()
        self._popen = subprocess.Popen(
            [*COMMAND, "--config", settings.write()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**(env or {})),
        )
        self.states: list[Any] = []
        self._out: list[bytes] = []
        self._err: list[bytes] = []
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=self._read_states, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def stderr(self) -> str:
        return b"".join(self._err).decode()

    def _read_states(self) -> None:
        assert self._popen.stdout
        for line in self._popen.stdout:
            with self._news:
                self._out.append(line)
                if line.endswith(b"\n"):
                    self.states.append(json.loads(line))
                self._news.notify_all()

    def _read_errors(self) -> None:
        assert self._popen.stderr
        self._err.extend(self._popen.stderr)

    def write(self, messages: list[Message]) -> None:
        """Give it messages; one that has gone away is not an error here."""
        self.write_raw(encode(messages))

    def write_raw(self, data: bytes) -> None:
        assert self._popen.stdin
        with suppress(BrokenPipeError):
            self._popen.stdin.write(data)
            self._popen.stdin.flush()

    def wait_for_states(self, count: int, timeout: float = 10) -> list[Any]:
        with self._news:
            came = self._news.wait_for(lambda: len(self.states) >= count, timeout)
        assert came, f"{len(self.states)} states in {timeout} s; the run said:\n{self.stderr}"
        return self.states

    def send_signal(self, signum: int) -> None:
        self._popen.send_signal(signum)

    def end(self, *, timeout: float = 30) -> Run:
        """Close its input, wait for its end and say what came of it."""
        assert self._popen.stdin
        with suppress(BrokenPipeError):
            self._popen.stdin.close()
        return self.wait(timeout=timeout)

    def wait(self, *, timeout: float = 30) -> Run:
        """Wait for its end, its input left as it is."""
        try:
            self._popen.wait(timeout)
        finally:
            self.kill()
        seconds = time.monotonic() - self.began
        for thread in self._threads:
            thread.join()
        stdout = b"".join(self._out).decode()
        return self.settings.run(self._popen.returncode, stdout, self.stderr, seconds)

    def kill(self) -> None:
        """SIGKILL, where it is still there; let go of the pipes."""
        self._popen.kill()
        self._popen.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()


def run_as_process(
    settings: Settings,
    messages: list[Message] | Path,
    *,
    env: dict[str, str] | None = None,
    arguments: list[str] | None = None,
    timeout: float = 60,
) -> Run:
    """Run `target-gleantap --config config.json < messages`."""
    given = messages.read_bytes() if isinstance(messages, Path) else encode(messages)
    began = time.monotonic()
    ended = subprocess.run(
        [*COMMAND, *(arguments or ["--config", str(settings.write())])],
        input=given,
        capture_output=True,
        env=environment(**(env or {})),
        timeout=timeout,
        check=False,
    )
    seconds = time.monotonic() - began
    return settings.run(ended.returncode, ended.stdout.decode(), ended.stderr.decode(), seconds)
