"""What the tap writes: records that can be told apart wherever they turn up, and states between.

Each record holds a token of its own, and every value of it is private: a token or the canary that
stands in a log line is a leak, and a token in a body tells which record the body is of.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

CANARY = "c4n4ry"
NOBODY = "nobody"
"""The first name that the mappings' `where` leaves out."""
TOKEN = re.compile(r"zq(\d{5})zq")
PRIVATE = re.compile(rf"{CANARY}|{TOKEN.pattern}", re.IGNORECASE)
CONTACT = re.compile(rb'"(?:id|member_id)": "' + CANARY.encode() + rb'-(\d+)"')
STATE = b'{"type": "STATE", "value": '
RECORDS = 40
CONTACTS = 8
LEFT_OUT = 7
STATE_EVERY = 4
STRUCK = 16
"""The record that faults for one record are for; a member."""


ENDS = 20_000
"""How much of a line is looked at, from both ends: some are very long."""


def token(number: int) -> str:
    return f"zq{number:05}zq"


def schema(stream: str, **kinds: str) -> bytes:
    properties = {name: {"type": [kind, "null"]} for name, kind in kinds.items()}
    message = {"type": "SCHEMA", "stream": stream, "key_properties": ["id"]}
    return json.dumps({**message, "schema": {"type": "object", "properties": properties}}).encode()


MEMBERS = schema("members", id="string", first_name="string", last_name="string", email="string")
VISITS = schema("visits", id="string", member_id="string", email="string", at="string")
SCHEMAS = [MEMBERS, VISITS]


def record(stream: str, **fields: object) -> bytes:
    return json.dumps({"type": "RECORD", "stream": stream, "record": fields}).encode()


def member(number: int, contact: int | None = None, **fields: object) -> bytes:
    """A member; the token is the last name, so each record of a contact is a change of it."""
    contact = number % CONTACTS if contact is None else contact
    made = {
        "id": f"{CANARY}-{contact}",
        "first_name": NOBODY if number == LEFT_OUT else CANARY,
        "last_name": token(number),
        "email": f"{CANARY}{contact}@example.com",
    }
    return record("members", **{**made, **fields})


def visit(number: int, contact: int | None = None) -> bytes:
    contact = number % CONTACTS if contact is None else contact
    made = {"id": token(number), "member_id": f"{CANARY}-{contact}"}
    email = f"{CANARY}{contact}@example.com"
    return record("visits", **made, email=email, at="2026-01-02T03:04:05Z")


def state(number: int) -> bytes:
    """A state in a form that nobody would write it in again."""
    return STATE + b'{"bookmarks":  {"a.b": {"at": %d.50}}}}' % number


def numbered(number: int) -> bytes:
    return visit(number) if number % 3 == 0 else member(number)


def usual(count: int = RECORDS) -> list[bytes]:
    """Members that change, and visits of theirs, a state after every few."""
    lines = [*SCHEMAS]
    for number in range(1, count + 1):
        lines.append(numbered(number))
        if number % STATE_EVERY == 0:
            lines.append(state(number))
    return lines


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@dataclass(frozen=True)
class Item:
    """A record or a state of the input.

    Attributes:
        number: The record's token; 0 for a state.
        contact: Whose record it is, where it says so.
        left_out: Whether a mapping's `where` leaves it out.
        state: The state's JSON text; empty for a record.
    """

    number: int = 0
    contact: int = -1
    left_out: bool = False
    state: bytes = b""


@dataclass(frozen=True)
class Given:
    """An input, and what a judge has to know of it."""

    data: bytes

    @cached_property
    def items(self) -> list[Item]:
        lines = (line.removesuffix(b"\r") for line in self.data.split(b"\n"))
        found = (_item(line.removeprefix(b"\xef\xbb\xbf")) for line in lines)
        return [item for item in found if item is not None]

    @cached_property
    def states(self) -> list[bytes]:
        return [item.state for item in self.items if item.state]

    @cached_property
    def records(self) -> list[Item]:
        return [item for item in self.items if item.number]

    def after(self, state: bytes | None) -> Given:
        """What the tap writes that is given this state: the schemas, and what follows it."""
        if state is None:
            return self
        head = [line for line in self.data.split(b"\n") if b'"type": "SCHEMA"' in line[:100]]
        rest = self.data.partition(STATE + state + b"}")[2].lstrip(b"\r\n")
        return Given(joined(list(dict.fromkeys(head))) + rest)


def _item(line: bytes) -> Item | None:
    if line.startswith(STATE):
        return Item(state=line[len(STATE) : -1])
    found = TOKEN.search((line[:ENDS] + line[-ENDS:]).decode(errors="replace"))
    if found is None or b'"RECORD"' not in line[:40]:
        return None
    whose = CONTACT.search(line)
    left_out = f'"{NOBODY}"'.encode() in line
    return Item(int(found[1]), int(whose[1]) if whose else -1, left_out)
