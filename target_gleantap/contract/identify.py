"""Whose record a body is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from target_gleantap.contract import Identifier, IdentifierKind, Resource
from target_gleantap.model import Body

PHONE_DIGITS = 10
"""How many digits, from the right, tell two phone numbers apart: prefixes are written in many
ways, and to take two contacts for one only makes them wait for each other."""


def identifiers(resource: Resource, body: Body) -> tuple[str, ...]:
    """Say whose record a body is: what it is known by, spelled so that equals are equal.

    Args:
        resource: Declares where to look.
        body: The checked body.

    Returns:
        `space:value` for each identifier that the body has.
    """
    found: dict[str, None] = {}
    for identifier in resource.identifiers:
        for value in _values(body, identifier.path):
            found[_spelled(identifier, value)] = None
    return tuple(found)


def key(resource: Resource, body: Body) -> tuple[str, ...] | None:
    """Say what the ledger knows a body by.

    Args:
        resource: Declares its key.
        body: The checked body, or as much of it as there is.

    Returns:
        `space:value` for each part of the first alternative that the body has whole, or None.
    """
    for alternative in resource.key:
        found = []
        for part in alternative:
            value: object = body.get(part.path)
            if value is None or isinstance(value, (dict, list)):
                value = next(_at(body, part.path.split(".")), None)
            if value is None or value == "":
                break
            found.append(_spelled(part, value))
        else:
            return tuple(found)
    return None


def other_keys(resource: Resource, body: Body) -> list[tuple[str, ...]]:
    """Say what else the ledger may know a body by: what another one of the same contact had whole.

    Args:
        resource: Declares its key.
        body: The checked body.

    Returns:
        All that `key` might have said of it, but for what it says.
    """
    ways = [
        way
        for alternative in resource.key
        for way in product(
            *([_spelled(part, one) for one in _values(body, part.path)] for part in alternative)
        )
    ]
    return list(dict.fromkeys(ways))[1:]


def _values(body: Body, path: str) -> Iterable[object]:
    """The plain values at a path of the body; most paths are one name, and most values text."""
    if "." not in path:
        value: object = body.get(path)
        if isinstance(value, str) or value is None:
            return (value,) if value else ()
    return _at(body, path.split("."))


def _at(value: object, path: list[str]) -> Iterator[object]:
    """The plain values at a path; every element of a list is looked into."""
    if isinstance(value, list):
        for element in value:
            yield from _at(element, path)
    elif isinstance(value, dict):
        yield from _at(value.get(path[0]), path[1:]) if path else ()
    elif not path and value not in (None, ""):
        yield value


def _spelled(identifier: Identifier, value: object) -> str:
    return f"{identifier.space}:{_same(identifier, str(value))}"


def _same(identifier: Identifier, text: str) -> str:
    if identifier.kind is IdentifierKind.EXACT:
        return text
    if identifier.kind is IdentifierKind.EMAIL:
        return text.strip().casefold()
    if identifier.kind is IdentifierKind.PHONE:
        digits = text.removeprefix("+")
        if not digits.isdigit():
            digits = "".join(filter(str.isdigit, text))
        return digits[-PHONE_DIGITS:] or text.strip()
    return text
