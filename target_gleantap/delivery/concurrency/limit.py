"""Adaptive concurrency: how many requests may be in flight at once. Pure: told the time.

It starts low, grows while responses come as quickly as at first, and decreases where requests are
refused (`overload`) or latency rises. After Vector's adaptive request concurrency, Netflix's
concurrency-limits, TCP's slow start and TCP Vegas: docs/how-it-works.md, "Rate limits and
concurrency".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from target_gleantap.delivery.concurrency.cooldown import Cooldown
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.concurrency.latency import SampleWindow
from target_gleantap.delivery.concurrency.overload import Overload

START = 4
"""The first limit: few enough to see how quick the vendor is without load."""
LEAP = 3
"""By how much each good response raises it at the start: four times as many each round trip."""
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
"""By how many standard errors a mean is taken for less: to decrease, and to stop growing."""
EXCUSED_SECONDS = 30.0
LONGEST_EXCUSED_SECONDS = 600.0
"""How long a latency is then accepted, at first and at most."""
LEAST_SAMPLES = 10
QUICKER = 0.3
"""How far a quicker round trip moves what counts as usual."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A decrease for latency, to see whether latency decreases too.

    Attributes:
        level: The limit before.
        seen: The response times before.
    """

    level: float
    seen: SampleWindow


class Limit:
    """How many requests may be in flight at once.

    Times are monotonic seconds. Not thread-safe: one thread owns it.

    Args:
        most: It never exceeds this.
        adaptive: Whether it ever decreases.
    """

    def __init__(self, most: int, *, adaptive: bool) -> None:
        self._falls = 0
        self._adaptive = adaptive
        self._most = most
        self._level = float(min(START, most) if adaptive else most)
        self._starting = adaptive
        self._interrupted = False
        self._overload = Overload()
        self._usual = inf
        self._excused = 0.0
        self._excused_until = -inf
        self._excuse = EXCUSED_SECONDS
        self._samples = SampleWindow()
        self._suspicions = 0
        self._trial: _Trial | None = None
        self._cooldown = Cooldown(first=0.0)

    @property
    def level(self) -> int:
        """The limit."""
        return int(self._level)

    @property
    def falls(self) -> int:
        """How often it decreased, and stayed there."""
        return self._falls + self._overload.falls

    def answered(self, flight: Flight, now: float, seconds: float) -> None:
        """Adapt to an accepted request.

        Args:
            flight: The request.
            now: Monotonic seconds.
            seconds: The response time.
        """
        if not self._adaptive:
            return
        self._go_to(self._overload.taken(flight, now, self._level), now)
        in_use = 2 * flight.in_flight >= self._level
        if self._starting and in_use and seconds <= self._usual_at_most():
            self._move_to(self._level + LEAP)
            self._starting = self._level < self._most
        if flight.at >= self._samples.began:
            self._samples.add(flight, now, seconds, in_use=in_use)
            if self._samples.count >= max(LEAST_SAMPLES, self._level / 2):
                self._judge(self._samples, now)
                self._samples = SampleWindow(now)

    def refused(self, flight: Flight, now: float, hold: float = 0.0) -> None:
        """Adapt to a refused request, or to one without a response.

        Args:
            flight: The request.
            now: Monotonic seconds.
            hold: For how many seconds all requests wait because of it.
        """
        if not self._adaptive:
            return
        self._go_to(self._overload.refused(flight, now, self._level, hold), now)

    def undo_decrease(self) -> None:
        """Undo the last decrease for refusals: they had another cause."""
        level = self._overload.undo_decrease()
        if level is not None:
            self._move_to(max(level, self._level))

    def _go_to(self, level: float, now: float) -> None:
        """Follow the refusals; where a decrease is undone, fourfold growth continues."""
        if level != self._level:
            back = level > self._level and now >= self._overload.cooldown_until
            self._interrupted |= self._starting
            self._starting = back and self._interrupted
            self._suspicions, self._trial = 0, None
            self._samples = SampleWindow(now)
            self._move_to(level)

    def _judge(self, seen: SampleWindow, now: float) -> None:
        """Grow while latency holds; decrease where it has risen, round after round, in use."""
        if now >= self._excused_until:
            self._excused = 0.0
        if self._trial is not None:
            self._end_trial(self._trial, seen, now)
        elif seen.at_least(SURELY) <= self._usual_at_most():
            self._held(seen)
        elif seen.in_use:
            self._starting = False
            self._suspicions += 1
            if self._suspicions >= SUSPICIONS:
                self._try_less(seen)

    def _usual_at_most(self) -> float:
        """The highest latency that counts as the usual one."""
        usual = self._samples.mean if self._usual == inf and self._samples.count else self._usual
        usual = max(usual, self._excused)
        return max(usual * TOLERANCE, usual + SLACK_SECONDS)

    def _held(self, seen: SampleWindow) -> None:
        self._suspicions = 0
        if self._usual == inf:
            self._usual = seen.mean
        self._usual += min(0.0, seen.mean - self._usual) * QUICKER
        queued = seen.at_least(LIKELY) > KNEE * self._usual
        calm = seen.began < max(
            self._overload.cooldown_until, self._cooldown.until if queued else -inf
        )
        if seen.in_use and not (self._starting or calm) and self._level < self._most:
            self._overload.grew()
            self._interrupted = False
            self._move_to(self._level + max(1.0, self._level * STEP))

    def _try_less(self, seen: SampleWindow) -> None:
        self._suspicions = 0
        self._trial = _Trial(self._level, seen)
        ratio = max(LOWEST_RATIO, self._usual / seen.mean)
        self._falls += 1
        self._move_to(min(self._level, seen.in_flight) * ratio)

    def _end_trial(self, trial: _Trial, seen: SampleWindow, now: float) -> None:
        """End a trial: keep the decrease where fewer in flight bring as many responses per time."""
        self._trial = None
        left = seen.rate / trial.seen.rate
        if left < WORTH:
            self._excused, self._excused_until = seen.mean, now + self._excuse
            self._excuse = min(2 * self._excuse, LONGEST_EXCUSED_SECONDS)
            self._falls -= 1
            self._move_to(max(trial.level, self._level))
            return
        self._excuse = EXCUSED_SECONDS
        if seen.at_least(SURELY) > self._usual_at_most():
            self._try_less(seen)
        elif left >= FLAT:
            self._cooldown.begin(trial.level, now)

    def _move_to(self, level: float) -> None:
        self._level = max(1.0, min(level, self._most))
