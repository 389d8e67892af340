"""The report's page, put together and written.

It is made of the run summary, the history and a few settings, none of which hold a value of a
record or a secret. Everything it needs stands in it; its content security policy lets it load
nothing and run no other script than those it came with.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from target_gleantap.config.config import Config
from target_gleantap.errors import LocalError
from target_gleantap.report.tables import seconds, table
from target_gleantap.telemetry import charts
from target_gleantap.telemetry.series import quantile
from target_gleantap.telemetry.timeline import PROGRESS, QUOTA, Effort, Timeline

WAYS = ("read", "delivered", "unchanged", "filtered", "rejected", "not_attempted", "in_doubt")
SHOWN = (
    "base_url",
    "unmapped_streams",
    "timezone",
    "default_region",
    "null_policy",
    "validate_records",
    "batch_size_rows",
    "batch_wait_seconds",
    "max_in_flight",
    "concurrency",
    "quotas",
    "request_timeout_seconds",
    "retry_deadline_seconds",
    "job_deadline_seconds",
    "stop_deadline_seconds",
    "on_reject",
    "max_rejects",
    "on_ambiguous",
)
"""Settings that the course of a run depends on. Named one by one: a new one may be a secret."""
DRAWN = ("settled", "requests", "latency", "quota", "work")


def write(page: str, path: str) -> None:
    """Write the report.

    Raises:
        LocalError: When the file cannot be written.
    """
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as fault:
        raise LocalError(
            f"The report cannot be written to {file}: {fault.strerror}. Check report_path."
        ) from None


def render(
    summary: Mapping[str, Any], history: Timeline, config: Config, *, began: datetime, version: str
) -> str:
    """Put the report together.

    Args:
        summary: The run summary.
        history: What happened when.
        config: The settings; of them, only what a run's course depends on is shown.
        began: When the run began, with its zone.
        version: The target's version.
    """
    style = _assets("uplot.min.css", "base.css", "report.css")
    script = _assets("uplot.min.js", "charts.js")
    data = json.dumps(_charts(history, began)).replace("<", "\\u003c")
    well = summary["ended_by"] == "end of input" and summary["balanced"]
    return Template(_assets("report.html")).substitute(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=data,
        title=escape(f"{config.destination.title}: {_kind(summary)} of {began:%Y-%m-%d %H:%M}"),
        began=escape(f"{began:%Y-%m-%d %H:%M:%S %Z}"),
        began_iso=escape(began.isoformat(timespec="seconds")),
        seconds=seconds(summary["seconds"]),
        version=escape(version),
        tone="good" if well else "bad",
        ended=escape(_ended(summary)),
        tiles=_tiles(summary, history),
        books=_books(summary["books"]),
        removals=_removals(summary["removals"]),
        rejects=_rejects(summary["rejects"]["reasons"]),
        answers=_answers(summary),
        slowest=_efforts(history.slowest),
        most_sent=_efforts(history.most_sent),
        settings=_settings(config),
    )


def _assets(*names: str) -> str:
    folder = files("target_gleantap").joinpath("assets")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _charts(history: Timeline, began: datetime) -> dict[str, Any]:
    start, zone = began.timestamp(), began.utcoffset()
    view = history.series.view()
    progress = dict(zip(PROGRESS, ((PROGRESS[0], "line"), (PROGRESS[1], "bad")), strict=True))
    drawn = (
        charts.rates(view, start, "Records settled a second", progress),
        charts.requests(view, start),
        charts.latency(view, start),
        charts.levels(view, start, "Quota in use", QUOTA),
        charts.levels(view, start, "Under way", "", 1.0, leave_out=QUOTA),
    )
    named = dict(zip(DRAWN, drawn, strict=True))
    return {"zone": zone.total_seconds() if zone else 0, "charts": named}


def _kind(summary: Mapping[str, Any]) -> str:
    return "dry run" if summary["dry_run"] else "run"


def _ended(summary: Mapping[str, Any]) -> str:
    words = str(summary["ended_by"])
    said = "It ended at the end of its input." if words == "end of input" else words
    if summary["dry_run"]:
        said = f"A dry run: nothing was sent, and delivered means would be. {said}"
    return said if summary["balanced"] else f"{said} THE BOOKS DO NOT BALANCE."


def _tiles(summary: Mapping[str, Any], history: Timeline) -> str:
    rows, requests, reasons = summary["books"], summary["requests"], summary["rejects"]["reasons"]
    totals = {way: sum(row[way] for row in rows) for way in WAYS}
    lengths = history.series.histogram()
    median, most = (seconds(quantile(lengths, share)) for share in (0.5, 0.95))
    tiles = (
        ("Records read", f"{totals['read']:,}", f"{summary['records_per_second']:,} a second"),
        ("Delivered", f"{totals['delivered']:,}", f"{totals['unchanged']:,} unchanged beside"),
        ("Filtered", f"{totals['filtered']:,}", "left out by a mapping"),
        ("Rejected", f"{totals['rejected']:,}", f"for {_reasons(len(reasons))}"),
        ("Not attempted", f"{totals['not_attempted']:,}", f"{totals['in_doubt']:,} in doubt"),
        ("Requests", f"{requests['requests']:,}", f"{requests['retries']:,} of them retries"),
        ("Throttled", f"{requests['throttled']:,}", f"held back {requests['held_seconds']:.1f} s"),
        ("Answers took", median, f"95 %: {most}"),
    )
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(more)}</small></dd></div>"
        for name, value, more in tiles
    )


def _reasons(count: int) -> str:
    return "1 reason" if count == 1 else f"{count} reasons"


def _books(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        "Books",
        ("Stream", "Mapping", *(way.replace("_", " ").capitalize() for way in WAYS)),
        ((row["stream"], row["mapping"], *(row[way] for way in WAYS)) for row in rows),
        "Nothing was read.",
    )


def _removals(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        "Removals",
        ("Stream", "Mapping", "What", "Gone", "Known", "A run may", "Sent"),
        (
            (
                row["stream"],
                row["mapping"],
                row["how"] if row["allowed"] else f"{row['how']}, held back",
                *(row[count] for count in ("gone", "known", "limit", "sent")),
            )
            for row in rows
        ),
        "Nothing was to be removed.",
    )


def _rejects(reasons: Sequence[Mapping[str, Any]]) -> str:
    return table(
        "Rejects",
        ("Stream", "Mapping", "Why", "Records"),
        ((row["stream"], row["mapping"], row["reason"], row["count"]) for row in reasons),
        "Nothing was rejected.",
    )


def _answers(summary: Mapping[str, Any]) -> str:
    requests = summary["requests"]
    rows = [
        *((f"HTTP {status}", count) for status, count in requests["statuses"].items()),
        ("no answer", requests["failures"]),
        *requests["counts"].items(),
        ("states written", summary["states_written"]),
        *((f"ignored, of stream {name}", count) for name, count in summary["ignored"].items()),
    ]
    return table("Answers", ("What", "How often"), rows, "")


def _efforts(efforts: Sequence[Effort]) -> str:
    return table(
        "Deliveries",
        ("Input line", "Resource", "Records", "Sent", "Took"),
        (
            (f"{one.line}", one.resource, one.records, one.sent, seconds(one.seconds))
            for one in efforts
        ),
        "None.",
    )


def _settings(config: Config) -> str:
    """The settings a run's course depends on; of the destination's own, no credential."""
    shown = {name: getattr(config, name) for name in SHOWN}
    shown |= {
        setting.name: config.vendor.get(setting.name)
        for setting in config.destination.settings
        # What has a default is no credential and nobody's name: a form, a mode, a revision.
        if not setting.secret and setting.default is not None
    }
    rows = ((name, _said(value)) for name, value in shown.items() if value not in (None, ()))
    return table("Settings", ("Setting", "Value"), rows, "")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
