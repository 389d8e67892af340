"""Adaptive concurrency: how many requests may be under way at once. Pure: told the time.

A quota says how many requests may leave in a time; the limit says how many may be out there
together. Where no vendor documents that number it is found out, as TCP finds its window: it starts
low, grows by leaps while answers come as quickly as at first, then by an eighth, and falls where
requests are refused (`refusals`) or answered later. Public descriptions of the parts:

- growth while the limit is in use, decisions about once a round trip: Vector's adaptive request
  concurrency (vectordotdev/vector, src/sinks/util/adaptive_concurrency/controller.rs);
- the fall to the limit times usual by present latency, to no less than half, where that is half as
  long again or more, in ten samples or more: Netflix's Gradient2Limit and WindowedLimit
  (Netflix/concurrency-limits);
- the beginning: TCP's slow start (RFC 5681).

Our own: a rise of latency is our doing only if fewer requests under way bring as many answers in a
time (by Little's law, requests under way by latency). If they do not, the limit returns to where it
was, and that latency is borne, for longer each time. So a vendor, or a machine, that is slow for
its own reasons is not made slower. If they do, and have done before, something queues from about
there on: then for a while the limit grows only as long as latency is the usual one, as TCP Vegas
(Brakmo and Peterson, 1995) stops where more under way bring no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from target_gleantap.delivery.concurrency.cooldown import Calm
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.concurrency.latency import Round
from target_gleantap.delivery.concurrency.overload import Refusals

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
SUSPICIONS = 3
"""In so many rounds in a row a rise must be seen: on a busy machine there are lone ones."""
LOWEST_RATIO = 0.5
WORTH = 0.8
"""A fall that costs more than the rest of the speed is taken back: one by a third, which is the
least, costs either nothing or a third."""
FLAT = 0.95
"""One that costs no more than the rest of this found a queue. Where it did so more than once, the
limit grows for a while only as long as nothing queues: up to where more bring no more."""
KNEE = 1.03
"""By how much latency is above the usual one where something queues."""
SURELY, LIKELY = 2, 1
"""So many standard errors a mean is taken for less: to fall, and to grow no more."""
EXCUSED_SECONDS = 30.0
LONGEST_EXCUSED_SECONDS = 600.0
"""How long a latency is then borne, at first and at most."""
LEAST_SAMPLES = 10
QUICKER = 0.3
"""How far a quicker round moves what counts as usual."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A fall for latency, to see whether that falls too.

    Attributes:
        level: The limit before.
        seen: The round before.
    """

    level: float
    seen: Round


class Limit:
    """How many requests may be under way at once.

    Times are seconds of any monotonic clock. Not thread-safe: one thread owns it.

    Args:
        most: It never goes past this.
        adaptive: Whether it ever goes below.
    """

    def __init__(self, most: int, *, adaptive: bool) -> None:
        self._falls = 0
        self._adaptive = adaptive
        self._most = most
        self._level = float(min(START, most) if adaptive else most)
        self._starting = adaptive
        self._interrupted = False
        self._refusals = Refusals()
        self._usual = inf
        self._excused = 0.0
        self._excused_until = -inf
        self._excuse = EXCUSED_SECONDS
        self._round = Round()
        self._suspicions = 0
        self._trial: _Trial | None = None
        self._calm = Calm(first=0.0)

    @property
    def level(self) -> int:
        """The limit."""
        return int(self._level)

    @property
    def falls(self) -> int:
        """How often it fell, and stayed there."""
        return self._falls + self._refusals.falls

    def answered(self, flight: Flight, now: float, seconds: float) -> None:
        """Learn from an answer that took the request.

        Args:
            flight: As the request left.
            now: The time.
            seconds: How long the answer took.
        """
        if not self._adaptive:
            return
        self._go_to(self._refusals.taken(flight, now, self._level), now)
        in_use = 2 * flight.in_flight >= self._level
        if self._starting and in_use and seconds <= self._borne():
            self._move_to(self._level + LEAP)
            self._starting = self._level < self._most
        if flight.at >= self._round.began:
            self._round.add(flight, now, seconds, in_use=in_use)
            if self._round.count >= max(LEAST_SAMPLES, self._level / 2):
                self._judge(self._round, now)
                self._round = Round(now)

    def refused(self, flight: Flight, now: float, hold: float = 0.0) -> None:
        """Learn from a refusal, or from no answer.

        Args:
            flight: As the request left.
            now: The time.
            hold: For how many seconds everyone waits because of it.
        """
        if not self._adaptive:
            return
        self._go_to(self._refusals.refused(flight, now, self._level, hold), now)

    def forgive(self) -> None:
        """Take the last fall for refusals back: they had another cause."""
        level = self._refusals.forgive()
        if level is not None:
            self._move_to(max(level, self._level))

    def _go_to(self, level: float, now: float) -> None:
        """Follow the refusals; where a fall is taken back, growth by leaps goes on."""
        if level != self._level:
            back = level > self._level and now >= self._refusals.calm_until
            self._interrupted |= self._starting
            self._starting = back and self._interrupted
            self._suspicions, self._trial = 0, None
            self._round = Round(now)
            self._move_to(level)

    def _judge(self, seen: Round, now: float) -> None:
        """Grow while latency holds; fall where it has risen, round after round, in use."""
        if now >= self._excused_until:
            self._excused = 0.0
        if self._trial is not None:
            self._end_trial(self._trial, seen, now)
        elif seen.at_least(SURELY) <= self._borne():
            self._held(seen)
        elif seen.in_use:
            self._starting = False
            self._suspicions += 1
            if self._suspicions >= SUSPICIONS:
                self._try_less(seen)

    def _borne(self) -> float:
        """Up to what latency counts as the usual one."""
        usual = self._round.mean if self._usual == inf and self._round.count else self._usual
        usual = max(usual, self._excused)
        return max(usual * TOLERANCE, usual + SLACK_SECONDS)

    def _held(self, seen: Round) -> None:
        self._suspicions = 0
        if self._usual == inf:
            self._usual = seen.mean
        self._usual += min(0.0, seen.mean - self._usual) * QUICKER
        queued = seen.at_least(LIKELY) > KNEE * self._usual
        calm = seen.began < max(self._refusals.calm_until, self._calm.until if queued else -inf)
        if seen.in_use and not (self._starting or calm) and self._level < self._most:
            self._refusals.grew()
            self._interrupted = False
            self._move_to(self._level + max(1.0, self._level * STEP))

    def _try_less(self, seen: Round) -> None:
        self._suspicions = 0
        self._trial = _Trial(self._level, seen)
        ratio = max(LOWEST_RATIO, self._usual / seen.mean)
        self._falls += 1
        self._move_to(min(self._level, seen.in_flight) * ratio)

    def _end_trial(self, trial: _Trial, seen: Round, now: float) -> None:
        """Tell whether fewer requests do as well: whether as many are answered in a time."""
        self._trial = None
        left = seen.rate / trial.seen.rate
        if left < WORTH:
            self._excused, self._excused_until = seen.mean, now + self._excuse
            self._excuse = min(2 * self._excuse, LONGEST_EXCUSED_SECONDS)
            self._falls -= 1
            self._move_to(max(trial.level, self._level))
            return
        self._excuse = EXCUSED_SECONDS
        if seen.at_least(SURELY) > self._borne():
            self._try_less(seen)
        elif left >= FLAT:
            self._calm.begin(trial.level, now)

    def _move_to(self, level: float) -> None:
        self._level = max(1.0, min(level, self._most))
