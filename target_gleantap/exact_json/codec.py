"""Numbers that keep their exact text, and the JSON bytes of a body."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from target_gleantap.model import Body

if TYPE_CHECKING:
    from typing_extensions import Self


_LONGEST = 400
"""Digits up to which a number written with an empty fraction is taken for the whole one."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class ExactNumber(Decimal):
    """A number whose JSON text is not what `str(Decimal)` gives: `1e5`, `0.0000001`."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        """Keep the text beside the value."""
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __str__(self) -> str:
        """Give the text as it was read."""
        return self.text

    def __copy__(self) -> ExactNumber:
        """Give itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ExactNumber:
        """Give itself: it never changes."""
        return self

    def __reduce__(self) -> tuple[type[ExactNumber], tuple[str]]:
        """Pickle by the text."""
        return (ExactNumber, (self.text,))


def parse_number(text: str) -> Decimal:
    """Read a JSON number that is no integer; the `float_hook` of decoders.

    Raises:
        ValueError: For an exponent of more than eighteen digits.
    """
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError("a number with an exponent beyond any use") from None
    return number if str(number) == text else ExactNumber(text)


def number_text(number: float | Decimal) -> str:
    """The exact text of a number.

    Raises:
        ValueError: For what JSON has no text for: NaN, the infinities, and integers beyond
            Python's own limit of digits.
    """
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise ValueError("not a finite number")
        return str(number)
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ValueError("not a finite number")
        return repr(number)
    try:
        return str(number)
    except ValueError:
        raise ValueError("an integer of too many digits") from None


def without_empty_fraction(number: float | Decimal) -> float | Decimal:
    """`17` for `17.0`, and any other number as it is.

    They are one number (RFC 8259, JSON Schema), but two texts, and so two people where the text is
    an id: and a tap writes ids so as soon as one of a column is missing (pandas).

    Raises:
        ValueError: As `number_text` does.
    """
    if isinstance(number, int):
        return number
    whole, point, fraction = number_text(number).partition(".")
    if point and not fraction.strip("0") and len(whole) <= _LONGEST:
        return int(whole)
    return number


def read_number(text: str) -> int | Decimal | None:
    """The number that a text is, exactly; None where it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text) if text.lstrip("-").isdigit() else parse_number(text)
    except (ValueError, ArithmeticError):  # more digits than Python takes
        return None


def _raw(value: Any) -> Any:
    if isinstance(value, ExactNumber):
        return msgspec.Raw(value.text.encode())
    raise TypeError


_encode = msgspec.json.Encoder(enc_hook=_raw, decimal_format="number").encode
_encode_in_order = msgspec.json.Encoder(
    enc_hook=_raw, decimal_format="number", order="sorted"
).encode


def encode(body: Body) -> bytes:
    """The JSON bytes of a wire body: compact UTF-8, numbers with their exact text.

    Raises:
        ValueError: For what JSON cannot hold (NaN, the infinities, a lone surrogate, a type
            that is not JSON's). The message holds no value.
    """
    return encode_json(body)


def encode_canonical(body: Body) -> bytes:
    """The same with the members of objects in the order of their names, to be compared.

    Raises:
        ValueError: As `encode` does.
    """
    return _checked(_encode_in_order, body)


def encode_json(value: Any) -> bytes:
    """The same for any JSON value.

    Raises:
        ValueError: As `encode` does.
    """
    return _checked(_encode, value)


_decode = msgspec.json.Decoder(float_hook=parse_number).decode


def decode_json(text: bytes) -> Any:
    """Read JSON text, numbers exactly; also what strict readers refuse and taps send.

    That is lone surrogates, NaN and the infinities.

    Raises:
        json.JSONDecodeError: For what is no JSON.
        UnicodeDecodeError: For what is not UTF-8.
        ValueError: For an integer of more digits than Python converts
            (sys.set_int_max_str_digits).
        RecursionError: For what is nested too deeply.
    """
    try:
        return _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return json.loads(text, parse_float=parse_number)


def _checked(encode: Callable[[Any], bytes], value: Any) -> bytes:
    try:
        data = encode(value)
    except UnicodeEncodeError:
        raise ValueError("holds text that is not valid Unicode (a lone surrogate)") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except (TypeError, ValueError, OverflowError):
        raise ValueError("holds a value that JSON does not know") from None
    if (b"null" in data or b"NaN" in data or b"Inf" in data) and not _finite(value):
        # msgspec writes a NaN as null, which would pass for a missing value.
        raise ValueError("holds a number that is not finite")
    return data


def _finite(value: Any) -> bool:
    if isinstance(value, (float, Decimal)):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_finite, value))
    return True
