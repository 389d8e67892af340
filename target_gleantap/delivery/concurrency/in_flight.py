"""A request under way, as what learns from its answer sees it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flight:
    """A request under way.

    Attributes:
        at: When it left.
        in_flight: How many were under way then, itself included.
    """

    at: float
    in_flight: int
