"""Our functions, and JMESPath's where they meet exact numbers."""

from decimal import Decimal
from typing import Any

import pytest

from target_gleantap.exact_json.codec import parse_number
from target_gleantap.mapping.expressions.compile import (
    EVALUATION_ERRORS,
    compile_expression,
    evaluation_fault,
)
from target_gleantap.mapping.expressions.functions import Functions
from target_gleantap.mapping.expressions.functions_table import OURS, Function


def evaluate(text: str, record: dict[str, Any]) -> Any:
    expression, faults = compile_expression(text, "mappings[0].fields.x")
    assert faults == ()
    assert expression is not None
    return expression.read(record)


def fault(text: str, record: dict[str, Any]) -> str:
    expression, _ = compile_expression(text, "mappings[0].fields.x")
    assert expression is not None
    try:
        expression.read(record)
    except EVALUATION_ERRORS as error:
        return str(evaluation_fault(error, expression))
    pytest.fail("it was evaluated")


@pytest.mark.parametrize("function", OURS, ids=lambda one: one.signature)
def test_every_documented_example_is_true(function: Function) -> None:
    assert evaluate(function.expression, dict(function.record)) == function.result


def test_every_function_of_ours_is_documented() -> None:
    standard = set(Functions.__mro__[1].FUNCTION_TABLE)  # type: ignore[attr-defined] # jmespath's
    ours = set(Functions.FUNCTION_TABLE) - standard
    assert {function.signature.split("(")[0] for function in OURS} == ours


@pytest.mark.parametrize(
    "function", ["lower(x)", "upper(x)", "trim(x)", "split(x, ',')", "opposite(x)"]
)
def test_ours_take_null_to_null(function: str) -> None:
    assert evaluate(function, {}) is None
    assert evaluate("[hash(x, y), timestamp(x), timestamp_ms(x), replace(x, 'a', 'b')]", {}) == (
        [None] * 4
    )


@pytest.mark.parametrize("text", ["1.50", "1e5", "0.0000001", "1E400", "100"])
def test_to_string_gives_a_number_its_exact_text(text: str) -> None:
    number = int(text) if text.isdigit() else parse_number(text)
    assert evaluate("to_string(n)", {"n": number}) == text
    assert evaluate("to_string(@)", {"n": [number, True]}) == f'{{"n":[{text},true]}}'


def test_an_id_is_the_same_whether_the_tap_writes_17_or_17_0() -> None:
    """pandas makes floats of a column's integers as soon as one is missing."""
    for expression in ("to_string(id)", "join('-', ['visit', to_string(id)])", "hash(id, day)"):
        both = [evaluate(expression, {"id": one, "day": "x"}) for one in (17, parse_number("17.0"))]
        assert both[0] == both[1]


def test_to_string_leaves_null_alone_so_that_no_id_is_made_of_it() -> None:
    assert evaluate("to_string(n)", {}) is None
    assert fault("join('-', ['visit', to_string(n)])", {}) == (
        "mappings[0].fields.x: join() got null, wants array-string "
        "(in the expression `join('-', ['visit', to_string(n)])`)"
    )


def test_exact_numbers_are_numbers_to_jmespath() -> None:
    """Pins `_get_allowed_pytypes` and `_convert_to_jmespath_type` of jmespath."""
    record = {"n": [Decimal("1.5"), parse_number("1e1"), 2], "o": [{"k": parse_number("2e0")}]}
    assert evaluate("max(n)", record) == 10
    assert evaluate("sum(n)", record) == Decimal("13.5")
    assert evaluate("sort(n)[0]", record) == Decimal("1.5")
    assert evaluate("max_by(o, &k).k", record) == 2
    assert evaluate("sort_by(o, &k)[0].k", record) == 2
    assert evaluate("[type(n[0]), type(n[1]), type(n), type(zzz)]", record) == (
        ["number", "number", "array", "null"]
    )
    assert evaluate("n[?@ > `1.75`]", record) == [10, 2]
    assert evaluate("[ceil(n[0]), floor(n[0]), abs(n[0])]", record) == [2, 1, Decimal("1.5")]


@pytest.mark.parametrize(("value", "opposite"), [(True, False), (0, True), ("n", True), ("", None)])
def test_the_opposite_of_a_boolean(value: Any, opposite: bool | None) -> None:
    assert evaluate("opposite(x)", {"x": value}) is opposite


def test_to_number_is_exact() -> None:
    assert str(evaluate("to_number(x)", {"x": " 1.50 "})) == "1.50"
    assert evaluate("to_number(x)", {"x": "nan"}) is None
    assert evaluate("to_number(x)", {"x": "1_000"}) is None
    assert evaluate("to_number(x)", {"x": True}) is None


def test_huge_numbers_do_not_fill_the_memory() -> None:
    record = {"n": parse_number("1E999999")}
    assert evaluate("ceil(n) == n", record) is True
    assert "beyond" in fault("timestamp(n)", record)
    assert "beyond" in fault("timestamp_ms(n)", record)


def test_the_hash_is_stable_and_tells_numbers_from_texts() -> None:
    assert evaluate("hash(@)", {"b": 1, "a": 2}) == evaluate("hash(@)", {"a": 2, "b": 1})
    assert evaluate("hash(x)", {"x": 1}) != evaluate("hash(x)", {"x": "1"})
    assert evaluate("hash(x, y)", {"x": 1}) != evaluate("hash(y, x)", {"x": 1})


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("lower(x)", {"x": 731}),
        ("split(x, '')", {"x": "canary"}),
        ("replace(x, '', 'y')", {"x": "canary"}),
        ("x < y", {"x": "canary", "y": 1}),
        ("join(',', x)", {"x": ["canary", 731]}),
        ("sort(x)", {"x": ["canary", 731]}),
        ("max_by(x, &k)", {"x": [{"k": ["canary"]}]}),
        ("hash(x)", {"x": "canary\ud800"}),
        ("length(x)", {"x": 731}),
        ("opposite(x)", {"x": "canary"}),
    ],
)
def test_a_fault_at_run_time_names_types_and_never_values(
    text: str, record: dict[str, Any]
) -> None:
    said = fault(text, record)
    assert said.startswith("mappings[0].fields.x: ")
    assert "canary" not in said
    assert "731" not in said
