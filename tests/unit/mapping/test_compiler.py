"""Everything that is wrong with an entry, before any stream is known."""

from collections.abc import Callable
from typing import Any

import pytest

from target_gleantap.contract import Resource
from target_gleantap.mapping import default_mapping
from target_gleantap.model import Fault

OK = {"user_id": "id", "first_name": "first", "last_name": "last"}
Faults = Callable[..., tuple[Fault, ...]]


def test_eight_faults_come_at_once(faults_of: Faults) -> None:
    faults = faults_of(
        where="a ==",
        fields={
            "fist_name": "first",
            "email": "lowr(email)",
            "phone": "split(x)",
            "app_id": "x",
            "type": True,
            "dob": "'nope'",
        },
        custom_attributes=("zip",),
    )
    assert {(fault.path, fault.rule) for fault in faults} == {
        ("mappings[0].where", "expression"),
        ("mappings[0].fields.fist_name", "unknown"),
        ("mappings[0].fields.email", "expression"),
        ("mappings[0].fields.phone", "expression"),
        ("mappings[0].fields.app_id", "reserved"),
        ("mappings[0].fields.type", "coercion"),
        ("mappings[0].fields.dob", "coercion"),
        ("mappings[0].fields.first_name", "required"),
        ("mappings[0].fields.last_name", "required"),
        ("mappings[0].custom_attributes[0]", "custom_attributes"),
    }


@pytest.mark.parametrize(
    ("resource", "entry", "fault"),
    [
        (
            "contact",
            {"fields": {**OK, "emial": "x"}},
            "mappings[0].fields.emial: contact has no documented field emial (did you mean email?)",
        ),
        (
            "contact",
            {"fields": {**OK, "shoe_size": "x"}},
            (
                "mappings[0].fields.shoe_size: contact has no documented field shoe_size "
                "(fields of your own go under custom_attributes)"
            ),
        ),
        (
            "contact",
            {"fields": {**OK, "firstname": "x"}},
            "mappings[0].fields.firstname: is the same field as first_name (keep one of the two)",
        ),
        (
            "contact",
            {"fields": {"first_name": "a", "last_name": "b", "city": "c"}},
            "mappings[0].fields: needs user_id, or email, or phone (map one of these)",
        ),
        (
            "contact",
            {"fields": {**OK, "user_id": None, "email": "e", "last_name": None}},
            (
                "mappings[0].fields.last_name: is required and never mapped "
                "(map it: last_name: <source field>)"
            ),
        ),
        (
            "contact",
            {"fields": {**OK, "tag_action": "'append'"}},
            "mappings[0].fields.tag_action: is not one of the documented values add, remove",
        ),
        (
            "contact",
            {"fields": {**OK, "optin_sms": "'maybe'"}},
            "mappings[0].fields.optin_sms: is text that is no boolean, wants true or false",
        ),
        (
            "contact",
            {"fields": {**OK, "tags": {"a": "x"}}, "custom_attributes": ("app_id",)},
            (
                "mappings[0].custom_attributes[0]: app_id is a setting, not a field "
                "(set it among the settings, or map it under another name)"
            ),
        ),
        (
            "contact",
            {"fields": OK, "custom_attributes": "all"},
            (
                "mappings[0].custom_attributes: is neither a list nor * "
                '(write a list of source fields, or "*")'
            ),
        ),
        (
            "contact_removal",
            {"fields": {"id": "x"}, "custom_attributes": "*"},
            (
                "mappings[0].custom_attributes: contact_removal takes no fields beside its "
                "documented ones (leave custom_attributes out)"
            ),
        ),
        (
            "event",
            {
                "fields": {
                    "id": "a",
                    "event_type": "b",
                    "event_date": "c",
                    "user_id": "d",
                    "event_data": {"x": ["lowr(a)"]},
                }
            },
            "mappings[0].fields.event_data.x[0]: unknown function lowr() (did you mean lower?)",
        ),
        (
            "event",
            {"fields": {"id": "a", "event_type": "b", "event_date": "c", "email": "d"}},
            (
                "mappings[0].fields: needs user_id, or email with first_name, or phone with "
                "first_name (map one of these)"
            ),
        ),
        (
            "contact",
            {"fields": ["user_id"]},
            "mappings[0].fields: is no dictionary of body fields",
        ),
        (
            "contact",
            {"fields": {**OK, "city": object()}},
            "mappings[0].fields.city: is neither an expression nor a JSON value",
        ),
        (
            "event",
            {
                "fields": {
                    "id": "a",
                    "event_type": "b",
                    "event_date": "c",
                    "user_id": "d",
                    "event_data": {1: "x"},
                }
            },
            "mappings[0].fields.event_data.1: is a key that is not text (put it in quotes)",
        ),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(
    faults_of: Faults, resource: str, entry: dict[str, Any], fault: str
) -> None:
    assert fault in [str(one) for one in faults_of(resource, **entry)]


def test_a_field_that_does_not_compile_is_not_called_unmapped_too(faults_of: Faults) -> None:
    (fault,) = faults_of(fields={**OK, "first_name": "lowr(x)"})
    assert fault.rule == "expression"


def test_a_good_entry_has_no_faults(faults_of: Faults) -> None:
    assert faults_of(fields={**OK, "zip": 12345, "tag_action": "'add'"}) == ()


def test_the_default_mapping_takes_the_fields_that_the_schema_has(contact: Resource) -> None:
    schema = {"properties": {"user_id": {}, "firstname": {}, "last_name": {}, "shoe_size": {}}}
    entry = default_mapping("contacts", contact, schema, 3)
    assert (entry.index, entry.stream, entry.resource) == (3, "contacts", "contact")
    assert entry.fields == {
        "user_id": "user_id",
        "first_name": "firstname",
        "last_name": "last_name",
    }
