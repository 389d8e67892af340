"""Whether a source field's values can become a body field's wire type, and how. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from target_gleantap.mapping.coercion.wire import wire_type
from target_gleantap.mapping.expressions.compile import PLAIN_PATH
from target_gleantap.workbench.scaffold.profile import SourceField

MILLISECONDS = Decimal(10) ** 11
"""Seconds since 1970 are fewer than these for three thousand years, milliseconds are more."""
MOSTLY = 0.8
HARDLY = 0.2


@dataclass(frozen=True, slots=True)
class Fit:
    """How a source field fits.

    Attributes:
        expression: What to map.
        share: From 0 to 1: how well.
        why: What speaks for it; empty where nothing more does than the name.
        in_list: Whether it goes into a list, as its only item.
    """

    expression: str
    share: float
    why: str = ""
    in_list: bool = False


def path_expression(source: SourceField) -> str:
    """The JMESPath of a source field."""
    return ".".join(
        name if PLAIN_PATH.fullmatch(name) else '"{}"'.format(name.replace('"', '\\"'))
        for name in source.path
    )


def fit(source: SourceField, schema: Mapping[str, Any]) -> Fit | None:
    """How a source field fits a body field; None where it does not.

    Args:
        source: The source field.
        schema: The body field's documented schema.
    """
    if source.seen and not source.values:
        found = Fit(path_expression(source), 0.5, "always null in the sample")
        return found if source.of_kind("text", "number", "boolean", "list") else None
    if schema.get("type") == "array" and not source.of_kind("list"):
        return _item(source, schema.get("items", {}))
    if schema.get("format") == "email":
        return _text_like(source, "email", "e-mail addresses", 0.3)
    return _FITS.get(wire_type(schema), _json)(source)


def _item(source: SourceField, items: Mapping[str, Any]) -> Fit | None:
    """A plain value as the one item of a list."""
    if "string" not in items.get("type", ()):
        return None
    plain = {name: items[name] for name in ("format", "x-wire") if name in items}
    found = fit(source, {"type": "string", **plain})
    return found and replace(found, in_list=True)


def _text(source: SourceField) -> Fit | None:
    known = bool(source.kinds or source.values)
    share = 1.0 if known else 0.8
    return Fit(path_expression(source), share) if source.of_kind("text", "number") else None


def _text_like(source: SourceField, look: str, noun: str, otherwise: float) -> Fit | None:
    found = _text(source)
    if found is None or not source.values:
        return found
    share = source.share(look)
    why = f"{source.looks[look]} of {source.values} values look like {noun}"
    return Fit(found.expression, 1.0 if share >= MOSTLY else max(share, otherwise), why)


def _phone(source: SourceField) -> Fit | None:
    return _text_like(source, "phone", "phone numbers", 0.3)


def _moment(source: SourceField) -> Fit | None:
    if source.of_kind("text"):
        return _text_moment(source)
    if not source.of_kind("number"):
        return None
    function = "timestamp_ms" if source.largest >= MILLISECONDS else "timestamp"
    unit = "milliseconds" if function == "timestamp_ms" else "seconds"
    expression = f"{function}({path_expression(source)})"
    if not source.values:
        return Fit(expression, 0.8, "a number: taken for seconds since 1970")
    plausible = source.largest > Decimal(10) ** 8
    return Fit(expression, 0.95, f"numbers like {unit} since 1970") if plausible else None


def _text_moment(source: SourceField) -> Fit | None:
    expression = path_expression(source)
    if source.values:
        share = max(source.share("moment"), source.share("date"))
        why = "its values are dates" if share >= MOSTLY else "some of its values are dates"
        return Fit(expression, 1.0 if share >= MOSTLY else share, why) if share > HARDLY else None
    if source.form in ("date-time", "date"):
        return Fit(expression, 1.0, f"format {source.form}")
    return Fit(expression, 0.85) if source.of_kind("text") else None


def _time(source: SourceField) -> Fit | None:
    if source.form == "date" or source.share("date") >= MOSTLY:
        return None
    return _moment(source)


def _boolean(source: SourceField) -> Fit | None:
    expression = path_expression(source)
    if source.kinds == {"boolean"} or source.share("boolean") >= MOSTLY:
        return Fit(expression, 1.0)
    if source.kinds and "boolean" not in source.kinds and not source.share("boolean"):
        return None
    return Fit(expression, 0.8)


def _number(source: SourceField) -> Fit | None:
    expression = path_expression(source)
    if source.kinds and "number" in source.kinds:
        return Fit(expression, 1.0)
    return (
        Fit(expression, 0.9, "text that is a number") if source.share("number") > MOSTLY else None
    )


def _tags(source: SourceField) -> Fit | None:
    expression = path_expression(source)
    if not source.of_kind("list"):
        return _text(source)
    members = source.items.get("properties", {})
    if "name" in members:
        return Fit(f"{expression}[].name", 0.9, "the names of a list")
    return None if members else Fit(expression, 1.0, "a list")


def _json(source: SourceField) -> Fit | None:
    return Fit(path_expression(source), 0.8)


_FITS: Mapping[str, Callable[[SourceField], Fit | None]] = {
    "text": _text,
    "phone": _phone,
    "date": _moment,
    "datetime": _moment,
    "timestamp": _moment,
    "time": _time,
    "boolean": _boolean,
    "number": _number,
    "integer": _number,
    "tags": _tags,
}
