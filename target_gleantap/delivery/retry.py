"""Retries: when the next attempt is, and when the run gives up. Pure.

The clock and the randomness come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from target_gleantap.contract import Reading, Verdict
from target_gleantap.model import Failure, FailureKind

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
DOUBLINGS = 16
"""Past this many attempts the wait no longer grows; bounds the power of two."""

UNREACHED_SECONDS = 1.0
"""How long a host that never responded may refuse connections: more likely a wrong setting than a
vendor that is down, and nothing is lost by stopping early."""


def backoff(attempt: int, chance: float) -> float:
    """Exponential backoff with full jitter.

    Args:
        attempt: How many attempts have failed, 1 or more.
        chance: Evenly distributed in [0, 1).

    Returns:
        Seconds to wait.
    """
    ceiling = FIRST_SECONDS * 2.0 ** min(attempt - 1, DOUBLINGS)
    return chance * min(ceiling, LONGEST_SECONDS)


_FAILURES = {
    FailureKind.REFUSED: (Verdict.RETRY, "no connection can be made"),
    FailureKind.NAME: (Verdict.RETRY, "the host's name does not resolve"),
    FailureKind.TLS: (Verdict.STOP, "no trusted TLS connection can be made"),
    FailureKind.BROKEN: (Verdict.AMBIGUOUS, "the request was sent and no complete response came"),
}


def read_failure(failure: Failure) -> Reading:
    """Read an attempt without a response."""
    verdict, message = _FAILURES[failure.kind]
    return Reading(verdict, f"{message} ({failure.words})")


@dataclass(frozen=True, slots=True)
class RetryAt:
    """The next attempt.

    Attributes:
        at: When, in monotonic seconds.
        hold_until: Until when no request at all may be sent, or None.
    """

    at: float
    hold_until: float | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The run stops.

    Attributes:
        borne: For how many seconds such an error is retried; 0 where it is not.
        asked: The seconds that the vendor asked to wait, if that is why.
    """

    borne: float = 0.0
    asked: float | None = None


class RetryRules:
    """How long vendor errors are retried, and when they slow all requests down.

    Args:
        deadline: Seconds that an error may last.
        crowd: How many errors in a row, without an accepted request between, may come before all
            requests slow down: as many as can be in flight when a vendor goes down.
        chance: Evenly distributed in [0, 1).
    """

    def __init__(self, deadline: float, crowd: int, chance: Callable[[], float]) -> None:
        self._deadline = deadline
        self._crowd = crowd
        self._chance = chance
        self._reached = False
        self._throttles = 0
        self._throttled_since: float | None = None
        self._held_until = float("-inf")
        self._errors = 0

    def reached(self) -> None:
        """Note that the host responded."""
        self._reached = True

    def accepted(self) -> None:
        """Note an accepted request: the vendor is neither down nor throttling all."""
        self._throttles = self._errors = 0
        self._throttled_since = None

    def throttled(self, now: float, asked: float | None) -> RetryAt | GiveUp:
        """Decide on a 429: it holds everyone back, and costs nobody an attempt.

        Args:
            now: The time.
            asked: What `Retry-After` says, in seconds, or None; zero says nothing either.
        """
        if self._throttled_since is None:
            self._throttled_since = now
        left = self._throttled_since + self._deadline - now
        if left <= 0 or (asked or 0.0) > left:
            return GiveUp(self._deadline, asked)
        if asked:
            self._held_until = max(self._held_until, now + asked)
        elif now >= self._held_until:
            # Those that were in flight together are throttled together, and count once.
            self._throttles += 1
            self._held_until = now + min(self._unasked_hold(), left)
        return RetryAt(self._held_until, self._held_until)

    def _unasked_hold(self) -> float:
        """At least half of the backoff's ceiling: a hold of next to nothing would not help."""
        ceiling = min(
            2 * FIRST_SECONDS * 2.0 ** min(self._throttles - 1, DOUBLINGS), LONGEST_SECONDS
        )
        return ceiling * (0.5 + self._chance() / 2)

    def failed(
        self,
        now: float,
        *,
        attempts: int,
        since: float,
        failure: Failure | None,
        asked: float | None,
    ) -> RetryAt | GiveUp:
        """Decide on a failed attempt.

        Args:
            now: Monotonic seconds.
            attempts: How many attempts of this delivery have failed, this one included.
            since: When the first of them failed.
            failure: What happened, where no response came.
            asked: What `Retry-After` says, in seconds, or None.
        """
        self._errors += 1
        borne = self._borne(failure)
        left = since + borne - now
        if left <= 0 or (asked or 0.0) > left:
            return GiveUp(borne, asked)
        # The last attempt comes at the deadline: a wait by chance never gives up before it.
        wait = max(min(backoff(attempts, self._chance()), left), asked or 0.0)
        beyond = self._errors - self._crowd
        if asked:
            return RetryAt(now + wait, now + asked)
        if beyond > 0:
            waves = 1 + beyond // self._crowd
            return RetryAt(now + wait, now + backoff(waves, self._chance()))
        return RetryAt(now + wait)

    def _borne(self, failure: Failure | None) -> float:
        if failure is None or self._reached:
            return self._deadline
        if failure.kind is FailureKind.NAME:
            return 0.0
        if failure.kind is FailureKind.REFUSED:
            return min(UNREACHED_SECONDS, self._deadline)
        return self._deadline
