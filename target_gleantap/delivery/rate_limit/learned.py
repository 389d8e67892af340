"""A quota that no document tells, learned from the vendor's 429s. Pure: told the time.

A 429 means too many in a time, or too many at once. It was the time where as many at once were
taken before, several times, and twice as many in that time as were under way. Then what was taken
in it (in a second, or in as long as `Retry-After` asks for) may be the quota. Where the next 429
comes after as many, it is, and is kept from then on; one alone may have any cause, and a quota
taken from the first moments of a run would be far too small. Otherwise nothing is learned, and it
is left to `limit`, which falls: if that was not it, the next 429 comes with fewer under way. What
was learned is tried again upwards now and then; the AWS SDKs' adaptive retry mode also keeps a rate
below what was throttled, and rises from there (botocore, retries/adaptive.py and throttling.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappushpop
from math import ceil, inf

from target_gleantap.contract import Quota
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.rate_limit.pacer import Departure, Pacer

LONGEST_SECONDS = 5
"""Where the vendor asks for a longer wait, that wait is pace enough."""
LEAST = 5
"""Fewer requests than this tell no quota."""
PROOFS = 5
"""So many times as many at once must have been taken: the vendor may have seen fewer than left."""
ALIKE = 0.1
"""Two 429s speak of one quota where they come after as many requests, give or take this share."""
LESS = 0.95
"""What is left of a quota that was kept and refused nevertheless."""
MORE = 0.05
MOST_MORE = 0.4
"""The first step upwards, and the largest: each that is borne is followed by one twice as large."""
PRICE = 30
"""A step upwards may cost a wait: it comes after this many times as long, or twice that after each
that was refused."""
LONGEST_CALM_SECONDS = 600.0
BORNE_SECONDS = 2
"""After this many times the quota's own seconds a step upwards counts as borne."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A 429.

    Attributes:
        at: When it was heard.
        seconds: The time that the quota may be of.
        in_flight: How many were under way with the request.
    """

    at: float
    seconds: int
    in_flight: int


class LearnedPace(Pacer):
    """A pacer that begins without a quota.

    Its `answered` is to be told of those requests alone that the vendor took.

    Args:
        found: Called when a quota is learned: then it was not too many at once.
    """

    def __init__(self, found: Callable[[], None]) -> None:
        super().__init__(())
        self._found = found
        self._recent: deque[Departure] = deque()
        self._refused: _Refusal | None = None
        self._together = [0] * PROOFS
        self._heard_at = -inf
        self._calm = 0.0
        self._raise_at = inf
        self._more = MORE
        self._proven = 0
        self._supposed = 0
        self._in_use = False

    def wait(self, now: float) -> float:
        """Tell how many seconds the next request must wait; 0 where it may leave now."""
        seconds = super().wait(now)
        self._in_use |= seconds > 0
        return seconds

    def depart(self, now: float) -> Departure:
        """Count a request that leaves now; conclude from the last 429, if one came."""
        if self._refused is not None:
            self._conclude(now, self._refused)
            self._refused = None
        if now >= self._raise_at:
            self._raise(now)
        departure = super().depart(now)
        self._recent.append(departure)
        while self._recent[0].at <= now - 2 * LONGEST_SECONDS:
            self._recent.popleft()
        return departure

    def accepted(self, in_flight: int) -> None:
        """Note that a request was taken that left as the last of so many under way."""
        heappushpop(self._together, in_flight)

    def throttled(self, flight: Flight, now: float, asked: float | None) -> None:
        """Learn of a 429; those that were under way together count as one.

        Args:
            flight: As the request left.
            now: The time.
            asked: What `Retry-After` says, in seconds, or None.
        """
        if flight.at <= self._heard_at:
            return
        self._heard_at = now
        seconds = max(1, ceil(asked or 0.0))
        if seconds <= LONGEST_SECONDS:
            self._refused = _Refusal(now, seconds, flight.in_flight)

    def _conclude(self, now: float, refusal: _Refusal) -> None:
        """Take in how many were taken before the 429, now that they have been answered."""
        since = refusal.at - refusal.seconds
        count = sum(
            since < departure.at <= refusal.at and departure.took is not None
            for departure in self._recent
        )
        if self.quotas and not count:
            # Nothing was taken, so it was not too much: the vendor counts over a longer time, or
            # somebody else used it up. That says nothing of what is kept; the wait is pace enough.
            self._more, self._raise_at = MORE, now + self._calm
        elif self.quotas:
            self._lower(now, count)
        elif count >= max(LEAST, 2 * refusal.in_flight) and self._together[0] >= refusal.in_flight:
            self._suppose(now, count, refusal.seconds)

    def _suppose(self, now: float, count: int, seconds: int) -> None:
        """Believe it when it is said for the second time."""
        before, self._supposed = self._supposed, count
        if abs(count - before) <= ALIKE * count:
            self._proven = count
            self._calm = float(PRICE * seconds)
            self._begin(now, count, seconds)
            self._found()

    def _lower(self, now: float, count: int) -> None:
        kept = self.quotas[0]
        if kept.requests > self._proven:
            self._proven = max(self._proven, min(count, kept.requests))
        else:
            self._proven = max(1, min(count, int(self._proven * LESS)))
        self._more = MORE
        self._calm = min(2 * self._calm, LONGEST_CALM_SECONDS)
        self._begin(now, self._proven, int(kept.seconds))

    def _raise(self, now: float) -> None:
        """Try more, where all of it is used: what is kept has been borne."""
        kept = self.quotas[0]
        if self._in_use:
            self._proven, self._in_use = kept.requests, False
            self._begin(now, ceil(kept.requests * (1 + self._more)), int(kept.seconds))
            self._more = min(2 * self._more, MOST_MORE)
            self._raise_at = now + BORNE_SECONDS * kept.seconds

    def _begin(self, now: float, requests: int, seconds: int) -> None:
        self.keep(Quota(requests, seconds))
        self._raise_at = now + self._calm
