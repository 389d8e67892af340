"""What refusals (503, a time-out, a broken line) say of how many requests may be under way. Pure.

One now and then says nothing. Several among few say that there were too many: the limit falls by a
tenth, and below the least that was refused, once for all that had left by then (as TCP falls once
a window, RFC 5681). Where a fall changed nothing, as with a vendor that fails one request in fifty
whatever is under way, it is taken back, and more is borne for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

DECREASE = 0.9
"""What is left of a limit that was refused; Vector and Netflix take the same."""
MEMORY = 20
"""How many answers the share of refusals is of, about."""
TOLERATED = 0.08
"""The share that is borne: two within ten are more."""
MOST_TOLERATED = 0.32
MILD = 0.2
"""Up to this share it is asked whether a fall changed anything; a vendor that refuses more is
spared in any case."""
CALM_SECONDS = 1.0
LONGEST_CALM_SECONDS = 60.0
"""After a fall nothing more is tried for a while, twice as long each time that the same level is
refused: each try costs refusals."""
PRICE = 20
"""A fall with a wait for everyone is followed by a calm this many times as long: what is tried in
vain may cost a twentieth."""
NEAR = 1 / 8
"""Levels this share apart are the same."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A request under way.

    Attributes:
        at: When it left.
        in_flight: How many were under way then, itself included.
    """

    at: float
    in_flight: int


@dataclass(frozen=True, slots=True)
class _Fall:
    """A fall of the limit.

    Attributes:
        level: From where.
        share: The share of refusals that led to it.
    """

    level: float
    share: float


class Refusals:
    """Says where the limit belongs after a refusal, and until when it stays there.

    Attributes:
        calm_until: Until when it does not grow.
    """

    def __init__(self) -> None:
        self.calm_until = -inf
        self._share = 0.0
        self._least = inf
        self._taken = self._refused = 0
        self._fall: _Fall | None = None
        self._fallen_at = -inf
        self._last_level = inf
        self._calm = CALM_SECONDS
        self._tolerated = TOLERATED
        self._tolerated_until = -inf

    def taken(self) -> None:
        """Count a request that was taken."""
        self._taken += 1
        self._share -= self._share / MEMORY

    def refused(self, flight: Flight, now: float, level: float, hold: float) -> float:
        """Count a request that was refused.

        Args:
            flight: As it left.
            now: The time.
            level: The limit.
            hold: For how many seconds everyone waits because of it.

        Returns:
            The limit from now on.
        """
        if flight.at <= self._fallen_at:
            return level
        self._refused += 1
        if self._share < TOLERATED / 4:
            self._least = inf
        self._least = min(self._least, flight.in_flight)
        self._share += (1 - self._share) / MEMORY
        if now >= self._tolerated_until:
            self._tolerated = TOLERATED
        if self._share <= self._tolerated:
            return level
        return self._too_many(now, level, hold)

    def grew(self) -> None:
        """Note that the limit has grown since it fell."""
        self._fall = None

    def _too_many(self, now: float, level: float, hold: float) -> float:
        fall = _Fall(level, self._refused / (self._taken + self._refused))
        before, least = self._fall, self._least
        self._share, self._least, self._fallen_at = 0.0, inf, now
        self._taken = self._refused = 0
        if before is not None and before.share / 2 < fall.share <= MILD:
            self._fall = None
            self._tolerated = min(2 * self._tolerated, MOST_TOLERATED)
            self._tolerated_until = now + LONGEST_CALM_SECONDS
            return before.level
        again = abs(level - self._last_level) <= 1 + NEAR * level
        self._calm = min(2 * self._calm, LONGEST_CALM_SECONDS) if again else CALM_SECONDS
        self.calm_until = now + max(self._calm, PRICE * hold)
        self._fall, self._last_level = fall, level
        return min(level * DECREASE, least - 1)
