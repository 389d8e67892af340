import copy
import json
import pickle
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.exact_json.codec import ExactNumber, encode, parse_number

decoder = msgspec.json.Decoder(float_hook=parse_number)

number_texts = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True
).filter(lambda text: text != "-0")  # an integer, and so 0


@given(number_texts)
def test_a_number_keeps_its_exact_text_from_line_to_body(text: str) -> None:
    assert encode(decoder.decode(f'{{"n":{text}}}')) == f'{{"n":{text}}}'.encode()


@given(number_texts.filter(lambda text: not text.lstrip("-").isdigit()))
def test_the_fallback_reader_keeps_it_too(text: str) -> None:
    read = json.loads(f'{{"n":{text}}}', parse_float=parse_number)
    assert encode(read) == f'{{"n":{text}}}'.encode()


@pytest.mark.parametrize(
    ("text", "kind"), [("1.50", Decimal), ("1e5", ExactNumber), ("0.0000001", ExactNumber)]
)
def test_only_a_number_with_another_text_needs_its_own_type(text: str, kind: type) -> None:
    assert type(parse_number(text)) is kind
    assert str(parse_number(text)) == text


def test_an_exact_number_survives_copying_and_pickling() -> None:
    number = parse_number("1e5")
    copies = [copy.copy(number), copy.deepcopy(number), pickle.loads(pickle.dumps(number))]  # noqa: S301 - its own bytes
    assert [str(one) for one in copies] == ["1e5"] * 3
    assert number == 100_000


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        "canary\ud800",
        {"canary\ud800": 1},
        [{"deep": float("-inf")}],
        object(),
    ],
)
def test_what_json_cannot_hold_is_refused_without_its_value(value: object) -> None:
    with pytest.raises(ValueError, match=r"holds|nested") as refused:
        encode({"a": value})
    assert "canary" not in str(refused.value)
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_a_null_and_the_word_null_are_not_taken_for_a_nan() -> None:
    assert encode({"a": None, "b": "null NaN Infinity", "c": 1.5}) == (
        b'{"a":null,"b":"null NaN Infinity","c":1.5}'
    )


@pytest.mark.parametrize("text", ["1E99999999999999999999", "0e-99999999999999999999"])
def test_a_number_beyond_any_use_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="beyond any use"):
        parse_number(text)
