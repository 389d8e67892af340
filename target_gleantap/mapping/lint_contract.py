"""Holding the shapes of a mapping against the documented body, whatever the stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from target_gleantap.errors import did_you_mean
from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping.coercion.wire import Wire, coercer
from target_gleantap.mapping.nested import each, spellings
from target_gleantap.mapping.shapes import Shape
from target_gleantap.model import Fault
from target_gleantap.validation.checker import Checker, without_nulls
from target_gleantap.validation.explanations import dotted, identity_message

Schema: TypeAlias = Mapping[str, Any]


def shape_faults(shape: Shape, schema: Schema, path: str, wire: Wire) -> Iterator[Fault]:
    """What is wrong with one body field for every record: literals, nested fields.

    Args:
        shape: What the mapping makes it of.
        schema: The field's documented schema.
        path: Where it stands in the config.
        wire: How literals are coerced.
    """
    if shape.parts and "properties" in schema:
        yield from _nested_faults(shape, schema, path, wire)
    elif shape.items and "items" in schema:
        for place, item in enumerate(shape.items):
            yield from shape_faults(item, schema["items"], f"{path}[{place}]", wire)
    elif shape.constant:
        yield from _literal_faults(shape, schema, path, wire)


def never_mapped(
    schema: Schema, shapes: Mapping[str, Shape], path: str, derived: str | None = None
) -> Iterator[Fault]:
    """Required fields, and identities, that nothing is mapped to.

    Args:
        schema: The schema of the object that holds the fields.
        shapes: What is mapped, by field.
        path: Where the object stands in the config.
        derived: A field that is made where the mapping gives none.
    """
    given = {name for name, shape in shapes.items() if not _is_null(shape)}
    for name in schema.get("required", ()):
        if name not in given and name != derived:
            hint = f"map it: {name}: <source field>"
            yield Fault(f"{path}.{name}", "is required and never mapped", hint, rule="required")
    options = [option["required"] for option in schema.get("anyOf", ()) if "required" in option]
    if options and not any(given.issuperset(option) for option in options):
        yield Fault(path, identity_message(options), "map one of these", rule="identity")


def _is_null(shape: Shape) -> bool:
    return shape.constant and shape.read({}) is None


def _nested_faults(shape: Shape, schema: Schema, path: str, wire: Wire) -> Iterator[Fault]:
    names, given = spellings(schema), dict[str, Shape]()
    place = path.partition(".fields.")[2]
    for key, part in shape.parts.items():
        name = names.get(key)
        if name is None:
            if schema.get("additionalProperties") is False:
                message = f"{place} has no documented field {key}"
                hint = did_you_mean(key, names)
                yield Fault(f"{path}.{key}", message, hint, rule="unknown")
        elif name in given:
            hint = "keep one of the two"
            yield Fault(f"{path}.{key}", f"{name} is mapped twice", hint, rule="alias")
        else:
            given[name] = part
            yield from shape_faults(part, schema["properties"][name], f"{path}.{key}", wire)
    yield from never_mapped(schema, given, path)


def _literal_faults(shape: Shape, schema: Schema, path: str, wire: Wire) -> Iterator[Fault]:
    """What is wrong with a literal: it would be wrong for every record."""
    try:
        value = shape.read({})
        value = None if value is None else coercer(schema, wire)(value)
    except NotCoercible as error:
        for below, one in each(error):
            yield Fault(_joined(path, dotted(below)), one.message, one.hint, one.rule)
        return
    if value is None:
        return
    for fault in Checker({"properties": {"": schema}}).faults(without_nulls({"": value})):
        yield replace(fault, path=_joined(path, fault.path.lstrip(".")))


def _joined(path: str, below: str) -> str:
    return f"{path}{'' if not below or below.startswith('[') else '.'}{below}"
