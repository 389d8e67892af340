"""Adaptive concurrency: how many requests may be under way at once. Pure: told the time.

A quota says how many requests may leave in a time; the limit says how many may be out there
together. Where no vendor documents that number it is found out, as TCP finds its window: it starts
low, grows by leaps while answers come as quickly as at first, then by an eighth, and falls where
requests are refused (`refusals`) or answered later. Public descriptions of the parts:

- growth while the limit is in use, decisions about once a round trip: Vector's adaptive request
  concurrency (vectordotdev/vector, src/sinks/util/adaptive_concurrency/controller.rs);
- the fall to the limit times usual by present latency, to no less than half, where that is more than
  half as long again in ten samples or more: Netflix's Gradient2Limit and WindowedLimit
  (Netflix/concurrency-limits);
- the beginning: TCP's slow start (RFC 5681).

Our own: a rise of latency is our doing only if it goes back when fewer requests are under way. If it
does not, the limit returns to where it was, and that latency is the usual one from then on. So a
vendor that is slow for its own reasons gets no fewer requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from target_gleantap.delivery.refusals import Flight, Refusals

START = 4
"""The first limit: few enough to see how quick the vendor is at rest."""
LEAP = 3
"""By how much each good answer raises it at the beginning: four times as many each round trip. Past
32 it is after two of them, which costs a run of 10,000 records half a percent of its time."""
STEP = 1 / 8
"""The share by which a good round raises it later, by one at least."""
TOLERANCE = 1.5
SLACK_SECONDS = 0.02
"""A rise that is never acted on: this machine's own threads may take as long."""
LOWEST_RATIO = 0.5
LEAST_SAMPLES = 10
QUICKER = 0.3
"""How far a quicker round moves what counts as usual."""


@dataclass(slots=True)
class _Round:
    """The answers to what left since a time."""

    began: float = -inf
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    in_use: bool = False

    def add(self, seconds: float, *, in_use: bool) -> None:
        """Take one in."""
        self.count += 1
        self.total += seconds
        self.squares += seconds * seconds
        self.in_use |= in_use

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def surely(self) -> float:
        """What the mean exceeds but for chance: less two standard errors."""
        variance = max(0.0, self.squares / self.count - self.mean**2)
        return self.mean - 2 * sqrt(variance / self.count)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A fall for latency, to see whether that falls too.

    Attributes:
        level: The limit before.
        mean: The latency before, in seconds.
    """

    level: float
    mean: float


class Limit:
    """How many requests may be under way at once.

    Times are seconds of any monotonic clock. Not thread-safe: one thread owns it.

    Args:
        most: It never goes past this.
        adaptive: Whether it ever goes below.
    """

    def __init__(self, most: int, *, adaptive: bool) -> None:
        self._adaptive = adaptive
        self._most = most
        self._level = float(min(START, most) if adaptive else most)
        self._starting = adaptive
        self._refusals = Refusals()
        self._usual = inf
        self._round = _Round()
        self._suspected = False
        self._trial: _Trial | None = None

    @property
    def level(self) -> int:
        """The limit."""
        return int(self._level)

    def answered(self, flight: Flight, now: float, seconds: float) -> None:
        """Learn from an answer that took the request.

        Args:
            flight: As the request left.
            now: The time.
            seconds: How long the answer took.
        """
        if not self._adaptive:
            return
        self._refusals.taken()
        in_use = 2 * flight.in_flight >= self._level
        if self._starting and in_use and seconds <= self._borne():
            self._move_to(self._level + LEAP)
            self._starting = self._level < self._most
        if flight.at >= self._round.began:
            self._round.add(seconds, in_use=in_use)
            if self._round.count >= max(LEAST_SAMPLES, self._level / 2):
                self._judge(self._round)
                self._round = _Round(now)

    def refused(self, flight: Flight, now: float, hold: float = 0.0) -> None:
        """Learn from a refusal, or from no answer.

        Args:
            flight: As the request left.
            now: The time.
            hold: For how many seconds everyone waits because of it.
        """
        if not self._adaptive:
            return
        level = self._refusals.refused(flight, now, self._level, hold)
        if level != self._level:
            self._starting, self._suspected, self._trial = False, False, None
            self._round = _Round(now)
            self._move_to(level)

    def _judge(self, seen: _Round) -> None:
        """Grow while latency holds; fall where it has risen, twice in a row, in use."""
        if self._trial is not None:
            self._end_trial(self._trial, seen)
        elif seen.surely <= self._borne():
            self._held(seen)
        elif seen.in_use:
            self._starting = False
            if self._suspected:
                self._try_less(seen)
            self._suspected = not self._suspected

    def _borne(self) -> float:
        """Up to what latency counts as the usual one."""
        usual = self._round.mean if self._usual == inf and self._round.count else self._usual
        return max(usual * TOLERANCE, usual + SLACK_SECONDS)

    def _held(self, seen: _Round) -> None:
        self._suspected = False
        if self._usual == inf:
            self._usual = seen.mean
        self._usual += min(0.0, seen.mean - self._usual) * QUICKER
        calm = seen.began < self._refusals.calm_until
        if seen.in_use and not (self._starting or calm) and self._level < self._most:
            self._refusals.grew()
            self._move_to(self._level + max(1.0, self._level * STEP))

    def _try_less(self, seen: _Round) -> None:
        self._trial = _Trial(self._level, seen.mean)
        self._move_to(self._level * max(LOWEST_RATIO, self._usual / seen.mean))

    def _end_trial(self, trial: _Trial, seen: _Round) -> None:
        """Tell whether the latency was ours: whether it fell by half of what it then would."""
        self._trial = None
        if seen.mean > trial.mean * (1 + self._level / trial.level) / 2:
            self._usual = seen.mean
            self._move_to(trial.level)
        elif seen.surely > self._borne():
            self._try_less(seen)

    def _move_to(self, level: float) -> None:
        self._level = max(1.0, min(level, self._most))
