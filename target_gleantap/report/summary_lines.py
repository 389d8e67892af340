"""The sentences of the run summary, below its table in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BALANCED = "Balanced: every record is accounted for."
NOT_BALANCED = "NOT BALANCED: some records are not accounted for."


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """The sentences, one a line; they hold no value of a record.

    Args:
        summary: The run summary (`summary.summarize`).
    """
    return [
        f"{BALANCED if summary['balanced'] else NOT_BALANCED} {_traffic(summary)}",
        *_vendor_lines(summary),
        *(removal_words(row, dry_run=summary["dry_run"]) for row in summary["removals"]),
        *(
            f"Ignored {counted(count, 'record')} of stream {stream}: it has no mapping"
            for stream, count in summary["ignored"].items()
        ),
        *_reject_lines(summary["rejects"]),
    ]


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _traffic(summary: Mapping[str, Any]) -> str:
    requests = summary["requests"]
    return (
        f"{summary['seconds']:.1f} s, {summary['records_per_second']:g} records a second; "
        f"{counted(requests['requests'], 'request')}, {requests['retries']} of them retries, "
        f"{requests['throttled']} throttled (429); waited {requests['held_seconds']:.1f} s for "
        f"rate limits; {counted(summary['states_written'], 'state')} emitted."
    )


def _vendor_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    requests = summary["requests"]
    if falls := requests["limit_falls"]:
        times = "once" if falls == 1 else f"{falls} times"
        yield (
            f"The concurrency limit was lowered {times}, because the vendor refused requests or "
            f"did not respond; at the end it was {requests['limit']}."
        )
    if counts := [f"{count} {noun}" for noun, count in requests["counts"].items()]:
        yield f"The vendor reported: {', '.join(counts)}."
    if unconfirmed := sum(row["in_doubt"] for row in summary["books"]):
        yield (
            f"Unconfirmed: {counted(unconfirmed, 'record')} of those not attempted went out, but "
            "without a response by the end."
        )


def _reject_lines(rejects: Mapping[str, Any]) -> Iterator[str]:
    for row in rejects["reasons"]:
        records = counted(row["count"], "record")
        yield f"Rejected {records} of {row['stream']} ({row['mapping']}): {row['reason']}"
    if rejects["path"]:
        yield f"The rejected records are in {rejects['path']}"


def removal_words(row: Mapping[str, Any], *, dry_run: bool) -> str:
    """One sentence about the removals of a mapping.

    Args:
        row: One of the summary's `removals`.
        dry_run: Whether nothing was sent.
    """
    how = "deleted at the source" if row["how"] == "deleted" else "missing in the full table"
    said = f"{row['gone']} of {row['known']} records of {row['stream']} ({row['mapping']}) {how}"
    if not row["allowed"]:
        held = "would be held back" if dry_run else "held back"
        return f"{said}: {held}, the limit of one run is {row['limit']}."
    sent = "would be sent" if dry_run else "sent"
    return f"{said}: {row['sent']} removals {sent}, the limit of one run is {row['limit']}."
