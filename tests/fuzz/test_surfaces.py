"""Whatever comes in from outside, a line, a mapping, a value, an answer, leads to a stated end."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from surfaces import SURFACES

SEEDS = sorted(path for path in (Path(__file__).parent / "seeds").glob("*/*") if path.is_file())

# Surrogates included: JSON can say them, and taps and vendors do.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
NUMBERS = st.integers() | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.datetimes().map(str) | st.emails(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = ("status", "result", "_id", "id", "data", "errors", "source", "pointer", "attributes")
WORDS = st.sampled_from(["success", "complete", "queued", "/data/attributes/email", "01H", ""])
ANSWERS = st.recursive(
    st.booleans() | NUMBERS | WORDS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KEYS, "detail", "failed_count", "links", "next"]), inner
        )
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(["a", "b.c", "@", "*", "a[0]", "a[]", "`1.50`", "'x'", "c[?a > b]", "$"])
CALLS = st.sampled_from(
    ["upper({})", "join('-', [{}, {}])", "not_null({}, a)", "timestamp({})", "sort_by({}, &a)",
     "{} || {}", "!{}", "{{a: {}}}", "replace({}, {}, {})", "split({}, ',')", "to_number({})"]
)  # fmt: skip
EXPRESSIONS = st.recursive(
    NAMES,
    lambda inner: st.builds(lambda call, one: call.replace("{}", one), CALLS, inner),
    max_leaves=4,
)
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_hard_to_take_once_is_taken(seed: Path) -> None:
    """Every seed of the fuzzer, and every input that it ever found."""
    SURFACES[seed.parent.name](seed.read_bytes())


@relaxed
@given(st.lists(st.dictionaries(TEXTS, VALUES) | VALUES, max_size=3), st.binary(max_size=20))
def test_a_line_is_read_as_it_stands_or_refused(messages: list[object], rubbish: bytes) -> None:
    kinds = ("RECORD", "SCHEMA", "STATE", "OTHER")
    lines = [
        written({"type": kinds[place % 4], **one} if isinstance(one, dict) else one)
        for place, one in enumerate(messages)
    ]
    SURFACES["reading"](b"\n".join([*lines, rubbish]))


@relaxed
@given(EXPRESSIONS, EXPRESSIONS | st.just(""), st.fixed_dictionaries({}, optional={"a": VALUES,
    "b": st.dictionaries(st.just("c"), VALUES), "c": st.lists(VALUES, max_size=3)}))  # fmt: skip
def test_a_mapping_gives_a_body_or_says_why_not(
    expression: str, where: str, record: dict[str, object]
) -> None:
    SURFACES["mapping"](f"{expression}\n{where}\n{json.dumps(record)}".encode())


@relaxed
@given(st.integers(0, 200), VALUES)
def test_a_value_becomes_the_wire_type_or_a_fault_that_does_not_tell_it(
    field: int, value: object
) -> None:
    SURFACES["coercion"](b"%d\n%s" % (field, written(value)))


@relaxed
@given(
    st.integers(0, 20),
    st.sampled_from([200, 201, 202, 204, 400, 409, 422]),
    st.lists(ANSWERS, min_size=1, max_size=3),
)
def test_an_answer_has_a_meaning_that_tells_nothing(
    resource: int, status: int, answers: list[object]
) -> None:
    said = b"\n".join(map(written, answers))
    SURFACES["answers"](b"%d %d\n%s" % (resource, status, said))


@given(st.lists(st.floats().map(str) | st.datetimes().map(str) | TEXTS, max_size=4))
def test_what_headers_ask_for_is_bounded_or_left_out(texts: list[str]) -> None:
    SURFACES["headers"]("\n".join(texts).encode("latin-1", "replace"))
