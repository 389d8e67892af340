"""What is written as E.164 already comes out as phonenumbers would have it, only sooner."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping.coercion.phones import e164

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
NUMBERS = st.builds(
    "+{}{}".format,
    st.sampled_from(CODES) | st.integers(1, 999),
    st.text("0123456789", min_size=1, max_size=15),
)


def as_phonenumbers_has_it(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(NUMBERS, st.sampled_from([None, "US", "IT", "BR"]))
@example("+390612345678", None)  # a zero that belongs to the number
@example("+4401212345678", None)  # one that does not
@example("+5491112345678", "BR")
@example("+80012345678", None)
def test_a_number_in_e164_is_what_phonenumbers_makes_of_it(text: str, region: str | None) -> None:
    wanted = as_phonenumbers_has_it(text, region)
    if wanted is None:
        with pytest.raises(NotCoercible):
            e164(text, region)
    else:
        assert e164(text, region) == wanted


@pytest.mark.parametrize("code", CODES)
def test_an_example_of_every_calling_code_comes_out_as_phonenumbers_has_it(code: int) -> None:
    regions = [one for one in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code] if one != "001"]
    for region in regions:
        number = phonenumbers.example_number(region)
        if number is not None:
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert e164(text, None) == as_phonenumbers_has_it(text, None) == text
