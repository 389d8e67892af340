"""The fields of a resource's body, nested ones by their paths. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from target_gleantap.contract import Resource
from target_gleantap.mapping.coercion import wire_type
from target_gleantap.workbench.words import CONSENT, folded

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
        return tuple(folded(one) for one in (self.name, *self.schema.get("x-aliases", ())))

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


def identities(
    schema: Mapping[str, Any], above: tuple[str, ...] = ()
) -> list[list[tuple[str, ...]]]:
    """The sets of fields that tell whose a body is, each as paths; none where there is no rule."""
    found = [
        [(*above, name) for name in option["required"]]
        for option in schema.get("anyOf", ())
        if "required" in option
    ]
    for name, member in schema["properties"].items():
        if not found and member.get("properties") and name in schema.get("required", ()):
            found = identities(member, (*above, name))
    return found
