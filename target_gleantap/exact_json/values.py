"""JSON values: their names, and whether JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from target_gleantap.exact_json.codec import ExactNumber


class NotCoercible(Exception):
    """A value does not fit its body field.

    Attributes:
        message: What was found and what is wanted, never the value.
        hint: What to do, or empty.
        rule: The fault's rule.
    """

    def __init__(self, message: str, hint: str = "", rule: str = "coercion") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.rule = rule


def kind_of(value: Any) -> str:
    """What JSON calls the value's type (text for a string)."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float, Decimal)):
        return "number"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    return "null" if value is None else "value of an unknown type"


def a_kind_of(value: Any) -> str:
    """The same with its article: `a list`, `an object`, `text`."""
    kind = kind_of(value)
    return kind if kind in ("text", "null") else with_article(kind)


def with_article(noun: str) -> str:
    """The noun after `a` or `an`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def valid_text(text: str) -> str:
    """The text itself.

    Raises:
        NotCoercible: Where UTF-8 cannot hold it.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotCoercible("is not valid Unicode (a lone surrogate)", rule="json") from None
    return text


def json_value(value: Any) -> Any:
    """The value itself.

    Raises:
        NotCoercible: Where JSON cannot hold it or something in it.
    """
    try:
        _check(value)
    except RecursionError:
        raise NotCoercible("is nested too deeply", rule="json") from None
    return value


def _check(value: Any) -> None:
    check = _CHECKS.get(type(value))
    if check is None:
        raise NotCoercible("holds a value that JSON does not know", rule="json")
    check(value)


def _check_dict(value: dict[Any, Any]) -> None:
    for key, child in value.items():
        if not isinstance(key, str):
            raise NotCoercible("holds a key that is not text", rule="json")
        valid_text(key)
        _check(child)


def _check_list(value: list[Any]) -> None:
    for child in value:
        _check(child)


def _check_number(value: float | Decimal) -> None:
    if not math.isfinite(value):
        raise NotCoercible("holds a number that is not finite", rule="json")


def _fine(_value: Any) -> None:
    pass


_CHECKS: dict[type, Callable[[Any], Any]] = {
    str: valid_text,
    dict: _check_dict,
    list: _check_list,
    float: _check_number,
    Decimal: _check_number,
    ExactNumber: _check_number,
    int: _fine,
    bool: _fine,
    type(None): _fine,
}
