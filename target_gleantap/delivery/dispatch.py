"""The way of a delivery: schedule, pace, send, read, and perhaps again.

One thread owns a dispatcher and makes every decision; workers only carry requests out. So
order, quota and retries are plain code on one clock, and whoever calls `turn` is also the only
one who learns of an outcome.
"""

from __future__ import annotations

import heapq
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from typing import Any

from target_gleantap.contract import Destination, Reading, Resource, Verdict, read_status
from target_gleantap.delivery.advice import advise
from target_gleantap.delivery.client import Client, Request
from target_gleantap.delivery.pace import Pacer, retry_after
from target_gleantap.delivery.retry import Again, GiveUp, Patience, read_failure
from target_gleantap.delivery.schedule import Schedule
from target_gleantap.delivery.workers import Workers
from target_gleantap.errors import VendorError
from target_gleantap.model import Answer, Failure

FINAL = (Verdict.DELIVERED, Verdict.REJECTED)


@dataclass(eq=False, slots=True)
class Delivery:
    """One request's worth of work, and how it fared so far.

    Attributes:
        resource: What it delivers.
        request: What goes out.
        identifiers: Whose it is.
        item: Whatever the owner wants back with the outcome.
        line: The input line it came from, for messages.
        attempts: How often it was sent and failed, throttling not counted.
        since: When it first failed, or None.
        out: Whether it is in flight.
        ambiguous: Whether an attempt may have been carried out without being confirmed.
    """

    resource: Resource
    request: Request
    identifiers: tuple[str, ...]
    item: Any
    line: int = 0
    attempts: int = 0
    since: float | None = None
    out: bool = False
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a delivery.

    Attributes:
        delivery: The delivery.
        reading: Its verdict is DELIVERED, REJECTED, or AMBIGUOUS for one that was given up
            because sending it again might do it twice.
        answer: The last answer, if one came.
    """

    delivery: Delivery
    reading: Reading
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a dispatcher goes.

    Attributes:
        max_in_flight: Requests under way at once.
        retry_deadline_seconds: How long a fault of the vendor is borne.
        on_ambiguous: `retry` or `reject`, where a resource is not idempotent.
    """

    max_in_flight: int
    retry_deadline_seconds: float
    on_ambiguous: str


@dataclass(slots=True)
class Traffic:
    """What went over the line, for the summary."""

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    failures: int = 0
    answers: int = 0
    answer_seconds: float = 0.0
    held_seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)


class Dispatcher:
    """Delivers, in order per contact, side by side across contacts.

    Args:
        destination: How its answers are read.
        client: Sends.
        pacer: Holds back.
        policy: How far to go.
        clock: Monotonic seconds.
        chance: Evenly distributed in [0, 1).
    """

    def __init__(
        self,
        destination: Destination,
        client: Client,
        pacer: Pacer,
        policy: Policy,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.traffic = Traffic()
        self.fault: VendorError | None = None
        self._open = True
        self._destination = destination
        self._client = client
        self._pacer = pacer
        self._policy = policy
        self._clock = clock
        self._patience = Patience(policy.retry_deadline_seconds, policy.max_in_flight, chance)
        self._schedule: Schedule[Delivery] = Schedule()
        self._workers: Workers[Delivery] = Workers(client.send)
        self._later: list[tuple[float, int, Delivery]] = []
        self._tiebreak = count()
        self._ended: deque[Ended] = deque()
        self._held_since: float | None = None

    # --- what the owner calls

    def __len__(self) -> int:
        """How many deliveries are unsettled."""
        return len(self._schedule)

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return self._workers.in_flight

    @property
    def busy(self) -> bool:
        """Whether something has come back that `turn` would tell of without waiting."""
        return self._workers.busy

    def quota_left(self) -> int | None:
        """How many requests the quota would let go at once; None where none is known."""
        return self._pacer.left(self._clock())

    def submit(self, delivery: Delivery) -> None:
        """Take the next delivery, in input order."""
        self._schedule.add(delivery, delivery.identifiers)
        self._launch()

    def wake(self) -> None:
        """Make a waiting `turn` return; may be called from any thread or signal handler."""
        self._workers.wake()

    def turn(self, seconds: float) -> None:
        """Wait up to `seconds` for something to happen, and see to it; `ended` tells of it.

        Where the run must stop, `fault` says why from then on, and nothing more is sent.
        """
        self._launch()
        for delivery, result in self._workers.arrivals(min(seconds, self._next_due())):
            self._see_to(delivery, result)
        self._launch()

    def ended(self) -> Iterator[Ended]:
        """Tell of each delivery that has ended, once."""
        while self._ended:
            yield self._ended.popleft()

    def drain(self, seconds: float) -> Iterator[Ended]:
        """Send nothing more; give what is in flight this long to end.

        Yields:
            What was confirmed or refused. The rest stays unsettled.
        """
        self._open = False
        until = self._clock() + seconds
        yield from self.ended()
        while self.in_flight and (left := until - self._clock()) > 0:
            for delivery, result in self._workers.arrivals(left):
                self._see_to(delivery, result)
            yield from self.ended()

    def unsettled(self) -> Iterator[Delivery]:
        """List the deliveries that have not ended."""
        return iter(self._schedule)

    def close(self) -> None:
        """Let the workers go, and close the connections."""
        self._open = False
        self._workers.close()
        self._client.close()

    # --- sending

    def _launch(self) -> None:
        """Send all that may go now."""
        while self._open and self.in_flight < self._policy.max_in_flight:
            now = self._clock()
            if not self._schedule.ready and not self._retry_is_due(now):
                break
            if self._pacer.wait(now) > 0:
                self._held_since = self._held_since or now
                return
            self._send(self._next(now), now)
        self._count_hold()

    def _next(self, now: float) -> Delivery | None:
        """Those that failed before go first: they hold back their own batch's state."""
        if self._retry_is_due(now):
            return heapq.heappop(self._later)[2]
        return self._schedule.take()

    def _retry_is_due(self, now: float) -> bool:
        return bool(self._later) and self._later[0][0] <= now

    def _send(self, delivery: Delivery | None, now: float) -> None:
        if delivery is None:
            return
        self._count_hold()
        self._pacer.depart(now)
        self.traffic.requests += 1
        delivery.out = True
        self._workers.send(delivery, delivery.request)

    def _count_hold(self) -> None:
        if self._held_since is not None:
            self.traffic.held_seconds += self._clock() - self._held_since
            self._held_since = None

    def _next_due(self) -> float:
        """Seconds until something may go that may not go now; infinite where only answers help."""
        if not self._open or self.in_flight >= self._policy.max_in_flight:
            return float("inf")
        now = self._clock()
        due = self._later[0][0] - now if self._later else float("inf")
        if self._schedule.ready or due <= 0:
            return self._pacer.wait(now)
        return max(due, self._pacer.wait(now))

    # --- reading what came

    def _see_to(self, delivery: Delivery, result: Answer | Failure) -> None:
        delivery.out = False
        reading = self._read(delivery, result)
        delivery.ambiguous |= reading.verdict is Verdict.AMBIGUOUS
        if reading.verdict in FINAL:
            self._patience.accepted()
            self._end(delivery, reading, result)
        elif self._given_up_for_safety(delivery, reading):
            self._end(delivery, reading, result)
        elif self._open:
            self._bear(delivery, reading, result)

    def _given_up_for_safety(self, delivery: Delivery, reading: Reading) -> bool:
        return (
            reading.verdict is Verdict.AMBIGUOUS
            and not delivery.resource.idempotent
            and self._policy.on_ambiguous == "reject"
        )

    def _read(self, delivery: Delivery, result: Answer | Failure) -> Reading:
        """Say what a result means, and count it."""
        if isinstance(result, Failure):
            self.traffic.failures += 1
            return read_failure(result)
        self.traffic.answers += 1
        self.traffic.answer_seconds += result.seconds
        self.traffic.statuses[result.status] = self.traffic.statuses.get(result.status, 0) + 1
        self._patience.reached()
        self._pacer.heed(result.headers, self._clock())
        if 200 <= result.status < 300:  # noqa: PLR2004 - the class of success, RFC 9110
            return delivery.resource.read(result, ())
        return read_status(result.status, self._destination.statuses)

    def _end(self, delivery: Delivery, reading: Reading, result: Answer | Failure) -> None:
        self._schedule.settle(delivery)
        answer = result if isinstance(result, Answer) else None
        self._ended.append(Ended(delivery, reading, answer))

    def _bear(self, delivery: Delivery, reading: Reading, result: Answer | Failure) -> None:
        """Try again, or stop the run, as patience has it."""
        decision = self._decide(delivery, reading, result)
        if isinstance(decision, GiveUp):
            self._open = False
            self._count_hold()
            self.fault = VendorError(
                advise(
                    self._destination,
                    reading,
                    result,
                    decision,
                    line=delivery.line,
                    resource=delivery.resource.name,
                )
            )
            return
        if decision.hold_until is not None:
            self._pacer.hold(decision.hold_until)
        self.traffic.retries += 1
        heapq.heappush(self._later, (decision.at, next(self._tiebreak), delivery))

    def _decide(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure
    ) -> Again | GiveUp:
        if reading.verdict is Verdict.STOP:
            return GiveUp()
        now = self._clock()
        failure = result if isinstance(result, Failure) else None
        asked = None if isinstance(result, Failure) else _asked_to_wait(result)
        if reading.verdict is Verdict.THROTTLED:
            self.traffic.throttled += 1
            return self._patience.throttled(now, asked)
        delivery.attempts += 1
        delivery.since = now if delivery.since is None else delivery.since
        return self._patience.failed(
            now, attempts=delivery.attempts, since=delivery.since, failure=failure, asked=asked
        )


def _asked_to_wait(answer: Answer) -> float | None:
    return retry_after(answer.headers, datetime.now(timezone.utc))
