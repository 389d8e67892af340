"""A series as the charts of a page: columns, names and tones. Pure.

The pages draw what stands here with uPlot (`assets/uplot.min.js`, MIT) and know nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, Sequence[float | None]]

STATUS_TONES: Mapping[str, tuple[str, str]] = {
    "2xx": ("2xx", "good"),
    "3xx": ("3xx", "note"),
    "4xx": ("4xx refused", "bad"),
    "429": ("429 throttled", "warn"),
    "5xx": ("5xx failed", "worse"),
    "none": ("no response", "muted"),
}
"""The label of each class of statuses, and the tone it is drawn in."""
LINE_TONES = ("line", "note", "muted", "good", "warn")


def requests(view: Mapping[str, Any], start: float) -> dict[str, Any]:
    """Responses a second, by class of status."""
    named = {
        STATUS_TONES[name]: counts
        for name, counts in view["counts"].items()
        if name in STATUS_TONES
    }
    ordered = [(names, named[names]) for names in STATUS_TONES.values() if names in named]
    series = [
        {"name": name, "tone": tone, "values": _rates(counts, view["width"])}
        for (name, tone), counts in ordered
    ]
    return _chart("Responses a second", "/s", view, start, series)


def rates(
    view: Mapping[str, Any], start: float, title: str, named: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Counts a second, by the names and tones given for some of the series' names."""
    series = [
        {"name": name, "tone": tone, "values": _rates(view["counts"][key], view["width"])}
        for key, (name, tone) in named.items()
        if key in view["counts"]
    ]
    return _chart(title, "/s", view, start, series)


def latency(view: Mapping[str, Any], start: float) -> dict[str, Any]:
    """Response times, in milliseconds."""
    series = [
        {"name": name, "tone": tone, "values": [_thousandfold(value) for value in values]}
        for (name, values), tone in zip(
            view["lengths"].items(), ("line", "note", "muted"), strict=True
        )
    ]
    return _chart("Latency", " ms", view, start, series)


def levels(
    view: Mapping[str, Any],
    start: float,
    title: str,
    prefix: str,
    factor: float = 100.0,
    leave_out: str = "\0",
) -> dict[str, Any]:
    """Gauges whose names begin alike (and not in another way); by default shares in per cent."""
    names = [
        name
        for name in view["levels"]
        if name.startswith(prefix) and not name.startswith(leave_out)
    ]
    series = [
        {
            "name": name.removeprefix(prefix).strip() or name,
            "tone": LINE_TONES[place % len(LINE_TONES)],
            "values": [
                None if value is None else round(value * factor, 1)
                for value in view["levels"][name]
            ],
        }
        for place, name in enumerate(names)
    ]
    return _chart(title, " %" if factor == 100 else "", view, start, series)  # noqa: PLR2004 - per cent


def _chart(
    title: str, unit: str, view: Mapping[str, Any], start: float, series: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "title": title,
        "unit": unit,
        "width": view["width"],
        "x": [round(start + second, 3) for second in view["seconds"]],
        "series": series,
        "says": _says(unit, series),
    }


def _says(unit: str, series: list[dict[str, Any]]) -> str:
    """The chart in words, for screen readers."""
    said = []
    for one in series:
        values = [value for value in one["values"] if value is not None]
        if values:
            said.append(
                f"{one['name']}: at most {max(values):g}{unit}, at last {values[-1]:g}{unit}"
            )
    return "; ".join(said) or "nothing yet"


def _rates(counts: Sequence[int], width: float) -> list[float]:
    return [round(count / width, 2) for count in counts]


def _thousandfold(value: float | None) -> float | None:
    return None if value is None else float(f"{value * 1000:.3g}")
