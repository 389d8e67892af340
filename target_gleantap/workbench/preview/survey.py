"""What a dry run shows of every mapping: counts of all its records, and the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from target_gleantap.model import Body, Record
from target_gleantap.transform.prepare import Prepared
from target_gleantap.transform.routes import Route
from target_gleantap.workbench.preview.masking import constants, masked, showable
from target_gleantap.workbench.preview.seen import Again, Seen

MOST_FIELDS = 500
"""How many fields of one mapping are counted apart: custom attributes may have any names."""


@dataclass(frozen=True)
class Example:
    """A record and what would be sent of it, masked where that is wanted."""

    line: int
    record: Any
    body: Any


@dataclass
class Surveyed:
    """One mapping of one stream.

    Attributes:
        route: The mapping.
        sent: Records that would be sent.
        filled: How many of these have a value, by body field; dots lead into documented objects.
        again: How many of them came before, by their key.
        examples: The first of them.
    """

    route: Route
    sent: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    again: Counter[Again] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def __post_init__(self) -> None:
        fields = self.route.mapping.plan.fields
        self.mapped = tuple(one.name for one in fields)
        self.known = set().union(*(constants(one.shape) for one in fields)) if fields else set()
        properties = self.route.resource.schema["properties"]
        self._documented = {
            name: schema["properties"]
            for name, schema in properties.items()
            if schema.get("properties")
        }
        self.unmapped = tuple(name for name in properties if name not in self.mapped)

    def count(self, body: Body) -> None:
        """Count the fields that have a value."""
        self.sent += 1
        filled = self.filled
        for name, value in body.items():
            if value is None or value == "":
                continue
            if name in filled or len(filled) < MOST_FIELDS:
                filled[name] += 1
            if name in self._documented and isinstance(value, dict):
                self._count_below(name, value, self._documented[name])

    def _count_below(self, above: str, body: Body, documented: Mapping[str, Any]) -> None:
        for name, value in body.items():
            if name in documented and value is not None and value != "":
                path = f"{above}.{name}"
                self.filled[path] += 1
                below = documented[name].get("properties")
                if below and isinstance(value, dict):
                    self._count_below(path, value, below)

    @property
    def fill(self) -> dict[str, int]:
        """How many have a value, by field: also of those mapped fields that never have one."""
        return {**dict.fromkeys(self.mapped, 0), **self.filled}


class Survey:
    """Watches what the mappings make of every record.

    Args:
        vendor: The destination's own settings, without credentials.
        limit: How many examples are kept of each mapping.
        show_values: Whether these hold values.
    """

    def __init__(self, vendor: Mapping[str, Any], limit: int, *, show_values: bool) -> None:
        self.mappings: dict[tuple[str, str], Surveyed] = {}
        self.seen = Seen()
        self._vendor = vendor
        self._limit = limit
        self._show_values = show_values

    def open(self, route: Route) -> Surveyed:
        """Find, or begin, what is known of a mapping."""
        key = (route.stream, route.name)
        found = self.mappings.get(key)
        if found is None:
            found = self.mappings[key] = Surveyed(route)
        return found

    def take(self, route: Route, record: Record, made: Prepared, line: int) -> None:
        """Take in a record that would be sent."""
        surveyed = self.open(route)
        surveyed.count(made.body)
        body = hash(made.text)
        keys = tuple(str(record.get(name)) for name in route.key_properties)
        key = hash((route.stream, route.name, keys)) if keys else body
        surveyed.again[self.seen.see(key, body)] += 1
        if len(surveyed.examples) < self._limit:
            surveyed.examples.append(self._example(surveyed, record, made, line))

    def _example(self, surveyed: Surveyed, record: Record, made: Prepared, line: int) -> Example:
        if self._show_values:
            wire = self.wire(surveyed.route, made.body)
            return Example(line, showable(dict(record)), showable(wire))
        known = surveyed.known
        try:
            # The envelope's own words are no secret: so it is put around what is masked.
            body = self.wire(surveyed.route, masked(made.body, known))
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
            body = masked(self.wire(surveyed.route, made.body), known)
        return Example(line, masked(dict(record), known), body)

    def wire(self, route: Route, body: Body) -> Body:
        """The wire body, credentials left out."""
        return route.resource.envelope(body, self._vendor)
