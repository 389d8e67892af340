"""What `preview` prints for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from target_gleantap.exact_json.codec import encode
from target_gleantap.workbench.preview.preview import Preview
from target_gleantap.workbench.preview.seen import Again
from target_gleantap.workbench.preview.survey import Surveyed


def as_json(preview: Preview) -> str:
    """One object."""
    explained = preview.explained
    said: dict[str, Any] = {
        "destination": preview.config.destination.name,
        "dry_run": True,
        "ended_by": preview.ended_by or "end of input",
        "books": preview.books,
        "ignored": dict(preview.ignored),
        "mappings": [_mapping(one) for one in preview.survey.mappings.values()],
        "rejects": [_reject(preview, dict(row)) for row in preview.reasons],
        "removals": [dict(row) for row in preview.removals],
        "requests": {"total": sum(preview.requests.values()), **_time(preview)},
        "requests_by_resource": dict(preview.requests),
    }
    if explained is not None:
        said["explained"] = [asdict(one) for one in explained.found]
        said["explained_more"] = explained.more
    # Through our own encoder, which keeps the exact text of numbers.
    return json.dumps(json.loads(encode(said)), indent=2, ensure_ascii=False)


def _mapping(surveyed: Surveyed) -> dict[str, Any]:
    route = surveyed.route
    return {
        "stream": route.stream,
        "mapping": route.name,
        "resource": route.resource.name,
        "sent": surveyed.sent,
        "filled": surveyed.fill,
        "not_mapped": list(surveyed.unmapped),
        "repeated": surveyed.again[Again.REPEATED],
        "changed": surveyed.again[Again.CHANGED],
        "examples": [asdict(one) for one in surveyed.examples],
    }


def _reject(preview: Preview, row: dict[str, Any]) -> dict[str, Any]:
    found = preview.rejected.get((row["stream"], row["mapping"], row["reason"]))
    return row if found is None else {**row, "line": found.line, "shape": found.shape}


def _time(preview: Preview) -> dict[str, Any]:
    time = preview.time
    if time is None:
        return {"at_least_seconds": None, "quota": None}
    return {"at_least_seconds": time.seconds, "quota": f"{time.quota} ({time.whose})"}
