"""Runs the target as a process and sees to it that everything it does is seen."""

from __future__ import annotations

import io
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from evidence import Call, Line, Ran
from runs import COMMAND, environment, signals_kept
from taps import Given

from target_gleantap.errors import TargetError
from target_gleantap.sandbox.server import Sandbox
from target_gleantap.target import TargetGleantap

LOUD = {"LOGLEVEL": "DEBUG", "TARGET_GLEANTAP_LOGLEVEL": "DEBUG"}
"""All runs say all they have to say: what is private must not be in any of it."""
SETTINGS = {
    "batch_size_rows": 4,
    "batch_wait_seconds": 0,
    "max_in_flight": 4,
    "request_timeout_seconds": 10,
    "retry_deadline_seconds": 8,
    "stop_deadline_seconds": 2,
}
MEGABYTE = 1024
PATIENCE = 200.0
RECORD_FILES = ("rejects*", "ledger*")


@dataclass
class Live:
    """A run that is under way; what a fault of the machine or the tap acts on."""

    popen: subprocess.Popen[bytes]
    sandbox: Sandbox
    given: Given
    before: int
    env: Mapping[str, str]
    lines: list[Line] = field(default_factory=list)
    killed: bool = False
    closed: bool = False
    """Whether nobody reads stdout any more, after the first state."""

    def write(self, data: bytes) -> None:
        """Give it a piece of the input; one that has gone away is not an error here."""
        assert self.popen.stdin
        with suppress(BrokenPipeError, ValueError):
            self.popen.stdin.write(data)
            self.popen.stdin.flush()

    def feed(self) -> None:
        """Give it all of the input, and close it."""
        self.write(self.given.data)
        self.close()

    def feed_aside(self) -> None:
        """The same, from a thread: what is not read yet must not keep anybody waiting."""
        threading.Thread(target=self.feed, daemon=True).start()

    def close(self) -> None:
        assert self.popen.stdin
        with suppress(BrokenPipeError, ValueError):
            self.popen.stdin.close()

    def wait_for(self, what: Callable[[], bool]) -> None:
        until = time.monotonic() + 20
        while not what() and self.popen.poll() is None:
            assert time.monotonic() < until, "it did not come in 20 s"
            time.sleep(0.005)

    def wait_for_requests(self, count: int) -> None:
        self.wait_for(lambda: self.sandbox.stats["requests"] - self.before >= count)

    def wait_for_states(self, count: int) -> None:
        self.wait_for(lambda: len(self.lines) >= count)

    def signal(self, signum: int) -> None:
        self.popen.send_signal(signum)

    def kill(self) -> None:
        self.killed = True
        self.popen.kill()


Act = Callable[[Live], None]


@dataclass
class Stage:
    """Where runs of one scenario take place: one account, one folder.

    Attributes:
        sandbox: The vendor.
        folder: For the files of the runs.
        settings: Beyond those that every run has.
        env: Beyond the machine's.
        wrapper: What the command is started by, such as a shell with limits.
        stdout: A file to append the states to, in place of a pipe.
    """

    sandbox: Sandbox
    folder: Path
    settings: Mapping[str, Any]
    env: Mapping[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()
    stdout: Path | None = None
    count: int = 0

    def run(self, given: Given, act: Act = Live.feed) -> Ran:
        """Run the target once on this input, `act` being its tap and its fate."""
        folder = self._next_folder()
        began = self.sandbox.stats["requests"]
        values = self._values(folder)
        config = folder / "config.json"
        config.write_text(json.dumps(values))
        skip = self.stdout.stat().st_size if self.stdout else 0
        live, stderr, peak = self._play(
            [*self.wrapper, *COMMAND, "--config", str(config)], given, act
        )
        self._wait_for_quiet()
        if self.stdout:
            written = self.stdout.read_bytes()[skip:]
            live.lines = [Line(text) for text in written.splitlines(keepends=True)]
        return self._ran(
            given,
            values,
            began,
            live.popen.returncode,
            live.lines,
            stderr,
            peak_mb=peak,
            killed=live.killed,
            stdout_full=self.stdout is not None or live.closed,
        )

    def _values(self, folder: Path) -> dict[str, Any]:
        values = {**SETTINGS, **self.settings}
        paths = {name: str(folder / text) for name, text in _PATHS.items() if name not in values}
        return {**values, **paths}

    def _ran(
        self,
        given: Given,
        values: Mapping[str, Any],
        began: int,
        exit_code: int,
        lines: list[Line],
        stderr: str,
        **more: Any,
    ) -> Ran:
        folders = (self.folder, Path(values["rejects_path"]).parent)
        return Ran(
            given=given,
            exit_code=exit_code,
            stdout=tuple(lines),
            stderr=stderr,
            summary=_json(Path(values["summary_path"])),
            rejects=_rejects(Path(values["rejects_path"])),
            files=tuple(
                file for each in folders for name in RECORD_FILES for file in each.glob(name)
            ),
            calls=tuple(
                Call.of(each) for each in self.sandbox.requests if each["sequence"] > began
            ),
            **more,
        )

    def _requests_since(self, number: int) -> list[dict[str, Any]]:
        """The journal from there on, by the sandbox's own control endpoint."""
        url = f"{self.sandbox.url}/_sandbox/requests?since={number}"
        return list(requests.get(url, timeout=60).json())

    def run_here(self, given: Given) -> Ran:
        """Run the target on this input in this process: quick, and nobody watches it closely."""
        folder = self._next_folder()
        began = self.sandbox.stats["requests"]
        values = self._values(folder)
        stdout, stderr, exit_code = io.StringIO(), io.StringIO(), 0
        with signals_kept(), redirect_stdout(stdout), redirect_stderr(stderr):
            try:
                target = TargetGleantap(config=values)
                target.process_lines(io.BytesIO(given.data))
                target.process_endofpipe()
            except TargetError as reason:
                exit_code = reason.exit_code
                stderr.write(f"{reason}\n")
        lines = stdout.getvalue().encode().splitlines(keepends=True)
        live = [Line(text) for text in lines]
        return self._ran(given, values, began, exit_code, live, stderr.getvalue())

    def _next_folder(self) -> Path:
        self.count += 1
        folder = self.folder / f"run{self.count}"
        folder.mkdir()
        return folder

    def _play(self, command: list[str], given: Given, act: Act) -> tuple[Live, str, float | None]:
        out = self.stdout.open("ab") if self.stdout else subprocess.PIPE
        popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.PIPE,
            env=environment(**LOUD, **self.env),
        )
        if self.stdout:
            out.close()
        live = Live(popen, self.sandbox, given, self.sandbox.stats["requests"], self.env)
        err: list[bytes] = []
        peaks: list[float] = []
        threads = [
            threading.Thread(target=target, args=args, daemon=True)
            for target, args in (
                (_read_states, (live,)),
                (err.extend, (popen.stderr,)),
                (_watch_memory, (popen, peaks)),
            )
        ]
        for thread in threads:
            thread.start()
        # Nobody waits for ever: what hangs is ended, and then fails the judge.
        watchdog = threading.Timer(PATIENCE, popen.kill)
        watchdog.start()
        try:
            act(live)
            popen.wait()
        finally:
            watchdog.cancel()
            popen.kill()
            popen.wait()
            for thread in threads:
                thread.join()
            for pipe in (popen.stdin, popen.stdout, popen.stderr):
                with suppress(BrokenPipeError):
                    if pipe:
                        pipe.close()
        return live, b"".join(err).decode(errors="replace"), max(peaks, default=None)

    def _wait_for_quiet(self) -> None:
        """What was in flight at the end belongs to the run that sent it."""
        until, seen = time.monotonic() + 20, -1
        while self.sandbox.stats["requests"] != seen:
            assert time.monotonic() < until
            seen = self.sandbox.stats["requests"]
            time.sleep(0.05)


_PATHS = {"summary_path": "summary.json", "rejects_path": "rejects.singer.jsonl"}


def _read_states(live: Live) -> None:
    if live.popen.stdout is None:
        return
    with suppress(ValueError):  # it was closed on purpose
        for text in live.popen.stdout:
            live.lines.append(Line(text, time.monotonic()))
            if live.closed:  # here, and by nobody else: who reads holds the pipe's lock
                live.popen.stdout.close()


def _watch_memory(popen: subprocess.Popen[bytes], peaks: list[float]) -> None:
    """Note the highest resident size; the kernel keeps it, so the last look sees it all."""
    status = Path(f"/proc/{popen.pid}/status")
    while popen.poll() is None and status.is_file():
        with suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
            if found:
                peaks[:] = [int(found[1]) / MEGABYTE]
        time.sleep(0.02)


def _json(path: Path) -> Mapping[str, Any] | None:
    return json.loads(path.read_text()) if path.is_file() and path.stat().st_size else None


def _rejects(path: Path) -> tuple[Mapping[str, Any], ...]:
    if not path.is_file():
        return ()
    text = path.read_text("utf-8", errors="surrogatepass")
    return tuple(json.loads(line) for line in text.split("\n") if line)
