"""What the answers of about one round trip say together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from target_gleantap.delivery.concurrency.in_flight import Flight


@dataclass(slots=True)
class Round:
    """The answers to what left since a time.

    Attributes:
        began: That time.
        count: How many there are.
        total, squares: How long they took, in seconds: the sum, and that of the squares.
        under_way: How many requests were under way with each, summed up.
        lag: Seconds that they lay about in this process, summed up.
        in_use: Whether the limit held any of them back, or nearly.
    """

    began: float = -inf
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    under_way: int = 0
    lag: float = 0.0
    in_use: bool = False

    def add(self, flight: Flight, now: float, seconds: float, *, in_use: bool) -> None:
        """Take an answer in.

        Args:
            flight: As its request left.
            now: The time.
            seconds: How long it took.
            in_use: Whether the limit was in use.
        """
        self.count += 1
        self.total += seconds
        self.squares += seconds * seconds
        self.under_way += flight.in_flight
        self.lag += now - flight.at - seconds
        self.in_use |= in_use

    @property
    def mean(self) -> float:
        """How long they took, in seconds."""
        return self.total / self.count

    @property
    def in_flight(self) -> float:
        """How many were under way, in the mean."""
        return self.under_way / self.count

    @property
    def rate(self) -> float:
        """How many are answered in a second, by Little's law."""
        return self.in_flight / self.mean

    def at_least(self, errors: int) -> float:
        """What the vendor took at least: the mean less so many standard errors, and less the lag.

        The lag is how long requests and answers lay about in this process, before and after; where
        the machine is busy they do so in between as well.
        """
        variance = max(0.0, self.squares / self.count - self.mean**2)
        return self.mean - errors * sqrt(variance / self.count) - self.lag / self.count
