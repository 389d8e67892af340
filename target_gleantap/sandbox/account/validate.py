"""Checks a wire body against the contract, and finds the identifiers of its contact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from target_gleantap.contract import Identifier, IdentifierKind
from target_gleantap.model import Body

PHONE_DIGITS = 10


class BodyChecker:
    """A compiled body schema. Formats are asserted: the vendors' documents mean them."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)

    def faults(self, body: Any) -> list[str]:
        """List everything that is wrong, by field and rule, without any value.

        A null counts as a field that is not there; it is stored all the same.
        """
        body = without_nulls(body)
        try:
            if self._validator.is_valid(body):
                return []
            return [_words(error) for error in self._validator.iter_errors(body)]
        except (ValueError, RecursionError):
            # Newer Pythons read what is nested more deeply than the validator goes.
            return ["the body: is nested too deeply"]


def without_nulls(value: Any) -> Any:
    """The body without its nulls, at any depth of objects."""
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(child) for name, child in value.items() if child is not None}


def _words(error: jsonschema_rs.ValidationError) -> str:
    path = ".".join(str(part) for part in error.instance_path)
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"{_join(path, kind.property)}: is missing"
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return "; ".join(f"{_join(path, str(name))}: is not a field" for name in kind.unexpected)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf):
        return f"{path or 'the body'}: lacks what identifies a contact"
    rule = "/".join(str(part) for part in error.schema_path)
    return f"{path or 'the body'}: breaks the rule {rule}"


def _join(path: str, name: str) -> str:
    name = name.strip('"')
    return f"{path}.{name}" if path else name


def same(kind: IdentifierKind, value: str) -> str:
    """Bring two spellings of one identifier to the same text.

    Written apart from the target's own on purpose: the tests of ordering compare the two.
    """
    if kind is IdentifierKind.EMAIL:
        return value.strip().casefold()
    if kind is IdentifierKind.PHONE:
        return "".join(filter(str.isdigit, value))[-PHONE_DIGITS:]
    return value


def identify(identifiers: Iterable[Identifier], body: Body | None) -> tuple[str, ...]:
    """The identifiers of a body's contact, as `space:value` each."""
    found = (
        f"{identifier.space}:{same(identifier.kind, str(value))}"
        for identifier in identifiers
        for value in _each(body, identifier.path.split("."))
        if isinstance(value, (str, int)) and value != ""
    )
    return tuple(dict.fromkeys(found))


def _each(value: Any, path: list[str]) -> Iterator[Any]:
    """Follow a path into nested objects, and into each item of a list."""
    if isinstance(value, list):
        for item in value:
            yield from _each(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _each(value.get(path[0]), path[1:])
