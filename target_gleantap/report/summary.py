"""The run summary: what became of every record, as JSON and in the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from target_gleantap.errors import LocalError, TargetError
from target_gleantap.outcomes.books import Books
from target_gleantap.report.books_table import MOST_DRAWN, drawn_table, plain_table
from target_gleantap.report.summary_lines import summary_lines
from target_gleantap.telemetry.counters import Traffic

LOG_WIDTH = 140
"""The width of the table where stderr is not a terminal."""

LOG_COLUMNS = 240


def summarize(
    books: Books,
    traffic: Traffic,
    *,
    seconds: float,
    destination: str,
    states: int,
    ignored: Mapping[str, int],
    rejects_path: str,
    reason: BaseException | None,
    removals: Sequence[Mapping[str, Any]] = (),
    dry_run: bool = False,
) -> dict[str, Any]:
    """Make the summary of a run; it holds no value of a record and no secret.

    Args:
        books: What became of every record.
        traffic: The counts of requests and responses.
        seconds: How long the run took.
        destination: The name of the destination.
        states: How many STATE lines were emitted.
        ignored: How many records each stream without a mapping had, where those are ignored.
        rejects_path: The file with the rejected records of this run; empty where there are none.
        reason: The error that ended the run early, or None.
        removals: What is deleted at the source, and what followed (the removal guard's results).
        dry_run: Whether nothing was sent; then delivered means "would be delivered".
    """
    return {
        "destination": destination,
        "dry_run": dry_run,
        "ended_by": _ended_by(reason),
        "seconds": round(seconds, 3),
        "records_per_second": round(books.settled / seconds, 1) if seconds else 0.0,
        "balanced": books.balanced,
        "books": [row.as_dict() for row in books.rows],
        "ignored": dict(ignored),
        "rejects": {"path": rejects_path, "reasons": books.reasons()},
        "removals": list(removals),
        "requests": _requests(traffic),
        "states_written": states,
    }


def _ended_by(reason: BaseException | None) -> str:
    if reason is None:
        return "end of input"
    return str(reason) if isinstance(reason, TargetError) else type(reason).__name__


def _requests(traffic: Traffic) -> dict[str, Any]:
    rows = asdict(traffic)
    answer_seconds = rows.pop("answer_seconds")
    rows["counts"] = dict(sorted(traffic.counts.items()))
    rows["statuses"] = {str(status): n for status, n in sorted(traffic.statuses.items())}
    rows["held_seconds"] = round(traffic.held_seconds, 3)
    mean = answer_seconds / traffic.answers if traffic.answers else 0.0
    return {**rows, "mean_answer_seconds": round(mean, 4)}


def write(summary: Mapping[str, Any], path: str) -> None:
    """Write the summary as JSON.

    Raises:
        LocalError: When the file cannot be written.
    """
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Piece by piece: there may be ten thousand streams.
        with file.open("w", encoding="utf-8") as out:
            json.dump(summary, out, indent=2)
            out.write("\n")
    except OSError as fault:
        raise LocalError(
            f"The summary cannot be written to {file}: {fault.strerror}. Check summary_path."
        ) from None


def show(summary: Mapping[str, Any], stream: TextIO) -> None:
    """Print the summary in the terminal or the log."""
    # Only here, at the end of a run: importing rich takes longer than starting one should.
    from rich.console import Console  # noqa: PLC0415

    # A log has no width of its own: without one, rich cuts every column to fit into 80.
    width = None if stream.isatty() else LOG_COLUMNS
    # Into a buffer first: where stderr is closed, rich would end the process with its own code.
    paper = TextIOWrapper(BytesIO(), getattr(stream, "encoding", None) or "utf-8", "replace")
    console = Console(
        file=paper,
        force_terminal=stream.isatty(),
        highlight=False,
        soft_wrap=width is not None,
        width=width,
    )
    run = "dry run (nothing was sent)" if summary["dry_run"] else "run"
    title = f"Records of this {run}, by mapping to {summary['destination']}"
    if len(summary["books"]) > MOST_DRAWN:
        paper.writelines(plain_table(title, summary["books"]))
    else:
        console.print(drawn_table(title, summary["books"]))
    for text in summary_lines(summary):
        console.print(text, markup=False)
    paper.seek(0)
    # A log that nobody can write to changes nothing of how the run went.
    with suppress(OSError, ValueError):
        stream.write(paper.read())
        stream.flush()
