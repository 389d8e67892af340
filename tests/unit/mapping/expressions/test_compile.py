import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.mapping.expressions.compile import compile_expression

keys = st.sampled_from(["a", "b", "_c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(keys, min_size=1, max_size=4), st.dictionaries(keys, values))
def test_plain_paths_give_what_jmespath_gives(names: list[str], record: dict[str, object]) -> None:
    text = ".".join(names)
    expression, _ = compile_expression(text, "")
    assert expression is not None
    assert expression.read(record) == jmespath.search(text, record)


@given(st.text())
def test_any_text_compiles_or_is_a_fault(text: str) -> None:
    expression, faults = compile_expression(text, "here")
    assert (expression is None) == bool(faults)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is an empty expression"),
        ("a b", "is no JMESPath expression: wrong at column 3"),
        ("a.", "is no JMESPath expression: it ends too early"),
        ("'open", "is no JMESPath expression: wrong at column 1"),
        ("lowr(a)", "unknown function lowr()"),
        ("lower(a, b)", "lower() takes 1 arguments, here it has 2"),
        ("not_null()", "not_null() takes at least 1 arguments, here it has 0"),
        ("a[?lowr(b)].c", "unknown function lowr()"),
        ("{x: lowr(b)}", "unknown function lowr()"),
        ("map(&lowr(b), a[1:2])", "unknown function lowr()"),
    ],
)
def test_what_is_wrong_is_found_before_any_record(text: str, message: str) -> None:
    expression, faults = compile_expression(text, "mappings[0].where")
    assert expression is None
    assert [fault.message for fault in faults] == [message]
    assert faults[0].path == "mappings[0].where"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("status = 'active'", "equal is written =="),
        ("age > 18", "a number stands in backticks"),
        ("age == -1", "a number stands in backticks"),
        ("e-mail", "stands in double quotes"),
        ("contact.größe", "stands in double quotes"),
        ("status != 'active", "a fixed text stands in quotes within quotes"),
        ("age >= `18` &&", "a fixed text stands in quotes within quotes"),
    ],
)
def test_a_frequent_slip_is_told_by_what_is_right(text: str, hint: str) -> None:
    _, (fault,) = compile_expression(text, "mappings[0].where")
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("text", "value"), [("'x'", "x"), ("`1.50`", "1.50"), ('`{"a": 1e5}`', "{'a': 1e5}")]
)
def test_literals_are_constant_and_keep_the_text_of_numbers(text: str, value: str) -> None:
    expression, _ = compile_expression(text, "")
    assert expression is not None
    assert expression.constant
    assert str(expression.read({})).replace("ExactNumber('", "").replace("')", "") == value or (
        str(expression.read({})["a"]) == "1e5"
    )


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a.b", {"a", "a.b"}),
        ("not_null(a.b, c)", {"a", "a.b", "c"}),
        ("a[0].b", {"a", "a.[].b"}),
        ("a[].b", {"a"}),
        ("a[*].b", {"a", "a.[].b"}),
        ("a[1:2].b", {"a", "a.[].b"}),
        ("a[?b == 'x'].c", {"a", "a.[].b", "a.[].c"}),
        ("a.*.b", {"a"}),
        ("a | b", {"a", "a.b"}),
        ("a.[b, c]", {"a", "a.b", "a.c"}),
        ("{x: a, y: b || !c}", {"a", "b", "c"}),
        ("map(&b, a)", {"a"}),
        ("(a || b).c", {"a", "b"}),
        ("@.a", {"a"}),
        ("'x'", set()),
    ],
)
def test_the_source_fields_of_an_expression_are_known(text: str, paths: set[str]) -> None:
    expression, _ = compile_expression(text, "")
    assert expression is not None
    assert {".".join(path) for path in expression.sources} == paths
