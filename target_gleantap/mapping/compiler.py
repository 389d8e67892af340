"""An entry of `mappings` to a compiled mapping, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.errors import did_you_mean
from target_gleantap.mapping import mapping
from target_gleantap.mapping.coercion.wire import Wire, coercer
from target_gleantap.mapping.custom_attributes import (
    attributes_of,
    custom_faults,
    documented_names,
    merged,
)
from target_gleantap.mapping.expressions.compile import Expression, compile_expression, constantly
from target_gleantap.mapping.lint_contract import never_mapped, shape_faults
from target_gleantap.mapping.mapping import Field, Plan
from target_gleantap.mapping.shapes import Shape, compile_shape
from target_gleantap.model import Fault, MappingEntry


def compile_mapping(
    entry: MappingEntry, resource: Resource, wire: Wire
) -> tuple[mapping.Mapping | None, tuple[Fault, ...]]:
    """Compile an entry.

    Returns:
        The mapping and no faults; or None and all that is wrong with the entry, whatever the
        stream.
    """
    faults: list[Fault] = []
    wire = replace(wire, null_policy=entry.null_policy or wire.null_policy)
    drop_nulls = wire.null_policy == "omit"
    where = _compile_where(entry, faults)
    named = _named(entry, resource, wire, faults)
    shapes: dict[str, Shape] = {}
    for name, (key, value) in named.items():
        path = f"{entry.path}.fields.{key}"
        shapes[name], more = compile_shape(value, path, drop_nulls=drop_nulls)
        faults.extend(more)
    fields = _fields(shapes, resource, wire)
    container = resource.custom_attributes
    for field in fields:
        if not (entry.custom_attributes and field.name == container):
            path = f"{entry.path}.fields.{named[field.name][0]}"
            schema = resource.schema["properties"][field.name]
            faults.extend(shape_faults(field.shape, schema, path, wire))
    faults.extend(
        never_mapped(resource.schema, shapes, f"{entry.path}.fields", resource.derived_id)
    )
    faults.extend(custom_faults(entry, resource, wire.vendor))
    if faults:
        return None, tuple(faults)
    used = _used(where, shapes.values()) | documented_names(resource).keys() | wire.vendor.keys()
    attributes = attributes_of(entry, frozenset(used), drop_nulls=drop_nulls)
    if container and attributes is not None:
        fields = _into_container(fields, container, attributes, resource, wire)
        attributes = None
    plan = Plan(where, tuple(fields), attributes, send_nulls=not drop_nulls)
    return mapping.Mapping(entry, resource, plan), ()


def _compile_where(entry: MappingEntry, faults: list[Fault]) -> Expression | None:
    if entry.where is None:
        return None
    where, more = compile_expression(entry.where, f"{entry.path}.where")
    faults.extend(more)
    return where


def _named(
    entry: MappingEntry, resource: Resource, wire: Wire, faults: list[Fault]
) -> dict[str, tuple[str, Any]]:
    """Body field to the key it was given under and its value; faults for the other keys."""
    documented = documented_names(resource)
    named: dict[str, tuple[str, Any]] = {}
    if not isinstance(entry.fields, Mapping):
        faults.append(
            Fault(f"{entry.path}.fields", "is no dictionary of body fields", rule="shape")
        )
        return named
    for key, value in entry.fields.items():
        path, name = f"{entry.path}.fields.{key}", documented.get(key)
        if key in wire.vendor:
            hint = "leave it out here and set it among the settings"
            faults.append(Fault(path, f"{key} is a setting, not a field", hint, rule="reserved"))
        elif name is None:
            hint = _unknown_hint(str(key), resource)
            message = f"{resource.name} has no documented field {key}"
            faults.append(Fault(path, message, hint, rule="unknown"))
        elif name in named:
            message = f"is the same field as {named[name][0]}"
            faults.append(Fault(path, message, "keep one of the two", rule="alias"))
        else:
            named[name] = (key, value)
    return named


def _unknown_hint(key: str, resource: Resource) -> str:
    close = did_you_mean(key, documented_names(resource))
    if close or resource.custom_attributes is None:
        return close
    if resource.custom_attributes:
        return f"fields of your own go into {resource.custom_attributes}"
    return "fields of your own go under custom_attributes"


def _fields(shapes: Mapping[str, Shape], resource: Resource, wire: Wire) -> list[Field]:
    properties = resource.schema["properties"]
    return [Field(name, shape, coercer(properties[name], wire)) for name, shape in shapes.items()]


def _used(where: Expression | None, shapes: Iterable[Shape]) -> set[str]:
    expressions = [expression for shape in shapes for expression in shape.expressions]
    if where is not None:
        expressions.append(where)
    return {path[0] for expression in expressions for path in expression.sources}


def _into_container(
    fields: list[Field], container: str, attributes: Any, resource: Resource, wire: Wire
) -> list[Field]:
    """Let the custom attributes join the object that they go into, mapped or not."""
    mapped = {field.name: field for field in fields}
    if container not in mapped:
        (mapped[container],) = _fields({container: Shape(constantly(None))}, resource, wire)
    field = mapped[container]
    shape = replace(field.shape, read=merged(field.shape.read, attributes), constant=False)
    mapped[container] = replace(field, shape=shape)
    return list(mapped.values())
