"""What `check` prints: text for people, JSON for machines, annotations for GitHub. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from target_gleantap.model import Fault
from target_gleantap.workbench.check.check import Report
from target_gleantap.workbench.check.places import Places

Render: TypeAlias = Callable[[Report, Places], str]


def as_text(report: Report, places: Places) -> str:
    """A line for each fault, with file and line, and what was looked at."""
    return "\n".join(_lines(report, places))


def _lines(report: Report, places: Places) -> Iterator[str]:
    for fault in report.faults:
        file, line = places.find(fault.path)
        yield f"{file}:{line}: {fault}" if file else str(fault)
    yield from (f"note: {note}" for note in report.notes)
    if report.online:
        yield report.online
    yield _count(report)


def _count(report: Report) -> str:
    count = len(report.faults)
    found = "No faults" if not count else f"{count} fault{'s' if count > 1 else ''}"
    return (
        f"{found}. Looked at: {_number(report.mappings, 'mapping')}, "
        f"{_number(len(report.streams), 'stream')}, "
        f"{_number(report.tests_passed, 'passed test')}."
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def as_json(report: Report, places: Places) -> str:
    """One object."""
    return json.dumps(
        {
            "ok": report.exit_code == 0,
            "faults": [_fault(fault, places) for fault in report.faults],
            "notes": report.notes,
            "mappings": report.mappings,
            "streams": report.streams,
            "tests_passed": report.tests_passed,
            "online": report.online,
        },
        indent=2,
    )


def _fault(fault: Fault, places: Places) -> dict[str, Any]:
    file, line = places.find(fault.path)
    said = {"path": fault.path, "message": fault.message, "hint": fault.hint, "rule": fault.rule}
    return {**said, "file": file, "line": line} if file else said


def as_github(report: Report, places: Places) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    Source: docs.github.com, "Workflow commands for GitHub Actions".
    """
    lines = [
        _annotation("error", str(fault), *places.find(fault.path), title=fault.rule)
        for fault in report.faults
    ]
    lines += [_annotation("notice", note) for note in report.notes]
    if report.online:
        lines.append(_annotation("error" if report.out_of_reach else "notice", report.online))
    return "\n".join([*lines, _count(report)])


def _annotation(level: str, text: str, file: str = "", line: int = 0, title: str = "") -> str:
    given = {"file": file, "line": line, "title": f"target-gleantap {title}" if title else ""}
    properties = ",".join(
        f"{name}={_escaped(str(value), ':,')}" for name, value in given.items() if value
    )
    return (
        f"::{level} {properties}::{_escaped(text)}"
        if properties
        else f"::{level}::{_escaped(text)}"
    )


def _escaped(text: str, more: str = "") -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


FORMATS: dict[str, Render] = {"text": as_text, "json": as_json, "github": as_github}
