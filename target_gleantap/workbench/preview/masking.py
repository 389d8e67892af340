"""Values as their shape: what they look like, and not what they say. Pure."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from target_gleantap.mapping.shapes import Shape

LONGEST = 40
"""How much of a text's shape is shown."""


def masked(value: Any, known: AbstractSet[str] = frozenset()) -> Any:
    """The value with every letter made x and every digit 9; its type, and what is null, stay.

    Args:
        value: A JSON value.
        known: Texts that are no secret, such as those that stand in a mapping.
    """
    if isinstance(value, dict):
        return {showable(name): masked(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [masked(one, known) for one in value]
    if isinstance(value, str):
        return showable(value if value in known else _masked_text(value))
    if isinstance(value, bool) or value is None:
        return value
    return _masked_number(value)


def showable(value: Any) -> Any:
    """The value as JSON in UTF-8 can show it: taps write lone surrogates and NaN, too."""
    if isinstance(value, dict):
        return {showable(str(name)): showable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [showable(one) for one in value]
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="backslashreplace").decode()
    if isinstance(value, bool) or not isinstance(value, (float, Decimal)):
        return value
    return value if math.isfinite(value) else str(value)


def _masked_text(text: str) -> str:
    shape = "".join(
        "9" if letter.isdigit() else "x" if letter.isalpha() else letter
        for letter in text[:LONGEST]
    )
    return shape if len(text) <= LONGEST else f"{shape}…"


def _masked_number(value: float | Decimal) -> Any:
    if not math.isfinite(value):
        return str(value)
    text = _masked_text(str(value))
    if set(text) <= set("-9"):
        return int(text)
    return Decimal(text) if set(text) <= set("-9.") else 9


def constants(shape: Shape) -> set[str]:
    """The texts that stand in a mapping as they go out."""
    if shape.constant and not shape.parts and not shape.items:
        value = shape.read({})
        return {value} if isinstance(value, str) else set()
    below = (*shape.parts.values(), *shape.items)
    return set().union(*(constants(one) for one in below)) if below else set()
