"""Nested body fields: coerced by their own schemas, linted by name, told with dotted paths."""

from dataclasses import replace

import pytest

from target_gleantap.mapping import compile_mapping
from target_gleantap.model import Faulty, MappingEntry

PERSON = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["email"]}, {"required": ["phone_number"]}],
    "required": ["first_name"],
    "properties": {
        "email": {"type": "string", "format": "email"},
        "phone_number": {
            "type": "string",
            "x-wire": "phone",
            "x-e164": True,
            "x-aliases": ["phone"],
        },
        "first_name": {"type": "string"},
        "born": {"type": "string", "x-wire": "date"},
        "place": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"zip": {"type": "string"}, "height": {"type": "number"}},
        },
        "extra": {"type": "object", "properties": {}},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["person"],
    "properties": {
        "person": PERSON,
        "people": {"type": "array", "items": PERSON},
        "seen": {"type": "array", "items": {"type": "string", "x-wire": "timestamp"}},
    },
}


@pytest.fixture
def compile_entry(contact, wire):
    resource = replace(contact, schema=SCHEMA, custom_attributes=None)

    def compile_entry(policy="omit", **fields):
        entry = MappingEntry(0, "members", "contact", fields=fields, null_policy=policy)
        return compile_mapping(entry, resource, wire())

    return compile_entry


@pytest.fixture
def body(compile_entry):
    def body(record, policy="omit", **fields):
        mapping, faults = compile_entry(policy, **fields)
        assert faults == ()
        result = mapping.apply(record)
        return [str(one) for one in result.faults] if isinstance(result, Faulty) else result

    return body


ANN = {"email": "mail", "first_name": "name"}


def test_members_take_their_own_wire_types_and_names(body):
    person = {**ANN, "phone": "tel", "born": "at", "place": {"zip": "zip", "height": "tall"}}
    record = {
        "mail": "ann@example.com",
        "name": 7,
        "tel": "+1 555 555 0123",
        "at": "2026-01-31T10:00:00Z",
        "zip": 1234,
        "tall": "170",
    }
    assert body(record, person=person) == {
        "person": {
            "email": "ann@example.com",
            "first_name": "7",
            "phone_number": "+15555550123",
            "born": "2026-01-31",
            "place": {"zip": "1234", "height": 170},
        }
    }


def test_an_object_from_one_expression_is_coerced_as_well(body):
    record = {"who": {"phone": "+1 555 555 0123", "first_name": 7, "email": " ", "extra": {}}}
    expected = {"phone_number": "+15555550123", "first_name": "7", "extra": {}}
    assert body(record, person="who") == {"person": expected}


def test_lists_are_coerced_item_by_item(body):
    record = {"who": {"email": "a@example.com", "first_name": "A"}, "at": ["2026-01-31", None]}
    result = body(record, person="who", people="[who]", seen="at")
    assert result["people"] == [record["who"]]
    assert result["seen"] == ["2026-01-31T00:00:00+00:00"]


def test_all_that_does_not_fit_is_told_with_its_way(body):
    record = {"tel": "canary", "who": [{"born": "canary"}, {"phone_number": True}]}
    person = {"phone_number": "tel", "first_name": "who", "place": {"height": "tel"}}
    assert body(record, person=person, people="who") == [
        (
            "person.phone_number: is text that is no possible phone number, wants E.164 "
            "(from `tel`) (set default_region if numbers come without a country code)"
        ),
        "person.first_name: is a list, wants text (from `who`)",
        "person.place.height: is text, wants a number (from `tel`)",
        "people[0].born: is not an ISO 8601 date or timestamp, wants a date (from `who`)",
        (
            "people[1].phone_number: is a boolean, wants text (from `who`) "
            "(choose the words in the expression, such as `flag && 'yes' || 'no'`)"
        ),
    ]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("omit", {"person": {"first_name": "A"}}),
        ("send", {"person": {"first_name": "A", "email": None, "extra": {"plan": None}}}),
    ],
)
def test_nulls_go_by_the_policy(body, policy, expected):
    record = {"who": {"first_name": "A", "email": None, "extra": {"plan": None}}}
    assert body(record, policy, person="who") == expected


def test_two_spellings_in_one_object_are_a_fault(body):
    record = {"who": {"phone": "+15555550123", "phone_number": "+15555550124"}}
    assert body(record, person="who") == [
        "person.phone_number: is given twice, once as phone_number (from `who`)"
    ]


def test_the_linter_looks_into_nested_dictionaries(compile_entry):
    person = {
        "emial": "mail",
        "phone": "tel",
        "phone_number": "tel",
        "born": "'canary'",
        "place": {"zpi": "zip"},
    }
    _, faults = compile_entry(person=person, people=[{"email": "mail"}])
    assert [str(fault).removeprefix("mappings[0].fields.") for fault in faults] == [
        "person.emial: person has no documented field emial (did you mean email?)",
        "person.phone_number: phone_number is mapped twice (keep one of the two)",
        "person.born: is not an ISO 8601 date or timestamp, wants a date",
        "person.place.zpi: person.place has no documented field zpi (did you mean zip?)",
        "person.first_name: is required and never mapped (map it: first_name: <source field>)",
        "people[0].first_name: is required and never mapped (map it: first_name: <source field>)",
    ]


def test_an_identity_that_is_never_mapped_is_told(compile_entry):
    _, faults = compile_entry(person={"first_name": "name"})
    assert [str(fault) for fault in faults] == [
        "mappings[0].fields.person: needs email, or phone_number (map one of these)"
    ]


def test_an_expression_is_left_to_the_records(compile_entry):
    mapping, faults = compile_entry(person="who")
    assert (mapping is not None, faults) == (True, ())
