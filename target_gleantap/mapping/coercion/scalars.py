"""Scalars to wire types that need no setting: text, booleans, numbers, tags."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from target_gleantap.exact_json.codec import number_text, read_number, without_empty_fraction
from target_gleantap.exact_json.values import NotCoercible, a_kind_of, valid_text

_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def to_text(value: Any) -> str:
    """Text as it is, numbers in their exact text; `17.0` is `17`."""
    if type(value) is str:
        return value if value.isascii() else valid_text(value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _number_text(value, plain=True)
    hint = ""
    if isinstance(value, bool):
        hint = "choose the words in the expression, such as `flag && 'yes' || 'no'`"
    raise NotCoercible(f"is {a_kind_of(value)}, wants text", hint)


def _number_text(value: float | Decimal, *, plain: bool = False) -> str:
    try:
        return number_text(without_empty_fraction(value) if plain else value)
    except ValueError as error:
        raise NotCoercible(f"is {error}", rule="json") from None


def to_boolean(value: Any) -> bool | None:
    """true/false, 1/0, and the words for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if not word:
            return None
        if word in _BOOLEANS:
            return _BOOLEANS[word]
    elif isinstance(value, (int, float, Decimal)) and value in (0, 1):
        return bool(value)
    raise NotCoercible(f"is {a_kind_of(value)} that is no boolean, wants true or false")


def to_number(value: Any) -> int | float | Decimal | None:
    """Numbers as they are, and texts that are exactly a number."""
    if isinstance(value, str):
        if not value or value.isspace():
            return None
        number = read_number(value)
        if number is not None:
            return number
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        _number_text(value)
        return value
    raise NotCoercible(f"is {a_kind_of(value)}, wants a number")


def to_integer(value: Any) -> int | None:
    """The same for whole numbers."""
    number = to_number(value)
    if number is None or isinstance(number, int):
        return number
    exact = Decimal(number_text(number))
    if exact.adjusted() < _LONGEST and exact == exact.to_integral_value():
        return int(exact)
    raise NotCoercible(f"is {a_kind_of(value)} that is not whole, wants an integer")


_LONGEST = 25
"""Digits of an integer that is written with a fraction or an exponent."""


def to_tags(value: Any) -> str | None:
    """A list of texts and numbers, joined by commas; a text as it is."""
    if not isinstance(value, list):
        return to_text(value)
    tags = [to_text(tag) for tag in value if tag is not None]
    if any("," in tag for tag in tags):
        hint = "the vendor documents no way to write one; replace it in the expression"
        raise NotCoercible("is a list with a tag that holds a comma", hint)
    return ",".join(tag for tag in tags if tag) or None
