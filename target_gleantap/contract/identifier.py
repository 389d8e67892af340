"""What tells whose record a body is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class IdentifierKind(str, Enum):
    """How two spellings of an identifier are told to be the same one."""

    EXACT = "exact"
    EMAIL = "email"
    """Case and surrounding space do not count."""
    PHONE = "phone"
    """Only digits count, and of these the last ten."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A body field that tells whose record this is.

    Attributes:
        space: What it identifies by: two fields with the same space and value are the same
            contact, whatever the resource (`user_id`, `email`, `phone`, ...).
        path: The body field; dots lead into nested objects, and into each one of a list (of
            plain values, too).
        kind: How values are compared.
    """

    space: str
    path: str
    kind: IdentifierKind = IdentifierKind.EXACT
