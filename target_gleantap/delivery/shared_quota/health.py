"""Whether Redis responds, and how many runs share the rate limit. Pure."""

from __future__ import annotations

SILENCE_SECONDS = 0.5
"""How long Redis may take to respond before a run continues without it."""
RETURN_SECONDS = 3.0
"""How long a run waits, once Redis is back, for the other runs to notice."""
UNKNOWN_RUNS = 8
"""How many runs are assumed where neither Redis nor a setting ever told the number."""


class Health:
    """Whether Redis responds, how quickly, and how many runs it knows.

    Args:
        declared: How many runs there may be, by the settings; None where they do not say.

    Attributes:
        seen: Whether Redis has ever responded.
        seconds: Its recent response time.
    """

    def __init__(self, declared: int | None) -> None:
        self.seen = False
        self.seconds = 0.0
        self._least = declared or 1
        self._runs = declared or UNKNOWN_RUNS
        self._lost = False
        self._asked_at: float | None = None
        self._back_at: float | None = None

    @property
    def runs(self) -> int:
        """How many runs share the rate limit while Redis does not respond."""
        return max(self._runs, self._least)

    def asked(self, now: float) -> None:
        """Note that a request to Redis starts."""
        self._asked_at = now

    def heard(self, now: float, runs: int) -> None:
        """Note that Redis has responded.

        After an outage Redis does not yet know what all runs have sent: a run continues with its
        share until the other runs are back, or have had the time.
        """
        if self._asked_at is not None:
            self.seconds += (now - self._asked_at - self.seconds) / 4
        self._asked_at = None
        if self._lost and runs < self._runs:
            self._back_at = now if self._back_at is None else self._back_at
            if now - self._back_at < RETURN_SECONDS:
                return
        self._lost, self._back_at = False, None
        self._runs, self.seen = runs, True

    def failed(self) -> None:
        """Note that Redis has not responded."""
        self._lost, self._asked_at, self._back_at = True, None, None

    def lost(self, now: float) -> bool:
        """Whether Redis counts as down: then nothing waits for it."""
        asked_at = self._asked_at  # the other thread may set it to None just now
        if asked_at is not None and now - asked_at > SILENCE_SECONDS:
            self._lost, self._back_at = True, None
        return self._lost
