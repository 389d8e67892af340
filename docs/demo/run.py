"""The demo: a gym's members and check-ins, by a real Meltano, into sandboxes on this machine.

First into Gleantap's, and all is shown; then the same into Klaviyo's and SureSend's, where one
setting and the mapping are other ones. `make demo` calls it. What it leaves behind stands in
.demo/; nothing is left running. It ends with 0 when the books balance, and the records that are
faulty on purpose, and no others, were rejected.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

from target_gleantap.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / ".demo"
MELTANO = OUT / "meltano" / "bin" / "meltano"
EXTRACTORS = {"members": "tap-members", "check_ins": "tap-check-ins"}

# What is wrong with them stands in README.md beside this file; what each API minds of it differs.
FAULTY = {
    "gleantap": {"members": {1012, 1018, 1024, 1031}, "check_ins": {50041, 50078}},
    "klaviyo": {"members": {1018, 1031}, "check_ins": {50041, 50078}},
    "suresend": {"members": {1018}, "check_ins": {50041}},
}
SHOWN = 5
CONTACT_COLUMNS = ("user_id", "first_name", "last_name", "phone", "tags", "plan")
EVENT_COLUMNS = ("id", "user_id", "event_type", "event_date", "event_time")

# A log file or a pipe has no width of its own.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Run:
    """One pipeline: a stream into a destination."""

    destination: str
    stream: str

    @property
    def loader(self) -> str:
        """The loader's name in meltano.yml."""
        return f"target-{self.destination}"

    @property
    def rejects_file(self) -> Path:
        """Where its rejects are written."""
        return OUT / f"{self.destination}.{self.stream}.rejects.singer.jsonl"

    @property
    def summary_file(self) -> Path:
        """Where its summary is written."""
        return OUT / f"{self.destination}.{self.stream}.summary.json"

    def rejects(self) -> Iterator[Mapping[str, Any]]:
        """The rejected RECORD messages."""
        path = self.rejects_file
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        yield from (message for message in map(json.loads, lines) if message["type"] == "RECORD")

    def books(self) -> list[Mapping[str, Any]]:
        """The books; none where the run did not come that far."""
        path = self.summary_file
        rows: list[Mapping[str, Any]] = (
            json.loads(path.read_text())["books"] if path.exists() else []
        )
        return rows


def clear() -> None:
    """Remove what an earlier demo wrote; the installed plugins stay."""
    for pattern in ("*.jsonl", "*.json", "meltano.db*"):
        for path in OUT.glob(pattern):
            path.unlink()


def run_meltano(run: Run, sandbox: Sandbox) -> int:
    """Run one pipeline as a user would; the settings come from meltano.yml and the environment.

    Returns:
        Meltano's exit code.
    """
    settings = {
        "base_url": sandbox.url,
        **sandbox.credentials,
        "summary_path": str(run.summary_file),
        "rejects_path": str(run.rejects_file),
    }
    prefix = run.loader.replace("-", "_").upper()
    environment = {f"{prefix}_{name.upper()}": value for name, value in settings.items()}
    command = [str(MELTANO), "run", EXTRACTORS[run.stream], run.loader]
    console.rule(f"meltano run {' '.join(command[2:])}")
    process = subprocess.Popen(  # noqa: S603 - the command is made above
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "MELTANO_PROJECT_ROOT": str(ROOT),
            "MELTANO_DATABASE_URI": f"sqlite:///{OUT / 'meltano.db'}",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait()
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End Meltano, its tap and its target, where they still run."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        os.killpg(process.pid, signal.SIGKILL)


def show_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


def show_books(runs: Iterable[Run]) -> None:
    """Print what became of every record."""
    columns = ("stream", "read", "delivered", "unchanged", "filtered", "rejected", "not_attempted")
    rows = [row for run in runs for row in run.books()]
    show_table("The books", columns, ([row[column] for column in columns] for row in rows))


def show_arrived(sandbox: Sandbox) -> None:
    """Print some of what the sandbox holds, and one body of each kind as it came."""
    contacts = sorted(
        (each["history"] for each in sandbox.contacts), key=lambda each: str(each[0]["user_id"])
    )
    events = sorted((each["body"] for each in sandbox.events), key=lambda each: str(each["id"]))
    for title, columns, bodies in (
        ("contacts", CONTACT_COLUMNS, [history[-1] for history in contacts]),
        ("events", EVENT_COLUMNS, events),
    ):
        rows = ([body.get(column) for column in columns] for body in bodies[:SHOWN])
        show_table(f"The first of {len(bodies)} {title} that arrived", columns, rows)
        for body in bodies[:1]:
            console.print("The first of them, as it came:")
            console.print(json.dumps(body, indent=2, ensure_ascii=False), markup=False)


def show_rejects(runs: Iterable[Run]) -> None:
    """Print every reject with what is wrong with it."""
    rows = []
    for run in runs:
        for message in run.rejects():
            why = message["reject"]
            faults = [" ".join(filter(None, fault.values())) for fault in why["faults"]]
            rows.append((run.stream, message["record"]["id"], why["reason"], "\n".join(faults)))
    show_table("Rejected, and why", ("stream", "record", "found by", "what is wrong"), rows)


def complaints(codes: Mapping[Run, int]) -> Iterator[str]:
    """What did not go as the demo should go."""
    for run, code in codes.items():
        name = f"{run.stream} into {run.destination}"
        rows = run.books()
        if code:
            yield f"{name}: Meltano ended with {code}"
        if not rows or not all(row["balanced"] for row in rows):
            yield f"{name}: the books do not balance"
        rejected = {message["record"]["id"] for message in run.rejects()}
        faulty = FAULTY[run.destination][run.stream]
        if rejected != faulty:
            yield f"{name}: rejected {sorted(rejected)}, not {sorted(faulty)}"


def demonstrate(destination: str) -> dict[Run, int]:
    """Send both streams to one destination, and show what came of it.

    Returns:
        Meltano's exit code for each run.
    """
    runs = [Run(destination, stream) for stream in EXTRACTORS]
    with Sandbox(destination=destination) as sandbox:
        codes = {run: run_meltano(run, sandbox) for run in runs}
        console.rule(f"What came of it at {destination}")
        show_books(runs)
        if destination == "gleantap":
            show_arrived(sandbox)
    show_rejects(runs)
    files = " ".join(str(run.rejects_file.relative_to(ROOT)) for run in runs)
    console.print(f"Once mended: cat {files} | target-gleantap --config …\n")
    return codes


def stopped(signum: int, _frame: object) -> NoReturn:
    """Turn a signal into an exit that cleans up."""
    sys.exit(128 + signum)


def main() -> None:
    """Run all pipelines, show what came of them, and end with 0 or 1."""
    signal.signal(signal.SIGTERM, stopped)
    began = time.monotonic()
    OUT.mkdir(exist_ok=True)
    clear()
    codes: dict[Run, int] = {}
    for destination in FAULTY:
        codes |= demonstrate(destination)
    wrong = list(complaints(codes))
    for complaint in wrong:
        console.print(f"NOT AS IT SHOULD BE: {complaint}", markup=False)
    seconds = time.monotonic() - began
    if not wrong:
        console.print(f"The books balance, and the faulty records are kept. {seconds:.0f} s.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
