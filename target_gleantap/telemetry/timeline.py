"""What happened when in a run, and what took longest: for the report. Holds no record's values.

Every response is counted (two additions), and the gauges are read a few times a second; its size
does not grow with the run.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from target_gleantap.model import Answer, Failure
from target_gleantap.telemetry.series import Series, status_class

SAMPLE_SECONDS = 0.25
WIDTH_SECONDS = 0.5
MOST = 10
"""How many of the slowest, and of those sent most often, are kept."""
PROGRESS = ("settled", "rejected")
QUOTA = "quota "


@dataclass(frozen=True, slots=True)
class Effort:
    """How long one delivery took, and how often it was sent.

    Attributes:
        line: The input line of its first record.
        resource: Its resource.
        records: How many records it carried.
        seconds: From when it was first sent until it ended.
        sent: How often it was sent, steps that followed included.
    """

    line: int
    resource: str
    records: int
    seconds: float
    sent: int


class _Greatest:
    """The few greatest of many."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Effort]] = []
        self._tiebreak = count(0, -1)

    def offer(self, size: float, effort: Effort) -> None:
        """Keep it, if it is one of them; of equals the first."""
        ranked = (size, next(self._tiebreak), effort)
        if len(self._heap) < MOST:
            heapq.heappush(self._heap, ranked)
        elif ranked > self._heap[0]:
            heapq.heapreplace(self._heap, ranked)

    def in_order(self) -> tuple[Effort, ...]:
        """The greatest first."""
        return tuple(effort for _size, _place, effort in sorted(self._heap, reverse=True))


@dataclass(frozen=True, slots=True)
class Gauges:
    """The gauges of a run, to be drawn over time.

    Attributes:
        settled: Records processed so far, counted once in each mapping.
        rejected: Those of them that were rejected.
        in_flight: Requests in flight.
        limit: How many there may be in flight.
        waiting: Records that are not processed.
        quotas: How much of each rate limit is used, by its name, 1 for all of it.
    """

    settled: int
    rejected: int
    in_flight: int
    limit: int
    waiting: int
    quotas: Iterable[tuple[str, float]] = ()


class Timeline:
    """What happened when, in one run.

    Args:
        now: When it begins, in monotonic seconds, as all other times.
    """

    def __init__(self, now: float) -> None:
        self.series = Series(now, WIDTH_SECONDS)
        self._slowest = _Greatest()
        self._most_sent = _Greatest()
        self._sampled = now
        self._settled = 0
        self._rejected = 0

    @property
    def slowest(self) -> tuple[Effort, ...]:
        """What took longest, the longest first."""
        return self._slowest.in_order()

    @property
    def most_sent(self) -> tuple[Effort, ...]:
        """What was sent again most often, the most often first."""
        return self._most_sent.in_order()

    def arrived(self, now: float, result: Answer | Failure) -> None:
        """Count a response, or a failure."""
        status = result.status if isinstance(result, Answer) else None
        self.series.answered(now, status_class(status), result.seconds)

    def ended(self, effort: Effort) -> None:
        """Note a request that has ended, delivered or not."""
        self._slowest.offer(effort.seconds, effort)
        if effort.sent > 1:
            self._most_sent.offer(effort.sent, effort)

    def due(self, now: float) -> bool:
        """Whether it is time to read the gauges."""
        return now - self._sampled >= SAMPLE_SECONDS

    def sample(self, now: float, gauges: Gauges) -> None:
        """Read the gauges."""
        self._sampled = now
        for name, level in (
            ("in flight", gauges.in_flight),
            ("limit", gauges.limit),
            ("waiting", gauges.waiting),
        ):
            self.series.level(now, name, level)
        for name, share in gauges.quotas:
            self.series.level(now, f"{QUOTA}{name}", share)
        self.series.count(now, PROGRESS[0], gauges.settled - self._settled)
        self.series.count(now, PROGRESS[1], gauges.rejected - self._rejected)
        self._settled, self._rejected = gauges.settled, gauges.rejected
