"""Schemas are held as text, and only so many are held compiled."""

from decimal import Decimal

import pytest

from target_gleantap.exact_json.codec import decode_json, parse_number
from target_gleantap.singer import schemas
from target_gleantap.singer.schemas import Checkers, schema_text


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]},
        {"multipleOf": Decimal("0.1"), "maximum": parse_number("1e5"), "minimum": -(10**25)},
        {"maximum": parse_number("1e400")},
        {"enum": ["\ud800"], "minimum": Decimal("0.5")},
        {"enum": [float("inf")]},
    ],
)
def test_of_the_text_the_same_schema_is_made_again(schema):
    assert decode_json(schema_text(schema)) == schema


def test_equal_schemas_share_their_text():
    one, other = ({"properties": {"a": {"type": "string"}}} for _ in range(2))
    assert schema_text(one) is schema_text(other)


def text_of(number):
    return schema_text({"properties": {f"field_{number:05}": {"type": "integer"}}})


@pytest.fixture
def compiled(monkeypatch):
    """What was compiled, in that order."""
    seen = []

    def compiling(text):
        seen.append(text)
        return made(text)

    made = schemas.Checker
    monkeypatch.setattr(schemas, "Checker", compiling)
    return seen


ROOM_FOR_100 = 100 * len(text_of(0))


def test_streams_that_there_is_room_for_are_compiled_once(compiled):
    checkers = Checkers(ROOM_FOR_100)
    for number in [*range(100)] * 3:
        checkers.of(text_of(number))
    assert len(compiled) == 100


def test_what_was_let_go_is_compiled_again_and_holds_its_own_records(compiled):
    checkers = Checkers(ROOM_FOR_100)
    for number in [*range(250)] * 2:
        checker = checkers.of(text_of(number))
        assert checker.faults({f"field_{number:05}": 1}) == ()
        assert [fault.path for fault in checker.faults({f"field_{number:05}": "a"})] == [
            f"field_{number:05}"
        ]
    assert len(compiled) > 250


def test_never_more_is_held_than_there_is_room_for():
    checkers = Checkers(ROOM_FOR_100)
    for number in range(1000):
        checkers.of(text_of(number))
        assert len(checkers) <= 100


def test_one_that_is_larger_than_the_room_is_held_alone(compiled):
    checkers = Checkers(10)
    for _ in range(3):
        checkers.of(text_of(1))
    assert len(compiled) == 1


def test_of_streams_that_take_turns_and_are_too_many_most_keep_theirs(compiled):
    checkers = Checkers(ROOM_FOR_100)
    for number in [*range(120)] * 20:
        checkers.of(text_of(number))
    assert len(compiled) < 20 * 120 / 2


def test_what_is_no_longer_used_makes_room_for_what_is(compiled):
    checkers = Checkers(ROOM_FOR_100)
    for number in [*range(1000), *[*range(1000, 1050)] * 50]:
        checkers.of(text_of(number))
    before = len(compiled)
    for number in range(1000, 1050):
        checkers.of(text_of(number))
    assert len(compiled) == before
