"""Phone numbers to E.164."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from target_gleantap.mapping.json_values import NotCoercible

_NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{9}")
"""E.164 already: a possible number of the plan with the country code 1, whose area codes begin with
2 to 9. For other countries what may stand between `+` and the number differs too much."""


@lru_cache(maxsize=4096)
def e164(text: str, region: str | None) -> str:
    """The number in E.164, such as `+15550100123`.

    Raises:
        NotCoercible: Where the text is no possible phone number.
    """
    if _NORTH_AMERICAN.fullmatch(text):
        return text  # as below, in a twentieth of the time
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        hint = "" if region else "set default_region if numbers come without a country code"
        raise NotCoercible("is text that is no possible phone number, wants E.164", hint)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
