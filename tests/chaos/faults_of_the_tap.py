"""What the tap does."""

from __future__ import annotations

import time

from fault import ALL, SOME, Fault
from stage import Live
from taps import CANARY, SCHEMAS, VISITS, joined, member, record, schema, state, token, usual

ODD = 900
"""The token of the record that is odd."""
AT = 30
"""Before which line of the usual input it stands."""
HUGE = 50_000_000
STREAMS = 10_000


def odd_line(line: bytes) -> bytes:
    lines = usual()
    return joined([*lines[:AT], line, *lines[AT:]])


def odd(json_text: str) -> bytes:
    """A member of whom one field, `first_name` or another, is this text."""
    named = "" if "first_name" in json_text else f'"first_name": "{CANARY}", '
    return (
        '{"type": "RECORD", "stream": "members", "record": {'
        f'"id": "{CANARY}-50", "email": "{CANARY}50@example.com", {named}'
        f'"last_name": "{token(ODD)}", {json_text}}}}}'
    ).encode()


def _kept(name: str, json_text: str, *, settings: dict[str, object] | None = None) -> Fault:
    """An odd value that does no harm."""
    return Fault(
        name,
        "in one record, in a field that is sent"
        if "first_name" in json_text
        else "in one record, in a field that is not sent",
        delivered=ALL + 1,
        tap=lambda: odd_line(odd(json_text)),
        settings=settings or {},
    )


def _rejected(name: str, json_text: str, *, short: bool = False, **settings: object) -> Fault:
    return Fault(
        name,
        "in one record, in a field that is sent",
        1,
        "rejected",
        rejected=1,
        tap=lambda: odd_line(odd(json_text)),
        settings=settings,
        next_exit_code=1,
        short=short,
    )


def _unread(name: str, tried: str, line: bytes, said: str, *, short: bool = False) -> Fault:
    """A line that ends the run, since nobody can say what it was."""
    return Fault(
        name,
        tried,
        4,
        said,
        SOME,
        0,
        tap=lambda: odd_line(line),
        mended=lambda: joined(usual()),
        short=short,
    )


def _stall(live: Live) -> None:
    """Half of the input, and then nothing: what was read must not sit."""
    middle = live.given.data.index(state(20)) - 10
    live.write(live.given.data[:middle])
    live.wait_for_states(4)
    time.sleep(1.5)
    live.write(live.given.data[middle:])
    live.close()


def _half_a_line(live: Live) -> None:
    middle = live.given.data.index(state(20)) + 12
    live.write(live.given.data[:middle])
    time.sleep(1.5)
    live.write(live.given.data[middle:])
    live.close()


def _dies() -> bytes:
    data = joined(usual())
    return data[: data.index(token(31).encode()) + 4]


def _long_line() -> bytes:
    return odd_line(member(ODD, 50, note="x" * HUGE))


MANY = {
    "mappings": [
        {
            "stream": "s*",
            "resource": "contact",
            "fields": {"user_id": "id", "first_name": "first_name", "last_name": "last_name"},
        }
    ],
    "batch_size_rows": 500,
    "max_in_flight": 32,
}


def _many_streams() -> bytes:
    lines = []
    for number in range(1, STREAMS + 1):
        stream, contact = f"s{number}", f"{CANARY}-{number}"
        names = {"first_name": CANARY, "last_name": token(number)}
        # Every second one has properties that no other has.
        own = f"{stream}_" if number % 2 else ""
        others = (f"{own}property_{place}" for place in range(9))
        kinds = dict.fromkeys((*names, "id", *others), "string")
        lines += [schema(stream, **kinds), record(stream, id=contact, **names)]
        if number % 500 == 0:
            lines.append(state(number))
    return joined(lines)


TAP = (
    Fault("a tap that stalls", "half of the input, and nothing for 1.5 s", act=_stall, short=True),
    Fault("a tap that stalls in a line", "half of a line, and nothing for 1.5 s", act=_half_a_line),
    Fault(
        "a tap that dies",
        "its last line is cut off",
        4,
        "cut off in the middle of a line",
        SOME,
        0,
        tap=_dies,
        mended=lambda: joined(usual()),
        short=True,
    ),
    Fault(
        "a tap that says nothing at all",
        "an empty input",
        delivered=0,
        tap=lambda: b"",
        next_exit_code=None,
    ),
    _unread(
        "rubbish",
        "a line that is not JSON",
        f"so {{not}} json: {CANARY}".encode(),
        "is not JSON",
    ),
    _unread(
        "a type that Singer does not have",
        "in one line",
        b'{"type": "RECKORD", "stream": "members"}',
        "Singer does not have",
    ),
    _unread("JSON that is no object", "in one line", b"[1, 2]", "not a JSON object"),
    _unread(
        "invalid UTF-8",
        "in one record",
        odd(f'"city": "{CANARY}"').replace(b'"city": "', b'"city": "\xff\xfe'),
        "not UTF-8",
    ),
    _unread(
        "nested 100,000 deep",
        "in one record",
        odd('"city": ' + "[" * 100_000 + "]" * 100_000),
        "nested too deeply",
    ),
    _kept(
        "nested 200 deep", '"city": ' + "[" * 200 + "]" * 200, settings={"validate_records": False}
    ),
    _unread(
        "an integer of 5,000 digits",
        "in one record",
        odd('"points": ' + "9" * 5000),
        "too many digits",
    ),
    _kept("an integer of 400 digits", '"points": ' + "9" * 400),
    _kept("a number of 400 digits", '"points": 0.' + "9" * 400 + "e-999"),
    _rejected("NaN", '"first_name": NaN', short=True),
    _rejected("Infinity", '"first_name": -Infinity', validate_records=False),
    _kept("NaN that nobody reads", '"points": NaN'),
    _rejected("a lone surrogate", '"first_name": "\\ud800"', short=True),
    _kept("a lone surrogate that nobody reads", '"city": "\\udfff"'),
    _kept("NUL", '"first_name": "a\\u0000b"'),
    _kept("a key that comes twice", '"first_name": "early", "first_name": "late"'),
    Fault(
        "Windows line ends",
        "all lines end in CR LF",
        tap=lambda: joined(usual()).replace(b"\n", b"\r\n"),
        next_exit_code=None,
    ),
    Fault(
        "a byte order mark and empty lines",
        "at the start, and between all lines",
        tap=lambda: b"\xef\xbb\xbf" + joined(usual()).replace(b"\n", b"\n\n"),
        next_exit_code=None,
        short=True,
    ),
    Fault(
        "a line of 50 MB",
        "one record with a field of 50 MB that is not sent",
        delivered=ALL + 1,
        tap=_long_line,
        next_exit_code=None,
        memory_mb=400.0,
    ),
    Fault(
        "10,000 streams",
        "a SCHEMA and a record each",
        delivered=STREAMS,
        tap=_many_streams,
        settings=MANY,
        next_exit_code=None,
    ),
    Fault(
        "a SCHEMA that comes again and again",
        "before every record",
        tap=lambda: joined([each for line in usual() for each in (*SCHEMAS, line)]),
        next_exit_code=None,
    ),
    Fault(
        "a stream that has no mapping",
        "its SCHEMA comes in the middle",
        2,
        "has no mapping",
        SOME,
        0,
        tap=lambda: odd_line(VISITS.replace(b'"visits"', b'"unheard_of"')),
        mended=lambda: joined(usual()),
    ),
)


def rejecting_much(count: int = 40) -> bytes:
    """Many records that are rejected, each of some size."""
    lines = usual()
    for number in range(ODD, ODD + count):
        fields = {"first_name": 7, "note": "x" * 1000}
        lines += [member(number, 60 + number, **fields), state(number)]
    return joined(lines)
