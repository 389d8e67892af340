"""The share of requests that failed, among those sent since a time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from target_gleantap.delivery.concurrency.in_flight import Flight

PROOFS = 3
"""So many times as many at once must have been taken, where a refusal is to say nothing of them."""
SLOW = 10
"""Overload that take so many times as long as answers do are no answers at all."""
STANDARD_ERRORS = 3


@dataclass(slots=True)
class ErrorRate:
    """Counts accepted and refused requests.

    Attributes:
        taken, refused: How many requests were accepted and refused.
        taken_seconds, refused_seconds: The sums of their response times.
        least: The fewest in flight with one that was refused.
        least_at: When that one was sent.
        proofs: How many were accepted that were sent with as many in flight, or more, since then.
    """

    taken: int = 0
    refused: int = 0
    taken_seconds: float = 0.0
    refused_seconds: float = 0.0
    least: float = inf
    least_at: float = inf
    proofs: int = 0

    def take(self, flight: Flight, now: float) -> None:
        """Count an accepted request."""
        self.taken += 1
        self.taken_seconds += now - flight.at
        self.proofs += flight.at >= self.least_at and flight.in_flight >= self.least

    def refuse(self, flight: Flight, now: float) -> None:
        """Count a refused request."""
        self.refused += 1
        self.refused_seconds += now - flight.at
        if flight.in_flight < self.least:
            self.least, self.least_at, self.proofs = flight.in_flight, flight.at, 0

    def forget_the_least(self) -> None:
        """Forget how many were in flight with the refusals so far."""
        self.least = self.least_at = inf

    @property
    def count(self) -> int:
        """How many were counted."""
        return self.taken + self.refused

    @property
    def share(self) -> float:
        """The share that was refused; all of it where requests were left hanging."""
        return 1.0 if self.hanging else self.refused / self.count

    @property
    def hanging(self) -> bool:
        """Whether the refused ones hung without a response, rather than being refused."""
        return self.refused_seconds * self.taken > SLOW * self.taken_seconds * self.refused

    @property
    def too_many(self) -> float:
        """The number in flight that is refused; infinite where none is known."""
        return self.least if self.hanging or self.proofs < PROOFS else inf

    def by_chance(self, answers: int) -> float:
        """The highest share that chance may produce from this one, within so many responses."""
        variance = self.share * (1 - self.share) * (1 / answers + 1 / self.count)
        return self.share + STANDARD_ERRORS * sqrt(variance)
