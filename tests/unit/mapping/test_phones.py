"""The short way to E.164 says what the long one says."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from target_gleantap.mapping.json_values import NotCoercible
from target_gleantap.mapping.phones import e164


def long_way(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@hypothesis_settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.from_regex(r"\A\+1[0-9]{9,11}\Z"), st.from_regex(r"\A\+1[2-9][0-9]{9}\Z")),
    st.sampled_from([None, "US", "CA", "BB", "GB"]),
)
def test_north_american_numbers(text, region):
    expected = long_way(text, region)
    if expected is None:
        with pytest.raises(NotCoercible):
            e164(text, region)
    else:
        assert e164(text, region) == expected
