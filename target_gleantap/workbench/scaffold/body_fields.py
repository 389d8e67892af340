"""The fields of a resource's body, nested ones by their paths. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from target_gleantap.contract import Resource
from target_gleantap.mapping.coercion.wire import wire_type
from target_gleantap.workbench.scaffold.synonyms import CONSENT, folded

MOMENTS = ("date", "datetime", "timestamp", "time")


@dataclass(frozen=True)
class BodyField:
    """A field that a mapping may name.

    Attributes:
        path: The way to it.
        schema: Its documented schema.
        required: Whether every body must have it.
    """

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    required: bool

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def dotted(self) -> str:
        """The path, for people."""
        return ".".join(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """Its documented spellings, folded."""
        given = (self.name, *self.schema.get("x-aliases", ()))
        names = tuple(folded(one) for one in given)
        return (*names, *(name.removesuffix("s") for name in names)) if self.is_list else names

    @property
    def is_list(self) -> bool:
        """Whether it is a list of plain texts: one source field becomes its first item."""
        types = self.schema.get("items", {}).get("type", ())
        return self.schema.get("type") == "array" and "string" in types

    @property
    def is_open(self) -> bool:
        """Whether it is a list of objects, whose members no field of a source has as they are."""
        return "properties" in self.schema.get("items", {}) and not self.is_list

    @property
    def is_moment(self) -> bool:
        """Whether it says when."""
        return wire_type(self.schema) in MOMENTS

    @property
    def is_consent(self) -> bool:
        """Whether it says what somebody agreed to."""
        return any(word in folded(self.name) for word in CONSENT)


def body_fields(resource: Resource) -> list[BodyField]:
    """All of them, in the order of the contract; containers of one's own fields left out."""
    return list(_fields(resource.schema, (), resource, required=True))


def _fields(
    schema: Mapping[str, Any], above: tuple[str, ...], resource: Resource, *, required: bool
) -> Iterator[BodyField]:
    for name, member in schema["properties"].items():
        path = (*above, name)
        wanted = required and name in schema.get("required", ())
        if member.get("properties"):
            yield from _fields(member, path, resource, required=wanted)
        elif "properties" not in member and path != (resource.custom_attributes,):
            yield BodyField(path, member, wanted)


Path: TypeAlias = tuple[str, ...]


def unidentified(
    schema: Mapping[str, Any], mapped: Collection[Path], above: Path = ()
) -> list[list[Path]]:
    """The sets of fields of which one has to be mapped to tell whose a body is, and none is.

    Args:
        schema: The schema of the body, or of an object in it.
        mapped: The paths of the fields that are mapped.
        above: Where the object stands.

    Returns:
        Nothing where one of them is mapped, or where the contract has no such rule.
    """
    options = [option["required"] for option in schema.get("anyOf", ()) if "required" in option]
    lacking = [
        [path for name in option for path in _lacking(schema, name, mapped, above)]
        for option in options
    ]
    if options:
        return lacking if all(lacking) else []
    for name, member in schema["properties"].items():
        if member.get("properties") and name in schema.get("required", ()):
            return unidentified(member, mapped, (*above, name))
    return []


def _lacking(
    schema: Mapping[str, Any], name: str, mapped: Collection[Path], above: Path
) -> Iterator[Path]:
    """What is not mapped of a field, or of the identity of an object."""
    path, member = (*above, name), schema["properties"].get(name, {})
    if not member.get("properties"):
        yield from () if path in mapped else (path,)
        return
    below = unidentified(member, mapped, path)
    if below or not any(one[: len(path)] == path for one in mapped):
        yield from below[0] if below else (path,)
