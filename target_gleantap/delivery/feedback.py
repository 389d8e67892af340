"""Feedback: what each response changes in rate limit, concurrency limit and retry delay."""

from __future__ import annotations

from datetime import datetime, timezone

from target_gleantap.contract import Reading, Verdict
from target_gleantap.delivery.concurrency.limit import Limit
from target_gleantap.delivery.delivery import Delivery
from target_gleantap.delivery.rate_limit.pacer import retry_after
from target_gleantap.delivery.resource_queues import Gates
from target_gleantap.delivery.retry import GiveUp, RetryAt, RetryRules
from target_gleantap.model import Answer, Failure

_ACCEPTED = (Verdict.DELIVERED, Verdict.REJECTED, Verdict.CONTINUE)
_OVERLOAD = (Verdict.RETRY, Verdict.AMBIGUOUS)


class Feedback:
    """Passes each result on to the rate limits, the concurrency limit and the retry rules.

    Args:
        gates: Hold the rate limits.
        limit: How many requests may be in flight.
        retry_rules: When to try again, and when to give up.
        job_deadline: Seconds that a delivery of several requests (a job of the vendor) may take.
    """

    def __init__(
        self, gates: Gates, limit: Limit, retry_rules: RetryRules, job_deadline: float
    ) -> None:
        self._gates = gates
        self._limit = limit
        self._retry_rules = retry_rules
        self._job_deadline = job_deadline

    def update(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        """Adapt rate and concurrency to a result.

        Args:
            delivery: What was sent.
            reading: What the result means.
            result: The response, or the failure.
            now: Monotonic seconds.
        """
        if isinstance(result, Answer):
            self._retry_rules.reached()
            self._gates.of(delivery.resource).vendor_pacer.update_from_headers(result.headers, now)
        if reading.verdict in _ACCEPTED:
            self._on_accepted(delivery, reading, result, now)
        else:
            self._on_refused(delivery, reading, result, now)

    def _on_accepted(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        self._limit.answered(delivery.flight, now, result.seconds)
        self._gates.accepted(delivery.flight)
        self._retry_rules.accepted()
        if reading.verdict is Verdict.DELIVERED:
            self._gates.of(delivery.resource).accepted(delivery, now)

    def _on_refused(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> None:
        """Slow down: fewer in flight, or fewer per time.

        A 429 means too many in flight only where no rate limit is known.
        """
        asked = _asked_to_wait(result)
        throttled = reading.verdict is Verdict.THROTTLED
        if reading.verdict in _OVERLOAD or (
            throttled and not self._gates.of(delivery.resource).has_quota
        ):
            self._limit.refused(delivery.flight, now, asked or 0.0)
        if throttled:
            self._gates.throttled(delivery.flight, now, asked)

    def next_attempt(
        self, delivery: Delivery, reading: Reading, result: Answer | Failure, now: float
    ) -> RetryAt | GiveUp:
        """Say when a delivery that has not ended is sent again, or its follow-up request is.

        Arguments as those of `update`, which comes first.
        """
        if reading.step is not None:
            return self._continued(delivery, now + reading.step.after_seconds)
        if reading.verdict in (Verdict.STOP, Verdict.CONTINUE):
            return GiveUp()
        asked = _asked_to_wait(result)
        if reading.verdict is Verdict.THROTTLED:
            return self._retry_rules.throttled(now, asked)
        since = delivery.failed(now)
        return self._retry_rules.failed(
            now,
            attempts=delivery.attempts,
            since=since,
            failure=result if isinstance(result, Failure) else None,
            asked=asked,
        )

    def _continued(self, delivery: Delivery, at: float) -> RetryAt | GiveUp:
        if delivery.started is not None and at - delivery.started > self._job_deadline:
            return GiveUp()
        return RetryAt(at)


def _asked_to_wait(result: Answer | Failure) -> float | None:
    if isinstance(result, Failure):
        return None
    return retry_after(result.headers, datetime.now(timezone.utc))
