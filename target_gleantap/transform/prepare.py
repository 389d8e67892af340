"""From a record to what is sent of it: map, check, envelope, encode. No I/O; told the time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from target_gleantap.contract import Cardinality
from target_gleantap.errors import ConfigError
from target_gleantap.exact_json.codec import encode
from target_gleantap.model import Body, Fault, Faulty, Filtered, Record, Rejection
from target_gleantap.transform.routes import Route
from target_gleantap.validation.checker import without_nulls

DERIVED_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is sent of a record.

    Attributes:
        body: The checked body.
        wire: The wire body.
        text: The same, encoded as `Preparation` was told to.
    """

    body: Body
    wire: Body
    text: bytes


class Preparation:
    """Prepares the records of one run.

    Args:
        vendor: The destination's own settings.
        encode: A wire body to JSON.
    """

    def __init__(self, vendor: Mapping[str, Any], encode: Callable[[Body], bytes] = encode) -> None:
        self._vendor = vendor
        self._encode = encode
        self._seen: dict[str, set[str]] = {}

    def prepare(
        self, route: Route, record: Record, now: datetime
    ) -> Prepared | Filtered | Rejection:
        """Take a record through one mapping, a line a stage.

        Raises:
            ConfigError: When the run would overrun a limit of the account that no single record
                is to blame for.
        """
        body = route.mapping.apply(record)
        if isinstance(body, Filtered):
            return body
        if isinstance(body, Faulty):
            return Rejection("mapping", body.faults)
        try:
            return self._checked(route, record, body, now)
        except ValueError as fault:
            return Rejection("mapping", (Fault("", str(fault), rule="json"),))

    def _checked(
        self, route: Route, record: Record, body: Body, now: datetime
    ) -> Prepared | Rejection:
        resource = route.resource
        if resource.derived_id is not None and body.get(resource.derived_id) is None:
            body[resource.derived_id] = derived_id(route, record, body)
        if faults := (*route.checker.faults(without_nulls(body)), *resource.checks(body, now)):
            return Rejection("contract", faults)
        if resource.cardinality is not None:
            self._count(resource.cardinality, body)
        wire = resource.envelope(body, self._vendor)
        return Prepared(body, wire, self._encode(wire))

    def _count(self, limit: Cardinality, body: Body) -> None:
        value = body.get(limit.field)
        seen = self._seen.setdefault(limit.field, set())
        if not isinstance(value, str) or value in seen:
            return
        seen.add(value)
        if len(seen) > limit.most:
            message = (
                f"{len(seen)} different {limit.noun} in one run, and {limit.most} is the limit"
            )
            hint = "map it to a few fixed names; what differs from record to record goes elsewhere"
            raise ConfigError([Fault(limit.field, message, hint, rule="cardinality")])


def derived_id(route: Route, record: Record, body: Body) -> str:
    """Make an id that is the same whenever the same record comes again.

    Args:
        route: Its stream and key properties.
        record: The record.
        body: What was mapped of it.

    Returns:
        32 hexadecimal digits: BLAKE2b of stream, key properties and body.

    Raises:
        ValueError: Where the body holds what JSON cannot.
    """
    keys = {name: record.get(name) for name in route.key_properties}
    text = encode({"stream": route.stream, "keys": keys, "body": _in_order(body)})
    return hashlib.blake2b(text, digest_size=DERIVED_ID_BYTES).hexdigest()


def _in_order(value: Any) -> Any:
    """The same value, its members by name: their order in the record says nothing."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_in_order(element) for element in value]
    return value
