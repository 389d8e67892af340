"""Rules of jsonschema that know exact numbers, and its e-mail format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jsonschema import FormatChecker, ValidationError

from target_gleantap.exact_json.codec import number_text

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST = 400
"""Digits up to which a multiple is worked out; a longer number would cost memory."""


def is_integer(_checker: Any, instance: Any) -> bool:
    """Whether it is a whole number; `1.0` and `1e5` are, as in JSON Schema since draft 6."""
    if isinstance(instance, bool):
        return False
    if isinstance(instance, Decimal):
        # By its digits: arithmetic would round, or fill the memory for a huge exponent.
        _, digits, exponent = instance.as_tuple()
        return isinstance(exponent, int) and (exponent >= 0 or not any(digits[exponent:]))
    return isinstance(instance, int) or (isinstance(instance, float) and instance.is_integer())


EXACT_TYPES = {"integer": is_integer}


def multiple_of(
    _validator: Any, divisor: Any, instance: Any, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """`multipleOf` without the rounding of floats."""
    if isinstance(instance, bool) or not isinstance(instance, (int, float, Decimal)):
        return
    value = Decimal(number_text(instance))
    if abs(value.adjusted()) > _LONGEST:
        return
    if Fraction(value) % Fraction(number_text(divisor)):
        yield ValidationError("is not a multiple")


def _is_address(instance: object) -> bool:
    return not isinstance(instance, str) or _ADDRESS.fullmatch(instance) is not None


def address_checker() -> FormatChecker:
    """A checker that knows `email` only: one @, something on both sides, no space."""
    checker = FormatChecker(())
    checker.checks("email")(_is_address)
    return checker
