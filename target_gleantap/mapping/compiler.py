"""An entry of `mappings` to a compiled mapping, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.mapping import mapping
from target_gleantap.mapping.checker import Checker
from target_gleantap.mapping.coercion import Wire, coercer
from target_gleantap.mapping.custom import attributes_of, custom_faults, documented_names, merged
from target_gleantap.mapping.explanations import identity_message
from target_gleantap.mapping.expressions import Expression, compile_expression, constantly
from target_gleantap.mapping.json_values import NotCoercible
from target_gleantap.mapping.mapping import Field, Plan
from target_gleantap.mapping.shapes import Shape, compile_shape
from target_gleantap.mapping.spelling import did_you_mean
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
    drop_nulls = (entry.null_policy or wire.null_policy) == "omit"
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
        if field.shape.constant and not (entry.custom_attributes and field.name == container):
            faults.extend(_constant_faults(field, resource, f"{entry.path}.fields"))
    faults.extend(_never_mapped(entry, resource, shapes))
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


def _constant_faults(field: Field, resource: Resource, path: str) -> list[Fault]:
    """What is wrong with a literal: it would be wrong for every record."""
    path = f"{path}.{field.name}"
    try:
        value = field.shape.read({})
        value = None if value is None else field.coerce(value)
    except NotCoercible as error:
        return [Fault(path, error.message, error.hint, error.rule)]
    if value is None:
        return []
    schema = {"properties": {field.name: resource.schema["properties"][field.name]}}
    return [replace(fault, path=path) for fault in Checker(schema).faults({field.name: value})]


def _never_mapped(
    entry: MappingEntry, resource: Resource, shapes: Mapping[str, Shape]
) -> Iterator[Fault]:
    path, schema = f"{entry.path}.fields", resource.schema
    given = {name for name, shape in shapes.items() if not _is_null(shape)}
    for name in schema.get("required", ()):
        if name not in given and name != resource.derived_id:
            hint = f"map it: {name}: <source field>"
            yield Fault(f"{path}.{name}", "is required and never mapped", hint, rule="required")
    options = [option["required"] for option in schema.get("anyOf", ()) if "required" in option]
    if options and not any(given.issuperset(option) for option in options):
        yield Fault(path, identity_message(options), "map one of these", rule="identity")


def _is_null(shape: Shape) -> bool:
    return shape.constant and shape.read({}) is None


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
