"""Overload: what refusals (503, time-outs, broken connections) say of the concurrency limit. Pure.

Several refusals among few requests decrease the limit, once for all that were in flight. Where as
many are refused after that, the limit is halved to tell overload, which then ends, from random
failures, which do not and are accepted. Why, and after whom: docs/how-it-works.md, "Rate limits and
concurrency".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from target_gleantap.delivery.concurrency.cooldown import Cooldown
from target_gleantap.delivery.concurrency.error_rate import ErrorRate
from target_gleantap.delivery.concurrency.in_flight import Flight

DECREASE = 0.9
"""What is left of a limit that was refused; Vector and Netflix take the same."""
MEMORY = 20
"""The share of refusals is one of about so many responses."""
TOLERATED = 0.08
"""The share that is accepted in any case: two within ten are more."""
MOST_TOLERATED = 0.6
"""No more is ever put down to chance."""
MILD = 0.45
"""A vendor that refuses more is sent less in any case."""
FEW = 4
"""With no more in flight a refusal does not say how many are too many: with so few, two random
refusals would have one request at a time be sent from then on."""
ENOUGH = 40
"""So many responses tell a share. A look from below is of as many; of fewer (`ROUND_TRIPS`, at
least `LEAST`) where they would take long."""
ROUND_TRIPS = 8
LEAST = 10
ACCEPTED_SECONDS = 60.0
"""How long the share that was seen from below is accepted."""
COOLDOWN_SECONDS = 1.0
"""How long the limit does not grow after the first decrease: each try costs refusals."""
PRICE = 20
"""After a decrease that came with a wait for all requests, the cooldown is this many times as long:
a try in vain may cost a twentieth."""


@dataclass(frozen=True, slots=True)
class _Fall:
    """The last of several decreases in a row.

    Attributes:
        first: The limit before the first of them.
        level: The limit before this one.
        times: How many they are.
    """

    first: float
    level: float
    times: int


@dataclass(frozen=True, slots=True)
class _Look:
    """A look from below, at half the limit.

    Attributes:
        before: The decrease that was in vain.
        level: Where the limit belongs if there were too many.
        share: The share of refusals that led to it.
        answers: After how many responses it ends.
    """

    before: _Fall
    level: float
    share: float
    answers: float


class Overload:
    """Gives the concurrency limit after each refusal, and until when it stays there.

    Attributes:
        falls: How often it decreased, and stayed there.
    """

    def __init__(self) -> None:
        self.falls = 0
        self._share = 0.0
        self._rate = ErrorRate()
        self._since = -inf
        self._fall: _Fall | None = None
        self._look: _Look | None = None
        self._cooldown = Cooldown(first=COOLDOWN_SECONDS)
        self._tolerated = TOLERATED
        self._tolerated_until = -inf

    @property
    def cooldown_until(self) -> float:
        """Until when the limit does not grow, in monotonic seconds."""
        return inf if self._look is not None else self._cooldown.until

    def taken(self, flight: Flight, now: float, level: float) -> float:
        """Count an accepted request; arguments and result as those of `refused`."""
        self._share -= self._share / MEMORY
        if flight.at <= self._since:
            return level
        self._rate.take(flight, now)
        return level if self._look is None else self._seen(self._look, now, level)

    def refused(self, flight: Flight, now: float, level: float, hold: float) -> float:
        """Count a refused request.

        Args:
            flight: The request.
            now: Monotonic seconds.
            level: The concurrency limit.
            hold: For how many seconds all requests wait because of it.

        Returns:
            The limit from now on.
        """
        if flight.at <= self._since:
            return level
        if self._share < TOLERATED / 4:
            self._rate.forget_the_least()
        self._rate.refuse(flight, now)
        self._share += (1 - self._share) / MEMORY
        if self._look is not None:
            return self._seen(self._look, now, level)
        if now >= self._tolerated_until:
            self._tolerated = TOLERATED
        if self._share <= self._tolerated:
            return level
        return self._too_many(now, level, hold)

    def undo_decrease(self) -> float | None:
        """Undo the last decreases, which had another cause; give the limit before them."""
        fall = self._fall
        self._fall, self._look = None, None
        self._cooldown.end()
        if fall is None:
            return None
        self.falls -= fall.times
        return fall.first

    def grew(self) -> None:
        """Note that the limit has grown since it decreased."""
        self._fall = None

    def _too_many(self, now: float, level: float, hold: float) -> float:
        """Decrease; where that was in vain before, accept the share, or look from below first."""
        seen, before = self._begin(now), self._fall
        if before is not None and seen.count >= ENOUGH and seen.share <= TOLERATED:
            return self._restore(before, seen, now)
        below = min(level * DECREASE, max(FEW, seen.too_many - 1))
        self._fell(level, now, hold)
        if before is None or seen.share > MILD:
            return below
        half = max(1.0, level / 2)
        answers = max(LEAST, min(ENOUGH, ROUND_TRIPS * half))
        self._look = _Look(before, below, seen.share, answers)
        return half

    def _begin(self, now: float) -> ErrorRate:
        """Start a new count of what is sent from now on; give the old one."""
        seen, self._rate = self._rate, ErrorRate()
        self._share, self._since = 0.0, now
        return seen

    def _fell(self, level: float, now: float, hold: float) -> None:
        self._cooldown.begin(level, now, PRICE * hold)
        self.falls += 1
        first, times = (level, 0) if self._fall is None else (self._fall.first, self._fall.times)
        self._fall = _Fall(first, level, times + 1)

    def _seen(self, look: _Look, now: float, level: float) -> float:
        """End a look from below when it has seen enough."""
        if self._rate.count < look.answers and self._rate.refused <= MILD * look.answers:
            return level
        self._look = None
        seen = self._begin(now)
        if seen.share > MILD:
            return level
        if look.share > _by_chance(seen):
            return look.level
        return self._restore(look.before, seen, now)

    def _restore(self, before: _Fall, seen: ErrorRate, now: float) -> float:
        """Restore the limit, as the refusals do not depend on it."""
        self._tolerated = max(2 * TOLERATED, _by_chance(seen))
        self._tolerated_until = now + ACCEPTED_SECONDS
        self.undo_decrease()
        return before.level


def _by_chance(seen: ErrorRate) -> float:
    return max(TOLERATED, min(MOST_TOLERATED, seen.by_chance(2 * MEMORY)))
