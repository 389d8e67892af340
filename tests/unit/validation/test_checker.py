"""Valid or not is jsonschema's word; what is wrong is said in ours, without values."""

import re
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.contract import Resource
from target_gleantap.exact_json.codec import parse_number
from target_gleantap.validation.checker import Checker, without_nulls


def said(schema: dict[str, Any], instance: Any) -> list[str]:
    return [str(fault) for fault in Checker(schema).faults(instance)]


@pytest.mark.parametrize(
    ("schema", "instance", "faults"),
    [
        ({"required": ["a", "b"]}, {}, ["a: is required", "b: is required"]),
        (
            {"properties": {"c": {"required": ["e"]}}},
            {"c": {}},
            ["c.e: is required"],
        ),
        (
            {"properties": {"a": {"type": "string"}}},
            {"a": 731},
            ["a: must be text, is a number"],
        ),
        (
            {"properties": {"a": {"type": ["integer", "null"]}}},
            {"a": Decimal("1.5")},
            ["a: must be an integer or null, is a number with a fraction"],
        ),
        (
            {"properties": {"a": {"items": {"type": "object"}}}},
            {"a": [{}, "canary"]},
            ["a[1]: must be an object, is text"],
        ),
        (
            {"properties": {"a": {"enum": ["add", "remove", None]}}},
            {"a": "canary"},
            ["a: is not one of the documented values add, remove, null"],
        ),
        ({"properties": {"a": {"const": 1}}}, {"a": 2}, ["a: is not the documented value 1"]),
        (
            {"properties": {"a": {"pattern": "^x"}}},
            {"a": "canary"},
            ["a: does not match the documented form"],
        ),
        ({"properties": {"a": {"minLength": 1}}}, {"a": ""}, ["a: must not be empty"]),
        (
            {"properties": {"a": {"minLength": 3}}},
            {"a": "x"},
            ["a: is shorter than 3 characters"],
        ),
        (
            {"properties": {"a": {"maxLength": 3}}},
            {"a": "canary"},
            ["a: is longer than 3 characters"],
        ),
        ({"properties": {"a": {"minimum": 1}}}, {"a": 0}, ["a: is less than 1"]),
        (
            {"properties": {"a": {"multipleOf": 0.01}}},
            {"a": Decimal("19.999")},
            ["a: is not a multiple of 0.01"],
        ),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "zap": "canary"},
            ["zap: is not a documented field"],
        ),
        (
            {"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
            {"a": 731},
            ["a: must be text or null, is a number"],
        ),
        (
            {"properties": {"a": {"oneOf": [{"minLength": 9}, {"pattern": "x"}]}}},
            {"a": "canary"},
            ["a: fits none of the documented forms"],
        ),
        ({"properties": {"a": {"not": {}}}}, {"a": 1}, ["a: breaks the rule not of the schema"]),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}]},
            {},
            ["needs a, or b with c"],
        ),
    ],
)
def test_faults_in_words_of_ours(schema: dict[str, Any], instance: Any, faults: list[str]) -> None:
    assert said(schema, instance) == faults


def test_all_faults_of_a_contact_at_once(contact: Resource) -> None:
    checker = Checker(contact.schema, formats=True)
    faults = checker.faults({"first_name": "", "email": "canary", "tag_action": "canary", "zip": 1})
    assert {(fault.path, fault.rule) for fault in faults} == {
        ("last_name", "required"),
        ("first_name", "minLength"),
        ("email", "format"),
        ("tag_action", "enum"),
        ("zip", "type"),
    }
    assert "canary" not in str(faults)


def test_an_event_without_an_identity(event: Resource) -> None:
    body = {
        "id": "1",
        "event_type": "visit",
        "event_date": "2026-01-31",
        "email": "ann@example.com",
    }
    (fault,) = Checker(event.schema, formats=True).faults(body)
    assert (fault.rule, fault.message) == (
        "identity",
        "needs user_id, or email with first_name, or phone with first_name",
    )


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("ann@example.com", True),
        ("anné@exämple.com", True),
        ("ann.example.com", False),
        ("ann@", False),
        ("a b@example.com", False),
        ("ann@example.com,bob@example.com", False),
    ],
)
def test_e_mail_addresses(contact: Resource, address: str, valid: bool) -> None:
    body = {"first_name": "Ann", "last_name": "Example", "email": address}
    assert (Checker(contact.schema, formats=True).faults(body) == ()) is valid


@pytest.mark.parametrize("text", ["1e5", "1E400", "0.0000001", "1E999999", "-1e-400"])
def test_exact_numbers_are_numbers(text: str) -> None:
    schema = {"properties": {"a": {"type": ["number", "null"], "multipleOf": 1e-9}}}
    assert said({"properties": {"a": {"type": "number"}}}, {"a": parse_number(text)}) == []
    assert len(said(schema, {"a": parse_number(text)})) in (0, 1)


@pytest.mark.parametrize(
    ("text", "whole"),
    [("1.0", True), ("1e2", True), ("1E400", True), ("1.5", False), ("1e-3", False)],
)
def test_whole_numbers_are_integers_however_they_are_written(text: str, whole: bool) -> None:
    faults = said({"properties": {"a": {"type": "integer"}}}, {"a": parse_number(text)})
    assert (faults == []) is whole


def test_decimals_are_multiples_without_rounding() -> None:
    schema = {"properties": {"a": {"type": "number", "multipleOf": 0.01}}}
    assert said(schema, {"a": Decimal("19.99")}) == []
    assert said(schema, {"a": parse_number("1999e-2")}) == []


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"properties": 1}, {"required": "a"}])
def test_an_invalid_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.SchemaError):
        Checker(schema)


@pytest.mark.parametrize("reference", ["#/definitions/none", "http://127.0.0.1:9/schema.json"])
def test_a_reference_that_leads_nowhere_is_refused_and_nothing_is_fetched(reference: str) -> None:
    with pytest.raises(jsonschema.SchemaError, match=re.escape(reference)):
        Checker({"properties": {"a": {"$ref": reference}}})


def test_references_within_the_schema_and_old_drafts_work() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "definitions": {"positive": {"type": "number", "minimum": 0, "exclusiveMinimum": True}},
        "properties": {"a": {"$ref": "#/definitions/positive"}},
    }
    assert said(schema, {"a": 1}) == []
    assert said(schema, {"a": 0}) == ["a: is less than 0"]


def test_a_schema_with_exact_numbers_is_a_schema() -> None:
    assert (
        said({"properties": {"a": {"minimum": parse_number("1e-5")}}}, {"a": Decimal("0.1")}) == []
    )


def test_formats_of_a_tap_are_not_held_against_its_records() -> None:
    schema = {"properties": {"a": {"type": "string", "format": "date-time"}}}
    assert said(schema, {"a": "canary"}) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just(Decimal("1.5")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
SCHEMA = {
    "type": "object",
    "required": ["a"],
    "additionalProperties": False,
    "properties": {
        "a": {"type": ["string", "integer"], "minLength": 1, "minimum": 1},
        "b": {"type": "array", "items": {"type": "number"}, "maxItems": 1, "uniqueItems": True},
        "c": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["b"]}]},
    },
}
CHECKER, REFERENCE = Checker(SCHEMA), jsonschema.Draft202012Validator(SCHEMA)


@given(json_values)
def test_the_verdict_is_that_of_jsonschema(instance: Any) -> None:
    assert (CHECKER.faults(instance) == ()) == REFERENCE.is_valid(instance)


canaries = st.recursive(
    st.just("canary") | st.just(731_731),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=6,
)


@given(canaries)
def test_no_fault_holds_a_value(instance: Any) -> None:
    told = str(CHECKER.faults(instance))
    assert "canary" not in told
    assert "731" not in told


def test_the_contract_sees_a_body_without_its_nulls() -> None:
    body = {"a": None, "b": {"c": None, "d": 1}, "e": [None]}
    assert without_nulls(body) == {"b": {"d": 1}, "e": [None]}
    full = {"a": 1}
    assert without_nulls(full) is full
