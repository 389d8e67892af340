"""Record in, body or faults out; nothing else, whatever the record."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.exact_json.codec import encode, parse_number
from target_gleantap.mapping import Mapping
from target_gleantap.model import Fault, Faulty, Filtered
from target_gleantap.validation.checker import Checker

MakeMapping = Callable[..., Mapping]
NAMES = {"user_id": "7", "first_name": "Ann", "last_name": "Example"}


def test_all_faults_of_a_record_come_at_once(mapping: MakeMapping) -> None:
    made = mapping(
        {
            "city": "interests",
            "optin_sms": "consent",
            "phone": "join('-', [a, b])",
            "zip": "lower(zip)",
        },
        custom_attributes=("height",),
    )
    record = {
        "id": 7,
        "interests": ["canary"],
        "consent": "canary",
        "a": "canary",
        "zip": 731,
        "height": float("nan"),
    }
    result = made.apply(record)
    assert isinstance(result, Faulty)
    assert [str(fault) for fault in result.faults] == [
        "city: is a list, wants text (from `interests`)",
        "optin_sms: is text that is no boolean, wants true or false (from `consent`)",
        (
            "mappings[0].fields.phone: join() got null, wants array-string "
            "(in the expression `join('-', [a, b])`)"
        ),
        (
            "mappings[0].fields.zip: lower() got number, wants string or null "
            "(in the expression `lower(zip)`)"
        ),
        "height: holds a number that is not finite",
    ]
    assert {fault.rule for fault in result.faults} == {"coercion", "expression", "json"}


def test_every_expression_of_a_shape_tells_its_own_fault(wire: Any, event: Any) -> None:
    from target_gleantap.mapping import compile_mapping  # noqa: PLC0415 - only here
    from target_gleantap.model import MappingEntry  # noqa: PLC0415

    fields = {
        "id": "id",
        "user_id": "id",
        "event_type": "'visit'",
        "event_date": "day",
        "event_data": {"a": "lower(x)", "b": ["upper(x)", "x"]},
    }
    made, _ = compile_mapping(MappingEntry(0, "e", "event", fields=fields), event, wire())
    assert made is not None
    result = made.apply({"id": "1", "day": "2026-01-31", "x": 731})
    assert isinstance(result, Faulty)
    assert [fault.path for fault in result.faults] == [
        "mappings[0].fields.event_data.a",
        "mappings[0].fields.event_data.b[0]",
    ]


@pytest.mark.parametrize(
    ("value", "passes"),
    [(True, True), (0, True), ("x", True), (False, False), (None, False), ("", False), ([], False)],
)
def test_where_goes_by_the_truth_of_jmespath(
    mapping: MakeMapping, value: Any, passes: bool
) -> None:
    result = mapping(where="active").apply({"id": "7", "active": value})
    assert result == (NAMES if passes else Filtered.FILTERED)


def test_a_where_that_cannot_be_evaluated_is_a_fault_of_the_record(mapping: MakeMapping) -> None:
    result = mapping(where="starts_with(plan, 'x')").apply({"id": "7"})
    assert result == Faulty(
        (
            Fault(
                "mappings[0].where",
                "starts_with() got null, wants string",
                "in the expression `starts_with(plan, 'x')`",
                "expression",
            ),
        )
    )


def test_nulls_are_left_out_or_sent(mapping: MakeMapping) -> None:
    record = {"id": "7", "plan": None}
    fields = {"city": "town", "optin_sms": "consent"}
    entry = {"fields": fields, "custom_attributes": ("plan", "absent")}
    assert mapping(**entry).apply(record) == NAMES
    sent = {**NAMES, "city": None, "optin_sms": None, "plan": None}
    assert mapping(**entry, null_policy="send").apply(record) == sent
    assert mapping(**entry, settings={"null_policy": "send"}).apply(record) == sent
    assert mapping(**entry, null_policy="omit", settings={"null_policy": "send"}).apply(record) == (
        NAMES
    )


def test_all_unused_fields_pass_but_never_over_a_documented_one(mapping: MakeMapping) -> None:
    record = {
        "id": "7",
        "flag": "x",
        "plan": "gold",
        "visits": parse_number("1e5"),
        "email": "ann@example.com",
        "firstname": "Bob",
        "app_id": "another",
        "api_key": "k",
        "_sdc_batched_at": "t",
        "nothing": None,
    }
    made = mapping(where="flag", custom_attributes="*")
    body = made.apply(record)
    assert body == {**NAMES, "plan": "gold", "visits": parse_number("1e5")}
    assert isinstance(body, dict)
    assert b'"visits":1e5' in encode(body)


def test_a_key_that_is_not_unicode_is_a_fault(mapping: MakeMapping) -> None:
    result = mapping(custom_attributes="*").apply({"id": "7", "k\ud800": 1})
    assert isinstance(result, Faulty)
    str(result.faults[0]).encode()  # can be written


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)
SOURCES = ["id", "a", "b", "c", "d", "e", "f"]
records = st.fixed_dictionaries({}, optional=dict.fromkeys(SOURCES, json_values))
FIELDS = {
    "user_id": "id",
    "first_name": "trim(a)",
    "last_name": "b || 'Example'",
    "dob": "c",
    "created_date": "c",
    "phone": "d",
    "optin_sms": "e",
    "tags": "f",
    "zip": "join('-', [to_string(a), b])",
    "city": "a.b[0] | hash(@, a)",
    "status": "c > d && 'x' || sum(f)",
}


@given(record=records)
def test_any_record_gives_a_body_that_is_json_or_faults(
    mapping: MakeMapping, record: dict[str, Any]
) -> None:
    result = mapping(FIELDS, custom_attributes="*", settings={"default_region": "US"}).apply(record)
    if isinstance(result, Faulty):
        assert result.faults
    else:
        assert isinstance(result, dict)
        encode(result)


canaries = st.recursive(
    st.sampled_from(["canary", "canary,canary", "canary\ud800", 731_731, -731_731.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)


@given(record=st.fixed_dictionaries(dict.fromkeys(SOURCES, canaries)))
def test_no_fault_holds_a_value(mapping: MakeMapping, contact: Any, record: dict[str, Any]) -> None:
    result = mapping(FIELDS, settings={"default_region": "US"}).apply(record)
    body = result if isinstance(result, dict) else {"dob": "canary", "zip": 731_731}
    faults = [
        *(result.faults if isinstance(result, Faulty) else ()),
        *Checker(contact.schema).faults(body),
    ]
    told = " ".join(map(str, faults))
    assert "canary" not in told
    assert "731" not in told
