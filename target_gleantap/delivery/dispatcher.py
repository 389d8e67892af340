"""The way of a delivery: schedule, pace, send, read, and perhaps again.

One thread owns a dispatcher and makes every decision; lines only carry requests out. So
order, quota and retries are plain code on one clock, and whoever calls `turn` is also the only
one who learns of an outcome.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from target_gleantap.contract import Destination, Reading, Verdict
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.concurrency.limit import Limit
from target_gleantap.delivery.delivery import Delivery, Ended, Part
from target_gleantap.delivery.feedback import Feedback
from target_gleantap.delivery.interpret import interpret
from target_gleantap.delivery.ordering import Schedule
from target_gleantap.delivery.policy import Policy
from target_gleantap.delivery.resource_queues import Gates
from target_gleantap.delivery.retry import GiveUp, RetryRules
from target_gleantap.delivery.shared_quota.exchange import QuotaExchange
from target_gleantap.delivery.stop_message import stop_message
from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import Multi
from target_gleantap.errors import VendorError
from target_gleantap.model import Answer, Body, Failure
from target_gleantap.telemetry.counters import Traffic
from target_gleantap.telemetry.timeline import Timeline

_FINAL = (Verdict.DELIVERED, Verdict.REJECTED)


class Dispatcher:
    """Delivers, in order per contact, side by side across contacts.

    Args:
        destination: Whom to.
        vendor: The destination's own settings.
        client: Sends.
        encode: A wire body to JSON.
        policy: How far to go.
        sharing: Shares the quotas with other runs; None where there are none.
        clock: Monotonic seconds.
        chance: Evenly distributed in [0, 1).
    """

    def __init__(
        self,
        destination: Destination,
        vendor: Mapping[str, Any],
        client: Client,
        encode: Callable[[Body], bytes],
        policy: Policy,
        *,
        sharing: QuotaExchange | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.traffic = Traffic()
        self.history = Timeline(clock())
        self.fault: VendorError | None = None
        self.settle_first = False
        """Whether what has ended is noted by the owner before anything takes its place (`launch`):
        then a sudden end leaves in doubt what was in flight, and nothing more."""
        self._open = True
        self._destination = destination
        self._policy = policy
        self._clock = clock
        self._limit = Limit(policy.max_in_flight, adaptive=policy.adaptive)
        self._schedule: Schedule[Part] = Schedule()
        self._lines: Multi[Delivery] = Multi(client)
        self._sharing = sharing
        self._gates = Gates(
            destination,
            vendor,
            encode,
            policy,
            sharing,
            in_flight=lambda: self.in_flight,
            undo_decrease=self._limit.undo_decrease,
        )
        retry_rules = RetryRules(policy.retry_deadline_seconds, policy.max_in_flight, chance)
        self._feedback = Feedback(
            self._gates, self._limit, retry_rules, policy.job_deadline_seconds
        )
        self._ended: deque[Ended] = deque()
        self._held_since: float | None = None
        if sharing is not None:
            sharing.start(self.wake)

    # --- what the owner calls

    def __len__(self) -> int:
        """How many parts are unsettled."""
        return len(self._schedule)

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return self._lines.in_flight

    @property
    def limit(self) -> int:
        """How many requests may be under way now."""
        return self._limit.level

    @property
    def busy(self) -> bool:
        """Whether something has come back that `turn` would tell of without waiting."""
        return self._lines.busy

    @property
    def hurry(self) -> bool:
        """Whether nothing more will come until something has ended: requests go as they are."""
        return self._gates.hurry

    @hurry.setter
    def hurry(self, hurry: bool) -> None:
        self._gates.hurry = hurry

    def quota_left(self) -> int | None:
        """How many requests the quotas would let go at once; None where none is known."""
        return self._gates.left(self._clock())

    def quota_use(self) -> Iterator[tuple[str, float]]:
        """How much of each quota is taken, by its name, 1 for all of it."""
        return self._gates.use(self._clock())

    def submit(self, part: Part) -> None:
        """Take the next part, in input order."""
        gate = self._gates.of(part.resource)
        gate.expect()
        if self._schedule.add(part, part.identifiers):
            gate.ready(part, self._clock())
            if not self.settle_first:
                self.launch()

    def wake(self) -> None:
        """Make a waiting `turn` return; may be called from any thread or signal handler."""
        self._lines.wake()

    def turn(self, seconds: float) -> None:
        """Wait up to `seconds` for something to happen, and see to it; `ended` tells of it.

        Where the run must stop, `fault` says why from then on, and nothing more is sent.
        """
        self.launch()
        for delivery, result in self._lines.arrivals(min(seconds, self._next_due())):
            self._see_to(delivery, result)
        if not self.settle_first:
            self.launch()

    def ended(self) -> Iterator[Ended]:
        """Tell of each part that has ended, once."""
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
            for delivery, result in self._lines.arrivals(left):
                self._see_to(delivery, result)
            yield from self.ended()

    def unsettled(self) -> Iterator[Part]:
        """List the parts that have not ended."""
        return iter(self._schedule)

    def close(self) -> None:
        """Give up what is under way, and close the connections."""
        self._open = False
        self._lines.close()
        if self._sharing is not None:
            self._sharing.close()

    # --- sending

    def launch(self) -> None:
        """Send all that may go now."""
        while self._open and self.in_flight < self._limit.level:
            now = self._clock()
            gate, held = self._gates.next(now)
            if gate is None:
                self._count_hold(now, held=held)
                return
            self._count_hold(now, held=False)
            self._send(gate.take(now, self._schedule), now)

    def _send(self, delivery: Delivery, now: float) -> None:
        self.traffic.requests += 1
        delivery.depart(Flight(now, self.in_flight + 1))
        self._lines.send(delivery, delivery.request)

    def _count_hold(self, now: float, *, held: bool) -> None:
        if self._held_since is not None:
            self.traffic.held_seconds += now - self._held_since
        self._held_since = now if held else None

    def _next_due(self) -> float:
        """Seconds until something may go that may not go now; infinite where only answers help."""
        if not self._open or self.in_flight >= self._limit.level:
            return float("inf")
        return self._gates.next_due(self._clock())

    # --- reading what came

    def _see_to(self, delivery: Delivery, result: Answer | Failure) -> None:
        reading = self._read(delivery, result)
        if reading.verdict in _FINAL or self._unsafe_to_repeat(delivery, reading):
            self._end(delivery, reading, result if isinstance(result, Answer) else None)
        elif self._open:
            self._go_on(delivery, reading, result)

    def _read(self, delivery: Delivery, result: Answer | Failure) -> Reading:
        """Say what a result means; count it, and learn from it."""
        self.traffic.arrived(result)
        self.history.arrived(self._clock(), result)
        reading = interpret(self._destination, delivery, result)
        self.traffic.counts.update(reading.counts)
        delivery.mark(reading.verdict)
        self._feedback.update(delivery, reading, result, self._clock())
        self.traffic.limit, self.traffic.limit_falls = self._limit.level, self._limit.falls
        return reading

    def _unsafe_to_repeat(self, delivery: Delivery, reading: Reading) -> bool:
        return (
            reading.verdict is Verdict.AMBIGUOUS
            and not delivery.idempotent
            and self._policy.on_ambiguous == "reject"
        )

    # --- ending

    def _end(self, delivery: Delivery, reading: Reading, answer: Answer | None) -> None:
        """End what has ended; send again, without that or by halves, what was refused with it."""
        now = self._clock()
        self.history.ended(delivery.effort(now))
        ended, others = delivery.apart(reading)
        for part, its_own in ended:
            self._settle(part, its_own, answer, now)
        if not self._open:
            return
        gate = self._gates.of(delivery.resource)
        if others:
            self.traffic.retries += 1
            gate.again(gate.without(delivery, others, halve=not ended), now)
        elif delivery.rest is not None:
            gate.again(delivery.rest, now)

    def _settle(self, part: Part, reading: Reading, answer: Answer | None, now: float) -> None:
        for freed in self._schedule.settle(part):
            self._gates.of(freed.resource).ready(freed, now)
        self._ended.append(Ended(part, reading, answer))

    # --- going on

    def _go_on(self, delivery: Delivery, reading: Reading, result: Answer | Failure) -> None:
        """Take the next step, try again, or stop the run, as patience has it."""
        gate = self._gates.of(delivery.resource)
        self.traffic.throttled += reading.verdict is Verdict.THROTTLED
        decision = self._feedback.next_attempt(delivery, reading, result, self._clock())
        if isinstance(decision, GiveUp):
            self._stop(delivery, reading, result, decision)
            return
        if reading.step is not None:
            gate.followed_by(delivery, reading.step)
        else:
            self.traffic.retries += 1
        if decision.hold_until is not None:
            gate.vendor_pacer.hold(decision.hold_until)
        gate.again(delivery, decision.at)

    def _stop(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, decision: GiveUp
    ) -> None:
        self._open = False
        self._count_hold(self._clock(), held=False)
        self.history.ended(delivery.effort(self._clock()))
        self.fault = VendorError(
            stop_message(
                self._destination,
                reading,
                result,
                decision,
                lines=[part.line for part in delivery.parts],
                resource=delivery.resource.name,
            )
        )
