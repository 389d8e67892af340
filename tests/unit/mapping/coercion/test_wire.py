"""Every wire type: what is taken, what is a fault, and that nothing else happens."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.destinations import load, names
from target_gleantap.exact_json.codec import encode, number_text, parse_number
from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping import Wire
from target_gleantap.mapping.coercion.wire import coercer, wire_type

BERLIN = Wire(
    ZoneInfo("Europe/Berlin"),
    None,
    "omit",
    {"clock": "%I:%M %p", "stamp": "%Y-%m-%d %H:%M:%S", "shape": "object", "listed": "list"},
)
US = Wire(ZoneInfo("UTC"), "US", "omit", {})


def coerce(kind: str, value: Any, wire: Wire = BERLIN, **schema: Any) -> Any:
    return coercer({"x-wire": kind, **schema}, wire)(value)


def fault(kind: str, value: Any, wire: Wire = BERLIN, **schema: Any) -> str:
    with pytest.raises(NotCoercible) as raised:
        coerce(kind, value, wire, **schema)
    return (
        f"{raised.value.message} ({raised.value.hint})" if raised.value.hint else str(raised.value)
    )


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": ["object", "array"]}, "json"),
        ({}, "json"),
        ({"type": "string", "x-wire": "tags"}, "tags"),
    ],
)
def test_the_wire_type_follows_from_the_type_where_nothing_says_it(
    schema: dict[str, Any], kind: str
) -> None:
    assert wire_type(schema) == kind


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  as it is ", "  as it is "),
        ("", ""),
        ("007", "007"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        (parse_number("1e5"), "1e5"),
        (10**30, "1" + "0" * 30),
        (1.5, "1.5"),
        # The same contact as 17: a tap writes ids so as soon as one of a column is missing.
        (Decimal("17.0"), "17"),
        (17.0, "17"),
        (Decimal("-0.00"), "0"),
        (Decimal("17.01"), "17.01"),
        (Decimal("9" * 500 + ".0"), "9" * 500 + ".0"),
    ],
)
def test_text(value: Any, text: str) -> None:
    assert coerce("text", value) == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "is a boolean, wants text (choose the words in the expression, such as "),
        ([1], "is a list, wants text"),
        ({"a": 1}, "is an object, wants text"),
        (float("nan"), "is not a finite number"),
        ("canary\ud800", "is not valid Unicode (a lone surrogate)"),
    ],
)
def test_what_is_no_text(value: Any, message: str) -> None:
    assert fault("text", value).startswith(message)


@pytest.mark.parametrize("value", [True, 1, "1", " Yes ", "y", "TRUE", "on", "t", Decimal("1.0")])
def test_true(value: Any) -> None:
    assert coerce("boolean", value) is True


@pytest.mark.parametrize("value", [False, 0, "0", "no", "N", "false", "Off ", "f", Decimal(0)])
def test_false(value: Any) -> None:
    assert coerce("boolean", value) is False


@pytest.mark.parametrize("value", [2, -1, "2", "maybe", [True], {}, "ja", "truee"])
def test_what_is_no_boolean(value: Any) -> None:
    assert fault("boolean", value).endswith("wants true or false")


@pytest.mark.parametrize("kind", ["boolean", "date", "datetime", "time", "phone", "number"])
@pytest.mark.parametrize("value", ["", "  ", "\t"])
def test_an_empty_text_counts_as_missing(kind: str, value: str) -> None:
    assert coerce(kind, value) is None


def test_an_empty_address_counts_as_missing_too() -> None:
    assert coerce("text", " ", format="email") is None
    assert coerce("text", "ann@example.com", format="email") == "ann@example.com"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2024-02-29T23:30:00Z", "2024-03-01"),  # already the next day in Berlin
        ("2024-02-29T23:30:00", "2024-02-29"),
        ("2024-02-29 23:30", "2024-02-29"),
        ("0999-01-01", "0999-01-01"),
        (" 2024-02-29 ", "2024-02-29"),
    ],
)
def test_date(value: str, day: str) -> None:
    assert coerce("date", value) == day


@pytest.mark.parametrize(
    ("value", "stamp"),
    [
        ("2024-06-01", "2024-06-01 00:00:00"),
        ("2024-06-01T10:20:30.123456789Z", "2024-06-01 12:20:30"),
        ("2024-06-01t10:20:30z", "2024-06-01 12:20:30"),
        ("2024-06-01 10:20:30+0000", "2024-06-01 12:20:30"),
        ("2024-06-01 10:20:30+00", "2024-06-01 12:20:30"),
        ("2024-06-01 10:20:30 -05:30", "2024-06-01 17:50:30"),
        ("2024-01-01T10:20:30+00:00", "2024-01-01 11:20:30"),
        ("2024-06-01T10:20:30", "2024-06-01 10:20:30"),
        ("2024-06-01T10:20:30,5", "2024-06-01 10:20:30"),
    ],
)
def test_datetime(value: str, stamp: str) -> None:
    assert coerce("datetime", value, **{"x-format": "stamp"}) == stamp


def test_a_timestamp_is_rfc_3339_in_the_zone_that_is_set() -> None:
    assert coerce("timestamp", "2024-06-01T10:20:30.5Z") == "2024-06-01T12:20:30+02:00"
    assert coerce("timestamp", "2024-06-01") == "2024-06-01T00:00:00+02:00"
    assert coerce("timestamp", "1890-01-01T00:00:28") == "1890-01-01T00:00:00+00:53"
    assert coerce("timestamp", " ") is None
    assert (
        fault("timestamp", "2024-02-30")
        == "is a date or time that does not exist, wants a timestamp"
    )


@pytest.mark.parametrize("destination", names())
def test_every_wire_type_of_the_contracts_is_known(destination: str) -> None:
    for resource in load(destination).resources.values():
        for schema in resource.schema.get("properties", {}).values():
            assert callable(coercer(schema, BERLIN))


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        ("2024-06-01T00:00:00", "12:00 AM"),
        ("2024-06-01T12:00:00", "12:00 PM"),
        ("2024-06-01T16:29:10Z", "06:29 PM"),
        ("00:05", "12:05 AM"),
        ("12:05:59", "12:05 PM"),
        ("12:05 am", "12:05 AM"),
        ("4:29 PM", "04:29 PM"),
        ("04:29pm", "04:29 PM"),
        ("4:29 p.m.", "04:29 PM"),
        ("16:29:10.250", "04:29 PM"),
    ],
)
def test_time(value: str, clock: str) -> None:
    assert coerce("time", value, **{"x-format": "clock"}) == clock


def test_a_pattern_with_a_zone_gives_the_zone() -> None:
    wire = Wire(ZoneInfo("Europe/Berlin"), None, "omit", {"stamp": "%Y-%m-%dT%H:%M:%S%z"})
    stamped = coerce("datetime", "2024-06-01T10:00:00Z", wire, **{"x-format": "stamp"})
    assert stamped == "2024-06-01T12:00:00+0200"
    assert coerce("datetime", "2024-06-01", wire, **{"x-format": "stamp"}).endswith("+0200")


@pytest.mark.parametrize("kind", ["date", "datetime", "time"])
@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "2024-13-01",
        "10000-01-01",
        "0000-01-01",
        "2024-01-01T24:00:00",
        "2024-01-01T10:00:00+25:00",
        "2024-01-01T10:00:00+01:75",
        "01/02/2024",
        "20240102",
        "canary",
        "2024-W01-1",
        "١٢:٣٠",
        1706716800,
        Decimal("1.5"),
        True,
        ["2024-01-01"],
        {"canary": 1},
    ],
)
def test_what_is_no_moment(kind: str, value: Any) -> None:
    said = fault(kind, value)
    assert "wants a" in said
    assert "canary" not in said
    assert "2024" not in said


def test_the_ends_of_time_do_not_overflow() -> None:
    assert "does not exist" in fault("datetime", "9999-12-31T23:59:59Z")
    assert "does not exist" in fault("date", "0001-01-01T00:00:00+14:00")


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("time", "2024-01-01", "is a date without a time"),
        ("time", "25:00", "is a time that does not exist"),
        ("time", "13:00 PM", "is a time that does not exist"),
        ("date", "10:00", "is not an ISO 8601 date or timestamp"),
        ("date", 7, "is a number, wants a date (use timestamp() for seconds since 1970)"),
    ],
)
def test_a_fault_of_a_moment_says_which(kind: str, value: Any, message: str) -> None:
    assert fault(kind, value).startswith(message)


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (["yoga", "spin"], "yoga,spin"),
        (["yoga", None, 7, Decimal("1.50")], "yoga,7,1.50"),
        ("yoga, spin", "yoga, spin"),
        (7, "7"),
        ([], None),
        ([None, ""], None),
        ("", ""),
    ],
)
def test_tags(value: Any, tags: str | None) -> None:
    assert coerce("tags", value) == tags


@pytest.mark.parametrize("value", [["a,b"], [["a"]], [{"a": 1}], [True], {"a": 1}, True])
def test_what_are_no_tags(value: Any) -> None:
    assert fault("tags", value)


@pytest.mark.parametrize(
    ("value", "wire", "phone"),
    [
        ("(555) 555-0123", BERLIN, "(555) 555-0123"),  # no rule is documented, none is made up
        ("+1 (555) 555-0123", BERLIN, "+15555550123"),
        ("(555) 555-0123", US, "+15555550123"),
        ("+49 30 5550123", US, "+49305550123"),
        (5555550123, US, "+15555550123"),
    ],
)
def test_phone(value: Any, wire: Wire, phone: str) -> None:
    assert coerce("phone", value, wire) == phone


@pytest.mark.parametrize(
    ("value", "wire", "schema"),
    [
        ("canary", US, {}),
        ("12", US, {}),
        ("+", BERLIN, {}),
        ("+1 canary", BERLIN, {}),
        ("5" * 300, US, {}),
        ("555 555 0123", BERLIN, {"x-e164": True}),
        (True, US, {}),
        ([1], US, {}),
    ],
)
def test_what_is_no_phone(value: Any, wire: Wire, schema: dict[str, Any]) -> None:
    assert "canary" not in fault("phone", value, wire, **schema)


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("integer", 7, "7"),
        ("integer", " 7 ", "7"),
        ("integer", Decimal("7.0"), "7"),
        ("integer", parse_number("1e2"), "100"),
        ("integer", "18446744073709551617", "18446744073709551617"),
        ("number", "1.50", "1.50"),
        ("number", parse_number("1e5"), "1e5"),
        ("number", -3, "-3"),
    ],
)
def test_numbers(kind: str, value: Any, number: str) -> None:
    assert number_text(coerce(kind, value)) == number


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", Decimal("7.5")),
        ("integer", "7.5"),
        ("integer", parse_number("1E999999")),
        ("integer", True),
        ("number", "canary"),
        ("number", "1,5"),
        ("number", "0x10"),
        ("number", "inf"),
        ("number", float("inf")),
        ("number", [1]),
        ("number", False),
    ],
)
def test_what_is_no_number(kind: str, value: Any) -> None:
    assert "canary" not in fault(kind, value)


@pytest.mark.parametrize(
    ("shape", "value", "sent"),
    [
        ("shape", {"a": 1}, {"a": 1}),
        ("shape", [{"a": 1}], {"a": 1}),
        ("shape", [{"a": 1}, {"b": 2}], [{"a": 1}, {"b": 2}]),
        ("shape", [], []),
        ("listed", {"a": 1}, [{"a": 1}]),
        ("listed", [{"a": 1}], [{"a": 1}]),
    ],
)
def test_objects_go_out_in_the_shape_that_is_set(shape: str, value: Any, sent: Any) -> None:
    assert coerce("object", value, **{"x-shape": shape}) == sent


@pytest.mark.parametrize("value", [{"a": float("nan")}, [{"b": ["\ud800"]}], {"\ud800": 1}, {1: 2}])
def test_what_json_cannot_hold_is_a_fault_at_any_depth(value: Any) -> None:
    with pytest.raises(NotCoercible) as raised:
        coerce("json", value)
    assert raised.value.rule == "json"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters())
    | st.from_regex(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
    | st.from_regex(r"\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?")
    | st.from_regex(r"\+?[\d ()-]{0,20}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)

DOCUMENTED: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float, Decimal)),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch,
    "timestamp": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}").fullmatch,
    "datetime": re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}").fullmatch,
    "time": re.compile(r"(0[1-9]|1[0-2]):[0-5]\d [AP]M").fullmatch,
    "tags": lambda value: isinstance(value, str),
    "phone": lambda value: isinstance(value, str) and value.strip(),
    "json": lambda value: value is not None,
    "object": lambda value: value is not None,
}
PATTERNS = {"time": "clock", "datetime": "stamp"}


@pytest.mark.parametrize("kind", DOCUMENTED)
@given(value=json_values.filter(lambda value: value is not None))
def test_any_value_gives_the_documented_form_or_a_fault(kind: str, value: Any) -> None:
    """Nothing else is raised, and what goes out is JSON."""
    schema = {"x-format": PATTERNS[kind]} if kind in PATTERNS else {}
    try:
        sent = coerce(kind, value, **schema)
    except NotCoercible as error:
        assert error.message  # noqa: PT017 - both ways are right
        return
    if sent is not None:
        assert DOCUMENTED[kind](sent)
    encode({"value": sent})


@given(st.datetimes(timezones=st.timezones()))
def test_a_timestamp_keeps_its_instant(moment: Any) -> None:
    wire = Wire(ZoneInfo("UTC"), None, "omit", {"stamp": "%Y-%m-%dT%H:%M:%S%z"})
    if moment.utcoffset().seconds % 60:
        return  # ISO 8601 has no seconds in an offset
    try:
        sent = coerce("datetime", moment.isoformat(), wire, **{"x-format": "stamp"})
    except NotCoercible:
        return  # beyond the year 1 or 9999 once it is in UTC
    expected = moment.astimezone(ZoneInfo("UTC")).replace(microsecond=0)
    assert sent == expected.isoformat().replace("+00:00", "+0000")
