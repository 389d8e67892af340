"""Whether Redis answers, and among how many runs a quota is shared. Pure."""

from __future__ import annotations

SILENCE_SECONDS = 0.5
"""How long Redis may take to answer before a run goes on alone."""
RETURN_SECONDS = 3.0
"""How long a run waits, once Redis is back, for the others to find that out."""
UNKNOWN_RUNS = 8
"""Among how many runs a quota is shared where neither Redis nor a setting has ever said."""


class Contact:
    """What is known of Redis, and through it of the other runs.

    Args:
        declared: How many runs there may be, by the settings; None where they do not say.

    Attributes:
        seen: Whether Redis has ever answered.
        seconds: How long it takes to, lately.
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
        """Among how many runs the quota is shared while Redis does not answer."""
        return max(self._runs, self._least)

    def asked(self, now: float) -> None:
        """Redis is being asked."""
        self._asked_at = now

    def heard(self, now: float, runs: int) -> None:
        """Redis has answered.

        After a silence, what it knows is not yet what all runs have sent: a run goes on alone
        until the others are there too, or have had the time.
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
        """Redis has not answered."""
        self._lost, self._asked_at, self._back_at = True, None, None

    def lost(self, now: float) -> bool:
        """Whether the run is alone: nobody who waits for Redis needs to wait any longer."""
        asked_at = self._asked_at  # the other thread may set it to None just now
        if asked_at is not None and now - asked_at > SILENCE_SECONDS:
            self._lost, self._back_at = True, None
        return self._lost
