"""Cooldown after a decrease; it doubles while the same level keeps failing. Pure."""

from __future__ import annotations

from math import inf

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
NEAR = 1 / 8
"""Levels this share apart are the same."""


class Cooldown:
    """A time in which a limit does not grow; twice as long each time that the same level failed.

    Args:
        first: Its seconds where another level failed before, or none.

    Attributes:
        until: Its end, in monotonic seconds.
    """

    def __init__(self, first: float) -> None:
        self.until = -inf
        self._first = self._seconds = first
        self._last_level = inf

    def begin(self, level: float, now: float, least: float = 0.0) -> None:
        """Begin, as a level failed.

        Args:
            level: The level.
            now: Monotonic seconds.
            least: The least seconds that it lasts.
        """
        again = abs(level - self._last_level) <= 1 + NEAR * level
        longer = max(SHORTEST_SECONDS, min(2 * self._seconds, LONGEST_SECONDS))
        self._seconds = longer if again else self._first
        self._last_level = level
        self.until = now + max(self._seconds, least)

    def end(self) -> None:
        """End it now."""
        self.until = -inf
