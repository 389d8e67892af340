"""Source fields that the SCHEMA does not have: told where that is certain, and only there."""

from collections.abc import Callable
from typing import Any

import pytest

from target_gleantap.mapping import Mapping

NULLABLE = {"anyOf": [{"type": "null"}, {"properties": {"email": {}}}]}
SCHEMA = {
    "definitions": {"club": {"type": "object", "properties": {"name": {}}}},
    "type": "object",
    "properties": {
        "id": {},
        "mail": {},
        "contact": {"type": "object", "properties": {"email": {}, "phone": {}}},
        "club": {"$ref": "#/definitions/club"},
        "maybe": NULLABLE,
        "visits": {"type": "array", "items": {"properties": {"at": {}}}},
        "open": {"properties": {"a": {}}, "additionalProperties": True},
        "patterns": {"properties": {"a": {}}, "patternProperties": {"^x": {}}},
        "unknown": {"type": "object"},
        "choice": {"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        "loop": {"$ref": "#/properties/loop"},
        "dead": {"$ref": "#/definitions/none"},
        "pair": {"type": "array", "items": [{"properties": {"a": {}}}]},
    },
}


def lint(mapping: Callable[..., Mapping], text: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    faults = mapping({"city": text}).lint(schema, "members")
    return [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("emial", "stream 'members' has no field emial (did you mean mail?)"),
        (
            'mail == "gold"',
            (
                "stream 'members' has no field gold (in double quotes it is a field; a fixed text "
                "stands in single ones: 'gold')"
            ),
        ),
        (
            "member",
            (
                "stream 'members' has no field member "
                "(if you mean the text itself, quote it: \"'member'\")"
            ),
        ),
        ("contact.emial", "no field contact.emial (did you mean contact.email?)"),
        ("lower(contact.xyz)", "stream 'members' has no field contact.xyz"),
        ("club.nam", "no field club.nam (did you mean club.name?)"),
        ("maybe.phone", "stream 'members' has no field maybe.phone"),
        ("visits[0].day", "stream 'members' has no field visits[].day"),
        ("visits[?day == 'x'].at | [0]", "stream 'members' has no field visits[].day"),
        ("zzz.contact.email", "stream 'members' has no field zzz"),
    ],
)
def test_a_field_that_is_not_there(mapping: Callable[..., Mapping], text: str, fault: str) -> None:
    (said,) = lint(mapping, text)
    assert said.startswith("mappings[0].fields.city: ")
    assert said.endswith(fault) or fault in said


@pytest.mark.parametrize(
    "text",
    [
        "contact.email",
        "club.name",
        "maybe.email",
        "visits[0].at",
        "visits[*].at | [0]",
        "open.anything",
        "patterns.x1",
        "unknown.anything",
        "choice.b",
        "loop.anything",
        "dead.anything",
        "pair[0].anything",
        "_sdc_extracted_at",
        "'member'",
    ],
)
def test_what_may_be_there_is_no_fault(mapping: Callable[..., Mapping], text: str) -> None:
    assert lint(mapping, text) == []


@pytest.mark.parametrize(
    "schema",
    [{}, {"properties": {}}, {**SCHEMA, "additionalProperties": True}, {"allOf": [SCHEMA]}],
)
def test_a_schema_that_does_not_tell_gives_no_fault(
    mapping: Callable[..., Mapping], schema: dict[str, Any]
) -> None:
    assert lint(mapping, "zzz", schema) == []


def test_where_and_custom_attributes_are_linted_too(mapping: Callable[..., Mapping]) -> None:
    made = mapping(where="stauts == 'x'", custom_attributes=("mial", "mail"))
    assert [str(fault) for fault in made.lint(SCHEMA, "members")] == [
        "mappings[0].where: stream 'members' has no field stauts",
        "mappings[0].custom_attributes[0]: stream 'members' has no field mial (did you mean mail?)",
    ]
