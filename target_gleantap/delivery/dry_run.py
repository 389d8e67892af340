"""Delivery without a network: it takes what a dispatcher takes, counts requests, sends nothing.

Where one request takes many records, the count is of requests filled in input order: a run fills
them as its records come, and may send a few more. What must be looked up before it can be removed
counts once: whether it is found nobody knows.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from target_gleantap.contract import Bulk, Reading, Verdict
from target_gleantap.delivery.delivery import Ended, Part
from target_gleantap.errors import VendorError
from target_gleantap.telemetry.counters import Traffic
from target_gleantap.telemetry.timeline import Timeline

ANSWER = "dry run"


@dataclass(slots=True)
class _Request:
    """How far a request of many records is filled."""

    count: int = 0
    size: int = 0
    distinct: set[str] = field(default_factory=set)

    def takes(self, part: Part, bulk: Bulk) -> bool:
        """Take the part in, if it fits."""
        size = self.size + len(part.payload) + bulk.overhead
        names = set(bulk.distinct(part.body) if bulk.distinct is not None else ())
        if not bulk.in_order:
            names.update(part.identifiers)
        twice = not self.distinct.isdisjoint(names)
        full = self.count >= bulk.most or size > bulk.most_bytes or twice
        if self.count and full:
            return False
        self.count, self.size = self.count + 1, size
        self.distinct.update(names)
        return True


class Rehearsal:
    """Stands where a `Dispatcher` does in a dry run; every part ends as delivered, at once.

    Attributes:
        traffic: What would go over the line.
        requests: The same requests by resource.
        fault: None: nothing can go wrong.
        hurry: As of a dispatcher; means nothing here.
        settle_first: The same.
        in_flight: None ever is.
        limit: The same.
        history: For the run report; nothing is ever sent in it.
    """

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.requests: Counter[str] = Counter()
        self.fault: VendorError | None = None
        self.hurry = False
        self.settle_first = False
        self.in_flight = self.limit = 0
        self.history = Timeline(time.monotonic())
        self._ended: deque[Part] = deque()
        self._answers = 0
        self._filling: dict[str, _Request] = {}
        self._news = threading.Event()

    def __len__(self) -> int:
        """How many parts are unsettled."""
        return len(self._ended)

    @property
    def busy(self) -> bool:
        """Whether `turn` would tell of something without waiting."""
        return bool(self._ended)

    def quota_left(self) -> None:
        """No quota holds anything back."""

    def quota_use(self) -> Iterator[tuple[str, float]]:
        """No quota is used."""
        return iter(())

    def submit(self, part: Part) -> None:
        """Take the next part, in input order."""
        self._ended.append(part)
        bulk, name = part.resource.bulk, part.resource.name
        if bulk is not None:
            if self._filling.setdefault(name, _Request()).takes(part, bulk):
                new = self._filling[name].count == 1
            else:
                self._filling[name] = request = _Request()
                new = request.takes(part, bulk)
            if not new:
                return
        self.requests[name] += 1
        self.traffic.requests += 1

    def launch(self) -> None:
        """Send nothing."""

    def wake(self) -> None:
        """Make a waiting `turn` return; may be called from any thread or signal handler."""
        self._news.set()

    def turn(self, seconds: float) -> None:
        """Wait up to `seconds` for something to happen, where nothing has."""
        if not self._ended and seconds > 0:
            self._news.wait(min(seconds, threading.TIMEOUT_MAX))
        self._news.clear()

    def ended(self) -> Iterator[Ended]:
        """Tell of each part that has ended, once."""
        while self._ended:
            part = self._ended.popleft()
            yield Ended(part, Reading(Verdict.DELIVERED, kept=self._answer(part)), None)

    def _answer(self, part: Part) -> dict[str, str]:
        """What stands for what the vendor would answer: a removal later in the run goes by it."""
        removal = part.resource.removal
        self._answers += 1
        return {} if removal is None else {removal.kept: f"{ANSWER} {self._answers}"}

    def drain(self, seconds: float) -> Iterator[Ended]:  # noqa: ARG002 - nothing is in flight
        """Tell of what has ended."""
        yield from self.ended()

    def unsettled(self) -> Iterator[Part]:
        """List the parts that have not ended."""
        return iter(self._ended)

    def close(self) -> None:
        """Let go of nothing."""
