"""The streams beside this file as SCHEMA messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "streams"
TAPS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, dict):
        members = {name: _schema(one) for name, one in kind.items()}
        return {"type": ["null", "object"], "properties": members}
    if isinstance(kind, list):
        return {"type": ["null", "array"], "items": _schema(kind[0])}
    if kind in ("date", "date-time"):
        return {"type": ["null", "string"], "format": kind}
    return {"type": ["null", kind]}


def schema_messages(tap: str) -> list[dict[str, Any]]:
    streams = yaml.safe_load((FOLDER / f"{tap}.yaml").read_text(encoding="utf-8"))
    return [
        {
            "type": "SCHEMA",
            "stream": name,
            "key_properties": each["key"],
            "schema": {**_schema(each["fields"]), "type": "object"},
        }
        for name, each in streams.items()
    ]


def as_lines(messages: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)
