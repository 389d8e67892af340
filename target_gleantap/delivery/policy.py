"""The settings of delivery."""

from __future__ import annotations

from dataclasses import dataclass

from target_gleantap.contract import Quota


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of a dispatcher.

    Attributes:
        max_in_flight: The most requests in flight at once.
        retry_deadline_seconds: How long a vendor error is retried.
        on_ambiguous: `retry` or `reject`, where a resource is not idempotent.
        quotas: The user's own rate limits, for all requests together.
        linger_seconds: How long records wait for others to fill a request with.
        job_deadline_seconds: How long a job that the vendor runs is followed.
        adaptive: Whether the number in flight adapts to what the vendor accepts.
    """

    max_in_flight: int
    retry_deadline_seconds: float
    on_ambiguous: str
    quotas: tuple[Quota, ...] = ()
    linger_seconds: float = 1.0
    job_deadline_seconds: float = 3600.0
    adaptive: bool = True
