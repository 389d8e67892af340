"""The check of a JSON value against a schema: a compiled one accepts, a slow one explains.

Used for a mapped body against the documented contract, and for a record against its SCHEMA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import jsonschema_rs
import msgspec
from jsonschema import Draft202012Validator, SchemaError, validators
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from target_gleantap.exact_json.codec import decode_json
from target_gleantap.model import Body, Fault
from target_gleantap.validation.exact_rules import EXACT_TYPES, address_checker, multiple_of
from target_gleantap.validation.explanations import explain


class DeadReferenceError(SchemaError):
    """A schema refers to what is not in it. The message is the reference."""


class Checker:
    """A compiled schema.

    Args:
        schema: A JSON Schema; draft 2020-12 where it does not say. Or its JSON text, of
            which less is kept.
        formats: Whether `format: email` is held to; other formats never are.

    Raises:
        jsonschema.SchemaError: Where the schema itself is invalid, or refers to what is not in it.
    """

    def __init__(self, schema: Mapping[str, Any] | bytes, *, formats: bool = False) -> None:
        self._schema = schema
        self._formats = formats
        self._fast = _compile(schema, formats=formats)
        if self._fast is None:
            read = _read(schema)
            _refuse(read)
            _refuse_dead_references(read)

    @cached_property
    def _slow(self) -> Any:
        """Made for the first instance that needs it: most runs have none."""
        return _explainer(_read(self._schema), formats=self._formats)

    def faults(self, instance: Any) -> tuple[Fault, ...]:
        """Everything that is wrong, without the values; empty for a valid instance."""
        try:
            if self._fast is not None and self._fast(instance):
                return ()
        except (ValueError, TypeError, RecursionError):
            pass  # a type that it does not know, such as a subclass of Decimal
        try:
            return explain(self._slow.iter_errors(instance))
        except (Unresolvable, TypeError, ValueError, ArithmeticError, RecursionError):
            return (Fault("", "cannot be held against the schema", rule="schema"),)


def without_nulls(body: Body) -> Body:
    """The body as the contract sees it: without fields that are null, at any depth of objects.

    The body itself where there are none.
    """
    if None not in body.values() and dict not in map(type, body.values()):
        return body
    return {
        name: without_nulls(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if value is not None
    }


def _read(schema: Mapping[str, Any] | bytes) -> Mapping[str, Any]:
    if not isinstance(schema, bytes):
        return schema
    read: dict[str, Any] = decode_json(schema)
    return read


def _compile(schema: Mapping[str, Any] | bytes, *, formats: bool) -> Callable[[Any], bool] | None:
    try:
        compiled = jsonschema_rs.validator_for(
            _for_rust(schema), validate_formats=formats, retriever=_retrieve_nothing
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return compiled.is_valid


def _retrieve_nothing(_uri: str) -> Any:
    raise ValueError("no schema is fetched from elsewhere")


def _for_rust(schema: Mapping[str, Any] | bytes) -> Any:
    """The schema with its decimal numbers as floats."""
    if not isinstance(schema, bytes):
        return _with_floats(schema)
    try:
        return msgspec.json.decode(schema)
    except msgspec.DecodeError:  # a number past all floats, or a lone surrogate
        return _with_floats(decode_json(schema))


def _with_floats(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _with_floats(child) for key, child in value.items()}
    return [_with_floats(child) for child in value] if isinstance(value, list) else value


def _explainer(schema: Mapping[str, Any], *, formats: bool) -> Any:
    draft: Any = validators.validator_for(schema, default=Draft202012Validator)
    extend: Any = validators.extend  # untyped in its stub
    exact = extend(
        draft,
        {"multipleOf": multiple_of},
        type_checker=draft.TYPE_CHECKER.redefine_many(EXACT_TYPES),
    )
    return exact(
        schema,
        format_checker=address_checker() if formats else None,
        registry=Registry(),  # an empty one: nothing is fetched
    )


def _refuse(schema: Mapping[str, Any]) -> None:
    """Say what is invalid in a schema that could not be compiled."""
    draft: Any = validators.validator_for(schema, default=Draft202012Validator)
    draft.check_schema(schema)


def _refuse_dead_references(schema: Mapping[str, Any]) -> None:
    """Say now, and not at every record, that a reference leads nowhere."""
    root = Resource.from_contents(schema, default_specification=DRAFT202012)
    resolver = Registry().resolver_with_root(root)
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:  # noqa: PERF203 - the first one ends it
            raise DeadReferenceError(reference) from None


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)
