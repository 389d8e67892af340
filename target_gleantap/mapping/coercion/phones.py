"""Phone numbers to E.164."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from target_gleantap.exact_json.values import NotCoercible

_WRITTEN_SO = re.compile(r"\+[1-9]\d{4,14}", re.ASCII)
_LONGEST_CODE = 3
"""Digits of a country's calling code."""


def e164(text: str, region: str | None) -> str:
    """The number in E.164, such as `+15550100123`.

    Raises:
        NotCoercible: Where the text is no possible phone number.
    """
    return text if _is_e164(text) else _read(text, region)


@lru_cache(maxsize=4096)
def _read(text: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        hint = "" if region else "set default_region if numbers come without a country code"
        raise NotCoercible("is text that is no possible phone number, wants E.164", hint)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_e164(text: str) -> bool:
    """Whether phonenumbers would certainly give the text itself; False where it must be asked.

    Most numbers are written so already, and asking costs more than all else that is mapped.
    """
    if not _WRITTEN_SO.fullmatch(text):
        return False
    for length in range(1, _LONGEST_CODE + 1):
        plan = _plan(text[1 : 1 + length])
        if plan is not None:
            rest = text[1 + length :]
            return len(rest) in plan.lengths and not plan.prefix(rest)
    return False


@dataclass(frozen=True, slots=True)
class _Plan:
    """What phonenumbers knows of a calling code's numbers.

    Attributes:
        lengths: How many digits a possible number has after the calling code.
        prefix: Finds a prefix that is dialled within the country, and would be taken off.
    """

    lengths: frozenset[int]
    prefix: Callable[[str], Any]


@cache
def _plan(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    if not regions:
        return None
    known = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if known is None or known.general_desc is None:
        return None
    lengths = frozenset(known.general_desc.possible_length)
    prefix = known.national_prefix_for_parsing
    return _Plan(lengths, re.compile(prefix).match if prefix else _none)


def _none(_rest: str) -> None:
    """There is no prefix to take off."""
