"""The demo: a gym's members and check-ins, by a real Meltano, into a sandbox on this machine.

`make demo` calls it. What it leaves behind stands in .demo/; nothing is left running. It ends with
0 when the books balance, and the records that are faulty on purpose, and no others, were rejected.
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
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

from target_gleantap.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / ".demo"
MELTANO = OUT / "meltano" / "bin" / "meltano"
EXTRACTORS = {"members": "tap-members", "check_ins": "tap-check-ins"}

# What is wrong with them stands in README.md beside this file.
FAULTY = {"members": {1012, 1018, 1024, 1031}, "check_ins": {50041, 50078}}
SHOWN = 5
CONTACT_COLUMNS = ("user_id", "first_name", "last_name", "phone", "tags", "plan")
EVENT_COLUMNS = ("id", "user_id", "event_type", "event_date", "event_time")

# A log file or a pipe has no width of its own.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def rejects_file(stream: str) -> Path:
    """Where the rejects of a stream's run are written."""
    return OUT / f"{stream}.rejects.singer.jsonl"


def summary_file(stream: str) -> Path:
    """Where the summary of a stream's run is written."""
    return OUT / f"{stream}.summary.json"


def clear() -> None:
    """Remove what an earlier demo wrote; the installed plugins stay."""
    for pattern in ("*.jsonl", "*.json", "meltano.db*"):
        for path in OUT.glob(pattern):
            path.unlink()


def run_meltano(stream: str, sandbox: Sandbox) -> int:
    """Run one pipeline as a user would; the settings come from meltano.yml and the environment.

    Returns:
        Meltano's exit code.
    """
    settings = {
        "base_url": sandbox.url,
        **sandbox.credentials,
        "summary_path": str(summary_file(stream)),
        "rejects_path": str(rejects_file(stream)),
    }
    environment = {f"TARGET_GLEANTAP_{name.upper()}": value for name, value in settings.items()}
    command = [str(MELTANO), "run", EXTRACTORS[stream], "target-gleantap"]
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


def read_rejects(stream: str) -> Iterator[Mapping[str, Any]]:
    """The rejected RECORD messages of a stream."""
    path = rejects_file(stream)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    yield from (message for message in map(json.loads, lines) if message["type"] == "RECORD")


def read_books(stream: str) -> list[Mapping[str, Any]]:
    """The books of a stream's run; none where it did not come that far."""
    path = summary_file(stream)
    rows: list[Mapping[str, Any]] = json.loads(path.read_text())["books"] if path.exists() else []
    return rows


def show_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


def show_books() -> None:
    """Print what became of every record."""
    columns = ("stream", "read", "delivered", "unchanged", "filtered", "rejected", "not_attempted")
    rows = [row for stream in EXTRACTORS for row in read_books(stream)]
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


def show_rejects() -> None:
    """Print every reject with what is wrong with it."""
    rows = []
    for stream in EXTRACTORS:
        for message in read_rejects(stream):
            why = message["reject"]
            faults = [" ".join(filter(None, fault.values())) for fault in why["faults"]]
            rows.append((stream, message["record"]["id"], why["reason"], "\n".join(faults)))
    show_table("Rejected, and why", ("stream", "record", "found by", "what is wrong"), rows)
    files = " ".join(str(rejects_file(stream).relative_to(ROOT)) for stream in EXTRACTORS)
    console.print(f"Once mended: cat {files} | target-gleantap --config …\n")


def complaints(codes: Mapping[str, int]) -> Iterator[str]:
    """What did not go as the demo should go."""
    for stream, code in codes.items():
        rows = read_books(stream)
        if code:
            yield f"{stream}: Meltano ended with {code}"
        if not rows or not all(row["balanced"] for row in rows):
            yield f"{stream}: the books do not balance"
        rejected = {message["record"]["id"] for message in read_rejects(stream)}
        if rejected != FAULTY[stream]:
            yield f"{stream}: rejected {sorted(rejected)}, not {sorted(FAULTY[stream])}"


def stopped(signum: int, _frame: object) -> NoReturn:
    """Turn a signal into an exit that cleans up."""
    sys.exit(128 + signum)


def main() -> None:
    """Run both pipelines, show what came of them, and end with 0 or 1."""
    signal.signal(signal.SIGTERM, stopped)
    began = time.monotonic()
    OUT.mkdir(exist_ok=True)
    clear()
    with Sandbox() as sandbox:
        codes = {stream: run_meltano(stream, sandbox) for stream in EXTRACTORS}
        console.rule("What came of it")
        show_books()
        show_arrived(sandbox)
        show_rejects()
    wrong = list(complaints(codes))
    for complaint in wrong:
        console.print(f"NOT AS IT SHOULD BE: {complaint}", markup=False)
    seconds = time.monotonic() - began
    if not wrong:
        console.print(f"The books balance, and the faulty records are kept. {seconds:.0f} s.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
