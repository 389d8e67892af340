"""What refusals (503, a time-out, a broken line) say of how many requests may be under way. Pure.

One now and then says nothing. Several among few say that there were too many: the limit falls by a
tenth, and below the least that was refused where no more were taken since, once for all that had
left by then (as TCP falls once a window, RFC 5681).

Several more, although it fell, may say something else: that the vendor fails one request in five,
say, whatever is under way. So it is looked at from below, at half the limit. A vendor that takes so
many at once, or in a time, and refuses less than half of more, refuses nothing of half as many; one
that fails for its own reasons refuses as large a share. What is refused from below, and three
standard errors more (the bounds of Shewhart's control charts), is put down to chance. If that is as
much as was refused from above, the fall was in vain: it is taken back, and so much is borne for a
while. Any other vendor is spared: one that refuses less from below, one that refuses nearly half or
more, and one that lets requests hang.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from target_gleantap.delivery.concurrency.cooldown import Calm
from target_gleantap.delivery.concurrency.error_rate import Tally
from target_gleantap.delivery.concurrency.in_flight import Flight

DECREASE = 0.9
"""What is left of a limit that was refused; Vector and Netflix take the same."""
MEMORY = 20
"""How many answers the share of refusals is of, about."""
TOLERATED = 0.08
"""The share that is borne in any case: two within ten are more."""
MOST_TOLERATED = 0.6
"""No more is ever put down to chance."""
MILD = 0.45
"""A vendor that refuses more is spared in any case."""
FEW = 4
"""Where no more were under way a refusal does not say how many are too many: with so few, two that
are refused by chance would have one at a time be sent from then on."""
ENOUGH = 40
"""So many answers tell a share. A look from below is of as many, or of fewer where they would take
long: of `ROUND_TRIPS`, but no fewer than `LEAST`."""
ROUND_TRIPS = 8
LEAST = 10
BORNE_SECONDS = 60.0
"""How long what was seen from below is borne."""
CALM_SECONDS = 1.0
"""After a fall nothing more is tried for so long at first: each try costs refusals."""
PRICE = 20
"""A fall with a wait for everyone is followed by a calm this many times as long: what is tried in
vain may cost a twentieth."""


@dataclass(frozen=True, slots=True)
class _Fall:
    """A fall of the limit, of several in a row the last.

    Attributes:
        first: From where the first of them was.
        level: From where this one was.
        times: How many they are.
    """

    first: float
    level: float
    times: int


@dataclass(frozen=True, slots=True)
class _Look:
    """A look from below, at half the limit.

    Attributes:
        before: The fall that was in vain.
        level: Where the limit belongs if there were too many.
        share: The share of refusals that led to it.
        answers: How many answers it is of.
    """

    before: _Fall
    level: float
    share: float
    answers: float


class Refusals:
    """Says where the limit belongs after each answer, and until when it stays there.

    Attributes:
        falls: How often it fell, and stayed there.
    """

    def __init__(self) -> None:
        self.falls = 0
        self._share = 0.0
        self._tally = Tally()
        self._since = -inf
        self._fall: _Fall | None = None
        self._look: _Look | None = None
        self._calm = Calm(first=CALM_SECONDS)
        self._tolerated = TOLERATED
        self._tolerated_until = -inf

    @property
    def calm_until(self) -> float:
        """Until when it does not grow."""
        return inf if self._look is not None else self._calm.until

    def taken(self, flight: Flight, now: float, level: float) -> float:
        """Count a request that was taken; arguments and answer as those of `refused`."""
        self._share -= self._share / MEMORY
        if flight.at <= self._since:
            return level
        self._tally.take(flight, now)
        return level if self._look is None else self._seen(self._look, now, level)

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
        if flight.at <= self._since:
            return level
        if self._share < TOLERATED / 4:
            self._tally.forget_the_least()
        self._tally.refuse(flight, now)
        self._share += (1 - self._share) / MEMORY
        if self._look is not None:
            return self._seen(self._look, now, level)
        if now >= self._tolerated_until:
            self._tolerated = TOLERATED
        if self._share <= self._tolerated:
            return level
        return self._too_many(now, level, hold)

    def forgive(self) -> float | None:
        """Take the last falls back, as they had another cause; give the limit before them."""
        fall = self._fall
        self._fall, self._look = None, None
        self._calm.end()
        if fall is None:
            return None
        self.falls -= fall.times
        return fall.first

    def grew(self) -> None:
        """Note that the limit has grown since it fell."""
        self._fall = None

    def _too_many(self, now: float, level: float, hold: float) -> float:
        """Fall; where that was in vain before, bear it, or look from below first."""
        seen, before = self._begin(now), self._fall
        if before is not None and seen.count >= ENOUGH and seen.share <= TOLERATED:
            return self._bear(before, seen, now)
        below = min(level * DECREASE, max(FEW, seen.too_many - 1))
        self._fell(level, now, hold)
        if before is None or seen.share > MILD:
            return below
        half = max(1.0, level / 2)
        answers = max(LEAST, min(ENOUGH, ROUND_TRIPS * half))
        self._look = _Look(before, below, seen.share, answers)
        return half

    def _begin(self, now: float) -> Tally:
        """Count anew, only what leaves from now on; give what was counted."""
        seen, self._tally = self._tally, Tally()
        self._share, self._since = 0.0, now
        return seen

    def _fell(self, level: float, now: float, hold: float) -> None:
        self._calm.begin(level, now, PRICE * hold)
        self.falls += 1
        first, times = (level, 0) if self._fall is None else (self._fall.first, self._fall.times)
        self._fall = _Fall(first, level, times + 1)

    def _seen(self, look: _Look, now: float, level: float) -> float:
        """End a look from below when it has seen enough."""
        if self._tally.count < look.answers and self._tally.refused <= MILD * look.answers:
            return level
        self._look = None
        seen = self._begin(now)
        if seen.share > MILD:
            return level
        if look.share > _bearable(seen):
            return look.level
        return self._bear(look.before, seen, now)

    def _bear(self, before: _Fall, seen: Tally, now: float) -> float:
        """Go back to where the limit was, as what is refused has nothing to do with it."""
        self._tolerated = max(2 * TOLERATED, _bearable(seen))
        self._tolerated_until = now + BORNE_SECONDS
        self.forgive()
        return before.level


def _bearable(seen: Tally) -> float:
    return max(TOLERATED, min(MOST_TOLERATED, seen.by_chance(2 * MEMORY)))
