"""A gym's messages and mappings, for tests that run the whole target."""

from __future__ import annotations

import json
from typing import Any

MEMBER = {
    "id": "string",
    "first_name": "string",
    "last_name": "string",
    "email": "string",
    "city": "string",
    "joined": "string",
}
CHECK_IN = dict.fromkeys(("id", "member_id", "email", "name", "at"), "string")

CONTACT = {
    "stream": "members",
    "resource": "contact",
    "fields": {
        "user_id": "id",
        "first_name": "first_name",
        "last_name": "last_name",
        "email": "email",
        "city": "city",
        "created_date": "joined",
    },
}
EVENT = {
    "stream": "check_ins",
    "resource": "event",
    "fields": {
        "id": "id",
        "user_id": "member_id",
        "email": "email",
        "first_name": "name",
        "event_type": "'visit'",
        "event_date": "at",
    },
}
MAPPINGS = [CONTACT, EVENT]

Message = dict[str, Any] | str | bytes


def schema(stream: str, kinds: dict[str, Any], keys: tuple[str, ...] = ("id",)) -> dict[str, Any]:
    """A SCHEMA message; `kinds` gives each property a type (null is allowed too) or a schema."""
    properties = {
        name: {"type": [kind, "null"]} if isinstance(kind, str) else kind
        for name, kind in kinds.items()
    }
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(keys),
        "schema": {"type": "object", "properties": properties},
    }


def record(stream: str, **fields: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": fields}


def state(**value: Any) -> dict[str, Any]:
    return {"type": "STATE", "value": value}


MEMBERS = schema("members", MEMBER)
CHECK_INS = schema("check_ins", CHECK_IN)
SCHEMAS = [MEMBERS, CHECK_INS]


def member(number: int, **fields: Any) -> dict[str, Any]:
    """An invented member; `fields` replaces or adds."""
    made = {
        "id": f"m{number}",
        "first_name": "Ada",
        "last_name": f"Example{number}",
        "email": f"member{number}@example.com",
    }
    return record("members", **{**made, **fields})


def check_in(number: int, member_number: int, **fields: Any) -> dict[str, Any]:
    made = {"id": f"c{number}", "member_id": f"m{member_number}", "at": "2026-01-02T03:04:05Z"}
    return record("check_ins", **{**made, **fields})


def encode(messages: list[Message]) -> bytes:
    """The messages as a tap writes them; text and bytes go out as they are, a line each."""
    return b"".join(_line(message) + b"\n" for message in messages)


def _line(message: Message) -> bytes:
    if isinstance(message, bytes):
        return message
    return (message if isinstance(message, str) else json.dumps(message)).encode()
