"""The functions of expressions: JMESPath's own, and ours beside them (see `functions_table`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from jmespath import functions

from target_gleantap.exact_json.codec import (
    encode_json,
    number_text,
    read_number,
    without_empty_fraction,
)
from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping.coercion.scalars import to_boolean

NUMBERS = ("Decimal", "ExactNumber")
"""Names of the types, beside int and float, that are numbers: JMESPath goes by type names."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EXACT_DIGITS = 30
_FURTHEST = 300_000_000_000
"""Seconds, beyond the year 9999: spares what is larger from becoming a huge integer."""


class FunctionError(ValueError):
    """A function of ours cannot take its arguments. The message holds no value."""


class Functions(functions.Functions):
    """JMESPath's functions with exact numbers, and ours."""

    @functions.signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @functions.signature({"types": ["string", "null"]})
    def _func_upper(self, text: str | None) -> str | None:
        return None if text is None else text.upper()

    @functions.signature({"types": ["string", "null"]})
    def _func_trim(self, text: str | None) -> str | None:
        return None if text is None else text.strip()

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        if not separator:
            raise FunctionError("split() got an empty separator")
        return None if text is None else text.split(separator)

    @functions.signature(
        {"types": ["string", "null"]}, {"types": ["string"]}, {"types": ["string"]}
    )
    def _func_replace(self, text: str | None, old: str, new: str) -> str | None:
        if not old:
            raise FunctionError("replace() got an empty text to replace")
        return None if text is None else text.replace(old, new)

    @functions.signature({"types": []})
    def _func_opposite(self, value: Any) -> bool | None:
        try:
            said = None if value is None else to_boolean(value)
        except NotCoercible:
            raise FunctionError("opposite() got what is no boolean") from None
        return None if said is None else not said

    @functions.signature({"types": [], "variadic": True})
    def _func_hash(self, *values: Any) -> str | None:
        if all(value is None for value in values):
            return None
        return hashlib.sha256(encode_json(_sorted(values))).hexdigest()[:32]

    @functions.signature({"types": ["number", "null"]})
    def _func_timestamp(self, seconds: Decimal | float | None) -> str | None:
        return None if seconds is None else _timestamp(Decimal(number_text(seconds)))

    @functions.signature({"types": ["number", "null"]})
    def _func_timestamp_ms(self, milliseconds: Decimal | float | None) -> str | None:
        if milliseconds is None:
            return None
        return _timestamp(Decimal(number_text(milliseconds)).scaleb(-3))

    # JMESPath's own, where they would change a number or not know it for one.

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str | None:
        # Null stays null: JMESPath's "null" would make an id of a value that is not there.
        if value is None or isinstance(value, str):
            return value
        return encode_json(_plain(value)).decode()

    @functions.signature({"types": []})
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, str):
            return read_number(value)
        known = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return value if known else None

    @functions.signature({"types": []})
    def _func_type(self, value: Any) -> str:
        return jmespath_type(type(value).__name__)

    @functions.signature({"types": ["number"]})
    def _func_abs(self, number: Any) -> Any:
        return number.copy_abs() if isinstance(number, Decimal) else abs(number)

    @functions.signature({"types": ["number"]})
    def _func_ceil(self, number: Any) -> Any:
        return _whole(number, ROUND_CEILING)

    @functions.signature({"types": ["number"]})
    def _func_floor(self, number: Any) -> Any:
        return _whole(number, ROUND_FLOOR)

    def _get_allowed_pytypes(self, types: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        # A method that the stubs leave out; tests/unit/mapping/test_functions.py pins it.
        allowed, subtypes = super()._get_allowed_pytypes(types)  # type: ignore[misc]
        more = NUMBERS if "float" in allowed else ()
        return [*allowed, *more], [
            (*names, *NUMBERS) if "float" in names else names for names in subtypes
        ]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return jmespath_type(pyobject)


def jmespath_type(name: str) -> str:
    """JMESPath's name for a Python type's name; names that are JMESPath's already stay."""
    return "number" if name in NUMBERS else functions.TYPES_MAP.get(name, name)


def _whole(number: Any, rounding: str) -> Any:
    exact = Decimal(number_text(number)).to_integral_value(rounding)
    # What is huge stays a Decimal: as an integer, 1E999999999 would fill the memory.
    return int(exact) if exact.adjusted() < _EXACT_DIGITS else exact


def _timestamp(seconds: Decimal) -> str:
    if abs(seconds) > _FURTHEST:
        raise FunctionError("timestamp() got a number beyond the year 9999")
    micros = int(seconds.scaleb(6).to_integral_value(ROUND_FLOOR))
    try:
        moment = _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise FunctionError("timestamp() got a number beyond the years 1 to 9999") from None
    return moment.isoformat().replace("+00:00", "Z")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    """A number without an empty fraction, since what is made of it may be an id; else as it is."""
    return without_empty_fraction(value) if isinstance(value, (float, Decimal)) else value
