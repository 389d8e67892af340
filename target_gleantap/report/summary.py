"""The run summary: what became of everything, as JSON for machines and a table for people."""

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
from target_gleantap.telemetry.counters import Traffic

LOG_WIDTH = 140
"""How wide the table may be where no terminal says."""

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
    """Put the summary of a run together; it holds no value of a record and no secret.

    Args:
        books: What became of every record.
        traffic: What went over the line.
        seconds: How long the run took.
        destination: Its name.
        states: How many STATE lines were written.
        ignored: Records of streams without a mapping, where those are ignored.
        rejects_path: Where the rejects of this run stand; empty where there are none.
        reason: What ended the run before its end, or None.
        removals: What is gone at the source, and what was made of it (`guard.Verdict.as_dict`).
        dry_run: Whether nothing was sent: what counts as delivered would have been.
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
    """Print the summary for people."""
    # Only here, at the end of a run: importing rich takes longer than starting one should.
    from rich.console import Console  # noqa: PLC0415

    # A log has no width of its own: without one, rich cuts every column to fit into 80.
    width = None if stream.isatty() else LOG_COLUMNS
    # On paper of its own: where stderr is gone, rich would end the process with a code of its own.
    paper = TextIOWrapper(BytesIO(), getattr(stream, "encoding", None) or "utf-8", "replace")
    console = Console(
        file=paper,
        force_terminal=stream.isatty(),
        highlight=False,
        soft_wrap=width is not None,
        width=width,
    )
    run = "dry run, nothing was sent: delivered means would be" if summary["dry_run"] else "run"
    title = f"Books of this {run} ({summary['destination']})"
    if len(summary["books"]) > MOST_DRAWN:
        paper.writelines(plain_table(title, summary["books"]))
    else:
        console.print(drawn_table(title, summary["books"]))
    for text in _lines(summary):
        console.print(text, markup=False)
    paper.seek(0)
    # A log that nobody can write to changes nothing of how the run went.
    with suppress(OSError, ValueError):
        stream.write(paper.read())
        stream.flush()


def removal_words(row: Mapping[str, Any], *, dry_run: bool) -> str:
    """Say what is gone at the source, and what was made of it.

    Args:
        row: A verdict of the guard.
        dry_run: Whether that would be only.
    """
    how = "deleted at the source" if row["how"] == "deleted" else "gone from the full table"
    said = f"{row['gone']} of {row['known']} known of {row['stream']} ({row['mapping']}) {how}"
    if not row["allowed"]:
        held = "would be held back" if dry_run else "held back"
        return f"{said}: {held}, a run may remove {row['limit']}."
    sent = "would be sent" if dry_run else "sent"
    return f"{said}: {row['sent']} removals {sent}, a run may remove {row['limit']}."


def _lines(summary: Mapping[str, Any]) -> list[str]:
    requests = summary["requests"]
    traffic = (
        f"{'Balanced' if summary['balanced'] else 'NOT BALANCED'}. "
        f"{summary['seconds']:.1f} s, {summary['records_per_second']:g} records a second; "
        f"{requests['requests']} requests, {requests['retries']} of them retries, "
        f"{requests['throttled']} throttled; held back by quotas for "
        f"{requests['held_seconds']:.1f} s; {summary['states_written']} states written."
    )
    lines = [traffic]
    if falls := requests["limit_falls"]:
        times = "once" if falls == 1 else f"{falls} times"
        lines.append(
            f"Fewer requests at once than max_in_flight, for the vendor refused or did not answer "
            f"them: lowered {times}, at last {requests['limit']} at most."
        )
    counts = [f"{count} {noun}" for noun, count in requests["counts"].items()]
    if counts:
        lines.append(f"By the vendor's answers: {', '.join(counts)}.")
    in_doubt = sum(row["in_doubt"] for row in summary["books"])
    if in_doubt:
        lines.append(f"{in_doubt} of those not attempted were sent, with no answer by the end.")
    lines += [removal_words(row, dry_run=summary["dry_run"]) for row in summary["removals"]]
    lines += [
        f"Ignored, for want of a mapping: {count} records of stream {stream}"
        for stream, count in summary["ignored"].items()
    ]
    lines += [
        f"Rejected {row['count']} of {row['stream']} ({row['mapping']}): {row['reason']}"
        for row in summary["rejects"]["reasons"]
    ]
    if summary["rejects"]["path"]:
        lines.append(f"The rejects stand in {summary['rejects']['path']}")
    return lines
