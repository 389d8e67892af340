"""Custom attributes: source fields that pass through under their own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from target_gleantap.contract import Resource
from target_gleantap.errors import did_you_mean
from target_gleantap.exact_json.values import NotCoercible, a_kind_of
from target_gleantap.mapping.expressions.compile import Reader
from target_gleantap.mapping.nested import spellings
from target_gleantap.model import Fault, MappingEntry, Record

Attributes: TypeAlias = Callable[[Record], dict[str, Any]]

ALL = "*"
METADATA = "_sdc_"
"""What singer-sdk's own fields begin with: they are about the record, not of the contact."""


def documented_names(resource: Resource) -> dict[str, str]:
    """Every spelling of a body field, aliases included, to the field's name."""
    return spellings(resource.schema)


def custom_faults(
    entry: MappingEntry, resource: Resource, reserved: Mapping[str, Any]
) -> Iterator[Fault]:
    """What is wrong with `custom_attributes`, before any stream is known."""
    given, path = entry.custom_attributes, f"{entry.path}.custom_attributes"
    if not given:
        return
    if resource.custom_attributes is None:
        message = f"{resource.name} takes no fields beside its documented ones"
        yield Fault(path, message, "leave custom_attributes out", rule="custom_attributes")
        return
    if isinstance(given, str):
        if given != ALL:
            hint = 'write a list of source fields, or "*"'
            yield Fault(path, "is neither a list nor *", hint, rule="custom_attributes")
        return
    for place, name in enumerate(given):
        yield from _name_faults(name, f"{path}[{place}]", resource, reserved)


def _name_faults(
    name: str, path: str, resource: Resource, reserved: Mapping[str, Any]
) -> Iterator[Fault]:
    field = documented_names(resource).get(name)
    if name in reserved:
        hint = "set it among the settings, or map it under another name"
        yield Fault(path, f"{name} is a setting, not a field", hint, rule="reserved")
    elif resource.custom_attributes == "" and field is not None:
        hint = f"map it under fields: {field}: {name}"
        message = f"{name} is a documented field of {resource.name}"
        yield Fault(path, message, hint, rule="custom_attributes")


def missing_faults(
    entry: MappingEntry, properties: Mapping[str, Any], stream: str
) -> Iterator[Fault]:
    """Custom attributes that the stream's SCHEMA does not have."""
    if isinstance(entry.custom_attributes, str):
        return
    for place, name in enumerate(entry.custom_attributes):
        if name not in properties and not name.startswith(METADATA):
            path = f"{entry.path}.custom_attributes[{place}]"
            message = f"stream {stream!r} has no field {name}"
            yield Fault(path, message, did_you_mean(name, properties), rule="source")


def attributes_of(
    entry: MappingEntry, excluded: frozenset[str], *, drop_nulls: bool
) -> Attributes | None:
    """What gives a record's custom attributes; None where the entry has none.

    Args:
        entry: The mapping's entry.
        excluded: With `"*"`: names that are used, documented or reserved.
        drop_nulls: Whether nulls are left out.
    """
    names = entry.custom_attributes
    if not names:
        return None
    if names == ALL:
        return lambda record: {
            name: value
            for name, value in record.items()
            if name not in excluded
            and not name.startswith(METADATA)
            and not (drop_nulls and value is None)
        }
    return lambda record: {
        name: record[name]
        for name in names
        if name in record and not (drop_nulls and record[name] is None)
    }


def merged(read: Reader, attributes: Attributes) -> Reader:
    """A reader that puts custom attributes into the object that another reader gives."""

    def read_merged(record: Any) -> Any:
        mapped, custom = read(record), attributes(record)
        if mapped is None:
            return custom or None
        if isinstance(mapped, list) and len(mapped) == 1:
            mapped = mapped[0]
        if not isinstance(mapped, dict):
            message = f"is {a_kind_of(mapped)}, wants an object"
            raise NotCoercible(message, "custom_attributes go into it")
        return {**custom, **mapped}

    return read_merged
