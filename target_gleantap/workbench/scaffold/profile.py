"""What is known of a stream's fields: by its SCHEMA, and by the values of some records. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from target_gleantap.exact_json.values import kind_of
from target_gleantap.mapping.lint_stream import plain

MOST_FIELDS = 1000
"""How many fields of a stream are looked at."""
DEEPEST = 4
"""How many levels of nested objects are looked into."""

_LOOKS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "moment": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"),
    "number": re.compile(r"[-+]?\d+(\.\d+)?"),
    "boolean": re.compile(r"(?i:true|false|yes|no|y|n|t|f|on|off|0|1)"),
    "phone": re.compile(r"\+?[\d ().\-/]{7,20}"),
    "e164": re.compile(r"\+\d[\d ().\-]{6,20}"),
}
_KINDS = {"string": "text", "integer": "number", "array": "list"}


@dataclass
class SourceField:
    """A field of a stream, also of an object within its records.

    Attributes:
        path: The way to it.
        kinds: What the SCHEMA allows beside null: text, number, boolean, object, list.
        form: The SCHEMA's `format`.
        items: The SCHEMA of a list's items.
        seen: How many records were looked at.
        values: How many had a value there.
        looks: What these looked like; one may look like several things.
        largest: The largest number among them.
        is_open: Whether it may be an object whose members are not listed.
    """

    path: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    form: str = ""
    items: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    values: int = 0
    looks: Counter[str] = field(default_factory=Counter)
    largest: Decimal = Decimal(0)
    is_open: bool = False

    @property
    def dotted(self) -> str:
        """The path, for people."""
        return ".".join(self.path)

    def share(self, look: str) -> float:
        """Which part of the values looks so; 0 where there are none."""
        return self.looks[look] / self.values if self.values else 0.0

    def see(self, value: Any) -> None:
        """Take in the value of one record."""
        self.seen += 1
        if value is None or value == "":
            return
        self.values += 1
        kind = kind_of(value)
        self.looks[kind] += 1
        if kind == "number" and math.isfinite(value):
            self.largest = max(self.largest, Decimal(str(value)))
        text = str(value) if kind in ("text", "number") else ""
        self.looks.update(look for look, form in _LOOKS.items() if form.fullmatch(text))

    def of_kind(self, *kinds: str) -> bool:
        """Whether it may be one of these; also where nothing is known of it."""
        known = self.kinds or frozenset(kind for kind in _NAMED if self.looks[kind])
        return not known or bool(known & set(kinds))


_NAMED = ("text", "number", "boolean", "object", "list")


@dataclass
class StreamProfile:
    """A stream.

    Attributes:
        name: Its name.
        key_properties: Its key.
        fields: Its fields, by their paths.
        records: How many of its records were looked at.
    """

    name: str
    key_properties: tuple[str, ...]
    fields: dict[tuple[str, ...], SourceField]
    records: int = 0

    def see(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""
        self.records += 1
        for path, source in list(self.fields.items()):
            value: Any = record
            for name in path:
                value = value.get(name) if isinstance(value, Mapping) else None
            source.see(value)
            if isinstance(value, Mapping) and source.is_open and len(path) < DEEPEST:
                self._discover(path, value)

    def _discover(self, path: tuple[str, ...], value: Mapping[str, Any]) -> None:
        """Take in members of an object that the SCHEMA does not list."""
        for name in value:
            if (*path, name) not in self.fields and len(self.fields) < MOST_FIELDS:
                below = (*path, name)
                self.fields[below] = SourceField(below, is_open=True)


def profile_of(message: Mapping[str, Any]) -> StreamProfile:
    """What a SCHEMA message tells."""
    schema = message["schema"]
    found = {one.path: one for one in _fields(schema, schema, ())}
    keys = tuple(str(key) for key in message.get("key_properties") or ())
    return StreamProfile(str(message["stream"]), keys, found)


def _fields(schema: Any, root: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[SourceField]:
    properties = plain(schema, root).get("properties")
    if not isinstance(properties, Mapping) or len(above) >= DEEPEST:
        return
    for name, written in properties.items():
        if name.startswith("_sdc_"):
            continue
        path, member = (*above, name), _merged(written, root)
        types = member.get("type", ())
        names = [types] if isinstance(types, str) else types
        kinds = frozenset(_KINDS.get(one, one) for one in names if one != "null")
        form, items = str(member.get("format", "")), plain(member.get("items", {}), root)
        is_open = not member.get("properties")
        yield SourceField(path, kinds, form, items, is_open=is_open)
        yield from _fields(member, root, path)


def _merged(written: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field's schema; of a choice between several, all their types and the first form."""
    member: Mapping[str, Any] = plain(written, root)
    if member or not isinstance(written, Mapping):
        return member
    merged: dict[str, Any] = {}
    types: list[str] = []
    for choice in (*written.get("anyOf", ()), *written.get("oneOf", ())):
        one = plain(choice, root)
        said = one.get("type", ())
        types += [said] if isinstance(said, str) else said
        merged = {**one, **merged}
    return {**merged, "type": types}
