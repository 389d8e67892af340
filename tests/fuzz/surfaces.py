"""What is fed with anything at all: each surface takes bytes, and holds to what is promised there.

One function a surface, for the fuzzer (run.py) and for the ordinary tests (test_surfaces.py). A
fault is an exception that nobody promised, or a broken promise as an AssertionError. Where a
surface takes more than one thing, the lines of its input say them, so that a seed can be read.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from target_gleantap.contract import Destination, Reading, Resource, Verdict
from target_gleantap.delivery.delivery import Delivery, Part
from target_gleantap.delivery.interpret import interpret
from target_gleantap.delivery.rate_limit.pacer import Pacer, retry_after
from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import NEVER, Multi
from target_gleantap.delivery.transport.transfer import ANSWER_BYTES, Request
from target_gleantap.destinations import load, names
from target_gleantap.errors import InputError
from target_gleantap.exact_json.codec import encode, parse_number
from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping import Wire, compile_mapping
from target_gleantap.mapping.coercion.wire import coercer
from target_gleantap.model import Answer, Failure, Faulty, Filtered, MappingEntry
from target_gleantap.singer.reader import BYTE_ORDER_MARK, LineReader
from target_gleantap.validation.checker import Checker, without_nulls

PIECE_BYTES = 1 << 16
"""The most that curl hands over at once."""
STEPS = 3
"""How many requests of one delivery are followed."""
MARKED = 8
"""A text of so many characters is told again by accident only."""


class NoRun:
    """A run that has nothing else to do."""

    def idle(self) -> None:
        """Nothing happens."""

    def wake(self) -> None:
        """Nobody waits."""

    def end(self, reason: BaseException) -> None:
        """Nothing is to be seen to."""


def reading(data: bytes) -> None:
    """Input lines: read, or refused with the line's number. What was read says what stood there."""
    read: list[tuple[bytes, dict[str, Any]]] = []
    reader = LineReader(NoRun())
    refused = ""

    def take(message: dict[str, Any]) -> None:
        read.append((reader.line, message))

    try:
        reader.process_lines(BytesIO(data), dict.fromkeys(("RECORD", "SCHEMA", "STATE"), take))
    except InputError as refusal:
        refused = str(refusal)
    assert not refused or f"line {reader.number} " in refused
    for line, message in read:
        assert message == json.loads(line.removeprefix(BYTE_ORDER_MARK), parse_float=parse_number)


def mapping(data: bytes) -> None:
    """A mapping's expression, its condition, and a record, each on a line of its own."""
    texts = data.decode(errors="replace").split("\n", 2)
    record = _json(texts[2]) if len(texts) > 2 else None
    if not isinstance(record, dict):
        record = {}
    for resource in _resources("gleantap").values():
        entry = _entry(resource, texts[0], texts[1] if len(texts) > 1 else None)
        compiled, faults = compile_mapping(entry, resource, WIRE)
        assert (compiled is None) == bool(faults)
        if compiled is None:
            continue
        made = compiled.apply(record)
        if isinstance(made, Faulty):
            _tell_nothing([str(fault) for fault in made.faults], record, data.decode("latin-1"))
        elif made is not Filtered.FILTERED:
            _hold(made, _checker("gleantap", resource.name))


def coercion(data: bytes) -> None:
    """The place of a body field among all there are, and a value as JSON on the next line."""
    first, _, rest = data.partition(b"\n")
    value = _json(rest.decode(errors="replace"))
    if value is None:
        return
    fields = _fields()
    name, schema, wire = fields[(_integer(first) or 0) % len(fields)]
    try:
        made = coercer(schema, wire)(value)
    except NotCoercible as fault:
        _tell_nothing([f"{fault.message} {fault.hint}"], value, name)
        return
    assert encode({name: made})


def answers(data: bytes) -> None:
    """A resource's place and a status, and what was answered: a line for each request."""
    first, _, rest = data.partition(b"\n")
    place, _, status = first.partition(b" ")
    chosen = _all_resources()
    destination, resource = chosen[(_integer(place) or 0) % len(chosen)]
    said = rest.split(b"\n", STEPS - 1)
    delivery = _delivery(resource)
    for body in said:
        answer = Answer((_integer(status) or 200) % 600, {"content-type": "x"}, body)
        told = interpret(destination, delivery, answer)
        _check_reading(told, delivery, body)
        if told.verdict is not Verdict.CONTINUE or told.step is None:
            return
        delivery.read = told.step.read
        status = b"200"


def headers(data: bytes) -> None:
    """What stands in `Retry-After`, `Date`, `RateLimit-Remaining` and `RateLimit-Reset`."""
    texts = [*data.decode("latin-1").split("\n"), "", "", "", ""]
    named = ("retry-after", "date", "ratelimit-remaining", "ratelimit-reset")
    given = {name: text for name, text in zip(named, texts, strict=False) if text}
    seconds = retry_after(given, NOW)
    assert seconds is None or seconds >= 0
    pacer = Pacer(())
    pacer.update_from_headers(given, 0.0)
    assert 0 <= pacer.wait(0.0) < 1e9


def wire(data: bytes) -> None:
    """The bytes of an answer as they come over the line, whatever their form and encoding."""
    result = _LINE.answer(data)
    if isinstance(result, Answer):
        assert len(result.body) <= ANSWER_BYTES + PIECE_BYTES
        assert all(name == name.lower() for name in result.headers)


SURFACES: Mapping[str, Callable[[bytes], None]] = {
    "reading": reading,
    "mapping": mapping,
    "coercion": coercion,
    "answers": answers,
    "headers": headers,
    "wire": wire,
}

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
WIRE = Wire(
    ZoneInfo("America/New_York"),
    "US",
    "omit",
    {setting.name: setting.default for setting in load("gleantap").settings},
)


def _json(text: str) -> Any:
    """A value as the reader gives it; None where the text holds none."""
    try:
        return json.loads(text, parse_float=parse_number)
    except (ValueError, RecursionError):
        return None


def _integer(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) < MARKED else None


@cache
def _resources(name: str) -> Mapping[str, Resource]:
    return load(name).resources


@cache
def _all_resources() -> list[tuple[Destination, Resource]]:
    klaviyo = load("klaviyo")
    vendor = {setting.name: setting.default for setting in klaviyo.settings}
    bulk = klaviyo.configure(klaviyo, {**vendor, "event_mode": "bulk", "profile_mode": "bulk"})
    return [
        (destination, resource)
        for destination in (*map(load, names()), bulk)
        for resource in destination.resources.values()
    ]


@cache
def _fields() -> list[tuple[str, Mapping[str, Any], Wire]]:
    """Every body field of every resource."""
    found = []
    for destination, resource in _all_resources():
        vendor = {setting.name: setting.default for setting in destination.settings}
        settings = Wire(WIRE.timezone, WIRE.default_region, "omit", vendor)
        found += [
            (name, schema, settings) for name, schema in resource.schema["properties"].items()
        ]
    return found


@cache
def _checker(destination: str, resource: str) -> Checker:
    return Checker(_resources(destination)[resource].schema, formats=True)


def _entry(resource: Resource, expression: str, where: str | None) -> MappingEntry:
    """Every required field from the record, two by the expression, and one around it."""
    fields: dict[str, Any] = dict.fromkeys(resource.schema.get("required", ()), "a")
    free = [name for name in resource.schema["properties"] if name not in fields]
    fields |= dict.fromkeys(free[:2], expression)
    shape = {free[2]: {"a": expression, "b": [expression]}} if len(free) > 2 else {}
    return MappingEntry(0, "s", resource.name, where=where or None, fields={**fields, **shape})


def _hold(body: dict[str, Any], checker: Checker) -> None:
    """A body that keeps to the contract can be sent."""
    if not checker.faults(without_nulls(body)):
        assert encode(body)


def _tell_nothing(messages: list[str], value: Any, known: str) -> None:
    """No message holds a text of the record that its reader did not write himself."""
    for text in _texts(value):
        if len(text) >= MARKED and text not in known:
            assert not any(text in message for message in messages)


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)


def _delivery(resource: Resource) -> Delivery:
    part = Part(resource, {"data": {"attributes": {}}}, b"{}", (), None)
    request = Request(resource.method, resource.path, b"{}")
    return Delivery((part,), request, resource.read, resource.idempotent)


def _check_reading(told: Reading, delivery: Delivery, body: bytes) -> None:
    """What is kept can be stored, what is asked next can be sent, and no word is repeated."""
    for name, kept in told.kept.items():
        assert name
        assert kept.encode()
        assert "\0" not in kept
    if told.step is not None:
        assert told.step.path.isascii()
        assert told.step.path.isprintable()
        assert " " not in told.step.path
    assert all(0 <= place < len(delivery.parts) for place in told.members)
    words = [told.message, *map(str, told.faults)]
    _tell_nothing(words, _json(body.decode(errors="replace")), "".join(DOCUMENTED))


DOCUMENTED = (
    "duplicate_profile",
    "the vendor finds the request invalid",
)


class _Server:
    """Answers each connection with the bytes that it was told, and closes it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._said = b""
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def say(self, data: bytes) -> None:
        """Take what the next connection is to be answered."""
        self._said = data

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(1 << 16)
                    connection.sendall(self._said)
                except OSError:
                    continue


class _Line:
    """One client and one server for all inputs, made when the first comes."""

    def __init__(self) -> None:
        self._ends: tuple[Client, _Server] | None = None

    def answer(self, data: bytes) -> Answer | Failure:
        """Send a request that is answered with these bytes, on a connection of its own."""
        if self._ends is None:
            server = _Server()
            self._ends = Client(server.url, {"X-Api-Key": "k"}, timeout=5), server
        client, server = self._ends
        server.say(data)
        lines: Multi[None] = Multi(client)
        lines.send(None, Request("POST", "/", b"{}"))
        ((_, result),) = lines.arrivals(NEVER)
        lines.close()
        return result


_LINE = _Line()
