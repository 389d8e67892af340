"""Response times of about one round trip. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from target_gleantap.delivery.concurrency.in_flight import Flight


@dataclass(slots=True)
class SampleWindow:
    """The response times of the requests sent since a time.

    Attributes:
        began: That time, in monotonic seconds.
        count: How many responses there are.
        total, squares: The sum of the response times in seconds, and that of their squares.
        under_way: The sum of the requests in flight with each.
        lag: The sum of the seconds that they waited in this process.
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
        """Add a response.

        Args:
            flight: Its request.
            now: Monotonic seconds.
            seconds: The response time.
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
        """The mean response time, in seconds."""
        return self.total / self.count

    @property
    def in_flight(self) -> float:
        """The mean number of requests in flight."""
        return self.under_way / self.count

    @property
    def rate(self) -> float:
        """Responses a second, by Little's law."""
        return self.in_flight / self.mean

    def at_least(self, errors: int) -> float:
        """The least that the vendor took: the mean less so many standard errors, and less the lag.

        The lag is the time that requests and responses waited in this process.
        """
        variance = max(0.0, self.squares / self.count - self.mean**2)
        return self.mean - errors * sqrt(variance / self.count) - self.lag / self.count
