"""Tables and words of the report. Everything that is put in is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

TEXTS = ("Stream", "Mapping", "Why", "What", "Resource", "Setting", "Value")
"""Columns of words; all others hold numbers, which stand to the right."""


def seconds(length: float | None) -> str:
    """A length of time, short."""
    if length is None:
        return "\u2013"
    if length >= 60:  # noqa: PLR2004 - a minute
        return f"{int(length // 60):,} min {length % 60:.0f} s"
    return f"{length:.1f} s" if length >= 1 else f"{length * 1000:.0f} ms"


def table(label: str, names: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> str:
    """A table; numbers stand to the right."""
    body = [
        "<tr>" + "".join(_cell(cell, names[place]) for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    ]
    if not body:
        return f'<p class="quiet">{escape(empty)}</p>'
    head = "".join(f'<th scope="col"{_class(name)}>{escape(name)}</th>' for name in names)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _class(name: str) -> str:
    return "" if name in TEXTS else ' class="number"'


def _cell(cell: Any, name: str) -> str:
    text = f"{cell:,}" if isinstance(cell, int) else str(cell)
    return f"<td{_class(name)}>{escape(text)}</td>"
