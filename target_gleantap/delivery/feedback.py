"""How the vendor bears what it is sent, as each result teaches it; and so what comes next."""

from __future__ import annotations

from datetime import datetime, timezone

from target_gleantap.contract import Reading, Verdict
from target_gleantap.delivery.concurrency.limit import Limit
from target_gleantap.delivery.delivery import Delivery
from target_gleantap.delivery.rate_limit.pacer import retry_after
from target_gleantap.delivery.resource_queues import Gates
from target_gleantap.delivery.retry import Again, GiveUp, Patience
from target_gleantap.model import Answer, Failure

CONTINUE_SECONDS = 3600.0
"""How long a delivery of several steps (a job that the vendor runs) may take."""

_TAKEN = (Verdict.DELIVERED, Verdict.REJECTED, Verdict.CONTINUE)
_OVERLOAD = (Verdict.RETRY, Verdict.AMBIGUOUS)


class Bearing:
    """Learns from results, each in its turn.

    Args:
        gates: Learn how many requests may leave in a time.
        limit: Learns how many may be under way at once.
        patience: Learns whether the vendor is down, and says how long that is borne.
    """

    def __init__(self, gates: Gates, limit: Limit, patience: Patience) -> None:
        self._gates = gates
        self._limit = limit
        self._patience = patience

    def learn(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        """Take in what a result says of the vendor.

        Args:
            delivery: Whose it is.
            reading: What it means.
            result: It.
            now: The time.
        """
        if isinstance(result, Answer):
            self._patience.reached()
            self._gates.of(delivery.resource).vendor_pacer.heed(result.headers, now)
        if reading.verdict in _TAKEN:
            self._taken(delivery, reading, result, now)
        else:
            self._not_taken(delivery, reading, result, now)

    def _taken(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        self._limit.answered(delivery.flight, now, result.seconds)
        self._gates.bore(delivery.flight)
        self._patience.accepted()
        if reading.verdict is Verdict.DELIVERED:
            self._gates.of(delivery.resource).accepted(delivery, now)

    def _not_taken(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        """Tell whom it concerns: too many at once, or too many in a time.

        A 429 means the first only where no quota is known.
        """
        asked = _asked_to_wait(result)
        throttled = reading.verdict is Verdict.THROTTLED
        if reading.verdict in _OVERLOAD or (
            throttled and not self._gates.of(delivery.resource).has_quota
        ):
            self._limit.refused(delivery.flight, now, asked or 0.0)
        if throttled:
            self._gates.throttled(delivery.flight, now, asked)

    def sequel(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> Again | GiveUp:
        """Say when a delivery goes on that has not ended: with its next step, or once more.

        Arguments as those of `learn`, which comes first.
        """
        if reading.step is not None:
            return _continued(delivery, now + reading.step.after_seconds)
        if reading.verdict in (Verdict.STOP, Verdict.CONTINUE):
            return GiveUp()
        asked = _asked_to_wait(result)
        if reading.verdict is Verdict.THROTTLED:
            return self._patience.throttled(now, asked)
        since = delivery.failed(now)
        return self._patience.failed(
            now,
            attempts=delivery.attempts,
            since=since,
            failure=result if isinstance(result, Failure) else None,
            asked=asked,
        )


def _continued(delivery: Delivery, at: float) -> Again | GiveUp:
    if delivery.started is not None and at - delivery.started > CONTINUE_SECONDS:
        return GiveUp(CONTINUE_SECONDS)
    return Again(at)


def _asked_to_wait(result: Answer | Failure) -> float | None:
    if isinstance(result, Failure):
        return None
    return retry_after(result.headers, datetime.now(timezone.utc))
