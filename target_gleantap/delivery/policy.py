"""How far delivery goes."""

from __future__ import annotations

from dataclasses import dataclass

from target_gleantap.contract import Quota


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a dispatcher goes.

    Attributes:
        max_in_flight: Requests under way at once, at most.
        retry_deadline_seconds: How long a fault of the vendor is borne.
        on_ambiguous: `retry` or `reject`, where a resource is not idempotent.
        quotas: The user's own limits, for all requests together.
        linger_seconds: How long records wait for others to fill a request with.
        adaptive: Whether fewer are under way where the vendor bears no more.
    """

    max_in_flight: int
    retry_deadline_seconds: float
    on_ambiguous: str
    quotas: tuple[Quota, ...] = ()
    linger_seconds: float = 1.0
    adaptive: bool = True
