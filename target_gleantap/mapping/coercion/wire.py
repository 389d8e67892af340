"""Values to the documented wire types: exactly, or a fault. Never a guess.

A coercer takes a value that is not null and gives the wire value, or None where the value counts
as missing (an empty text where a date is wanted), or raises `NotCoercible`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from target_gleantap.exact_json.values import NotCoercible, a_kind_of, json_value
from target_gleantap.mapping.coercion.dates import (
    NotAMoment,
    formatter,
    parse_moment,
    parse_time,
    rfc_3339,
)
from target_gleantap.mapping.coercion.phones import e164
from target_gleantap.mapping.coercion.scalars import (
    to_boolean,
    to_integer,
    to_number,
    to_tags,
    to_text,
)
from target_gleantap.mapping.nested import list_coercer, object_coercer, spellings

Coercer: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Wire:
    """How values are coerced, from the config.

    Attributes:
        timezone: What timestamps with a zone of their own are converted to.
        default_region: ISO 3166 country of phone numbers without a country code, or None.
        null_policy: `omit` or `send`.
        vendor: The destination's own settings: the patterns and shapes that `x-format` and
            `x-shape` name.
    """

    timezone: ZoneInfo
    default_region: str | None
    null_policy: str
    vendor: Mapping[str, Any]


def coercer(schema: Mapping[str, Any], wire: Wire) -> Coercer:
    """The coercer of one body field, by its documented schema; nested ones by theirs."""
    coerce = _MAKERS[wire_type(schema)](schema, wire)
    drop_nulls = wire.null_policy == "omit"
    if "x-shape" in schema:
        return coerce
    if "items" in schema:
        coerce = list_coercer(coercer(schema["items"], wire), coerce, drop_nulls=drop_nulls)
    if "properties" in schema:
        nested = {name: coercer(child, wire) for name, child in schema["properties"].items()}
        coerce = object_coercer(spellings(schema), nested, coerce, drop_nulls=drop_nulls)
    return coerce


def wire_type(schema: Mapping[str, Any]) -> str:
    """The field's `x-wire`, or what follows from its `type`."""
    if "x-wire" in schema:
        return str(schema["x-wire"])
    types = schema.get("type", ())
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    return _BY_TYPE.get(names[0], "json") if len(names) == 1 else "json"


_BY_TYPE = {"string": "text", "boolean": "boolean", "integer": "integer", "number": "number"}


def _make_text(schema: Mapping[str, Any], _wire: Wire) -> Coercer:
    if "format" not in schema:
        return to_text

    def address(value: Any) -> str | None:
        text = to_text(value)
        return text if text and not text.isspace() else None

    return address


def _make_boolean(_schema: Mapping[str, Any], _wire: Wire) -> Coercer:
    return to_boolean


def _make_number(_schema: Mapping[str, Any], _wire: Wire) -> Coercer:
    return to_number


def _make_integer(_schema: Mapping[str, Any], _wire: Wire) -> Coercer:
    return to_integer


def _moment_coercer(wanted: str, written: Callable[[str], str]) -> Coercer:
    """The coercer of moments in text; `written` reads one and gives it in the vendor's form."""

    def to_moment(value: Any) -> str | None:
        if not isinstance(value, str):
            raise _no_moment(value, wanted)
        if not value or value.isspace():
            return None
        try:
            return written(value)
        except NotAMoment as error:
            raise NotCoercible(f"{error}, wants {wanted}") from None

    return to_moment


def _no_moment(value: Any, wanted: str) -> NotCoercible:
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    hint = "use timestamp() for seconds since 1970" if number else ""
    return NotCoercible(f"is {a_kind_of(value)}, wants {wanted}", hint)


def _make_date(_schema: Mapping[str, Any], wire: Wire) -> Coercer:
    zone = wire.timezone
    return _moment_coercer("a date", lambda text: parse_moment(text, zone)[0].date().isoformat())


def _make_datetime(schema: Mapping[str, Any], wire: Wire) -> Coercer:
    zone, write = wire.timezone, _formatter(schema, wire, "%Y-%m-%dT%H:%M:%S%z")
    return _moment_coercer("a timestamp", lambda text: write(parse_moment(text, zone)[0]))


def _make_timestamp(_schema: Mapping[str, Any], wire: Wire) -> Coercer:
    zone = wire.timezone
    return _moment_coercer("a timestamp", lambda text: rfc_3339(parse_moment(text, zone)[0]))


def _make_time(schema: Mapping[str, Any], wire: Wire) -> Coercer:
    zone, write = wire.timezone, _formatter(schema, wire, "%H:%M:%S")
    return _moment_coercer("a time of day", lambda text: write(parse_time(text, zone)))


def _formatter(schema: Mapping[str, Any], wire: Wire, otherwise: str) -> Callable[[datetime], str]:
    return formatter(str(wire.vendor.get(schema.get("x-format", ""), otherwise)))


def _make_tags(_schema: Mapping[str, Any], _wire: Wire) -> Coercer:
    return to_tags


def _make_phone(schema: Mapping[str, Any], wire: Wire) -> Coercer:
    region, required = wire.default_region, bool(schema.get("x-e164"))

    def to_phone(value: Any) -> str | None:
        text = to_text(value)
        if not text or text.isspace():
            return None
        if region is None and not required and not text.lstrip().startswith("+"):
            return text
        return e164(text, region)

    return to_phone


def _make_json(schema: Mapping[str, Any], wire: Wire) -> Coercer:
    shape = wire.vendor.get(schema["x-shape"]) if "x-shape" in schema else None
    if shape == "list":
        return lambda value: [json_value(value)] if isinstance(value, dict) else json_value(value)
    if shape == "object":
        return lambda value: json_value(_unwrapped(value))
    return json_value


def _unwrapped(value: Any) -> Any:
    alone = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return value[0] if alone else value


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Wire], Coercer]] = {
    "text": _make_text,
    "boolean": _make_boolean,
    "number": _make_number,
    "integer": _make_integer,
    "date": _make_date,
    "datetime": _make_datetime,
    "timestamp": _make_timestamp,
    "time": _make_time,
    "tags": _make_tags,
    "phone": _make_phone,
    "json": _make_json,
    "object": _make_json,
}
