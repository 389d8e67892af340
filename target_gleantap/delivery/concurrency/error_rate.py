"""What became of the requests that left since a time, counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from target_gleantap.delivery.concurrency.in_flight import Flight

PROOFS = 3
"""So many times as many at once must have been taken, where a refusal is to say nothing of them."""
SLOW = 10
"""Refusals that take so many times as long as answers do are no answers at all."""
STANDARD_ERRORS = 3


@dataclass(slots=True)
class Tally:
    """Requests that were taken, and that were refused.

    Attributes:
        taken, refused: How many.
        taken_seconds, refused_seconds: How long they were under way, summed up.
        least: The least that were under way with one that was refused.
        least_at: When that one left.
        proofs: How many were taken that left with as many under way, or more, then or later.
    """

    taken: int = 0
    refused: int = 0
    taken_seconds: float = 0.0
    refused_seconds: float = 0.0
    least: float = inf
    least_at: float = inf
    proofs: int = 0

    def take(self, flight: Flight, now: float) -> None:
        """Count one that was taken."""
        self.taken += 1
        self.taken_seconds += now - flight.at
        self.proofs += flight.at >= self.least_at and flight.in_flight >= self.least

    def refuse(self, flight: Flight, now: float) -> None:
        """Count one that was refused."""
        self.refused += 1
        self.refused_seconds += now - flight.at
        if flight.in_flight < self.least:
            self.least, self.least_at, self.proofs = flight.in_flight, flight.at, 0

    def forget_the_least(self) -> None:
        """Let the next refusal be the first that says how many were under way."""
        self.least = self.least_at = inf

    @property
    def count(self) -> int:
        """How many there are."""
        return self.taken + self.refused

    @property
    def share(self) -> float:
        """The share that was refused; all of it where requests were left hanging."""
        return 1.0 if self.hanging else self.refused / self.count

    @property
    def hanging(self) -> bool:
        """Whether those that were refused were not so much refused as never answered."""
        return self.refused_seconds * self.taken > SLOW * self.taken_seconds * self.refused

    @property
    def too_many(self) -> float:
        """So many at once are refused, so far as is known; infinite where nothing is."""
        return self.least if self.hanging or self.proofs < PROOFS else inf

    def by_chance(self, answers: int) -> float:
        """The share that chance may make of this one, within so many answers."""
        variance = self.share * (1 - self.share) * (1 / answers + 1 / self.count)
        return self.share + STANDARD_ERRORS * sqrt(variance)
