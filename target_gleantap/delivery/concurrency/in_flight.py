"""When a request was sent, and how many were in flight then. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flight:
    """A request in flight.

    Attributes:
        at: When it was sent, in monotonic seconds.
        in_flight: How many were in flight then, itself included.
    """

    at: float
    in_flight: int
