"""How long nothing more is tried after a limit fell. Pure: told the time."""

from __future__ import annotations

from math import inf

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
NEAR = 1 / 8
"""Levels this share apart are the same."""


class Calm:
    """A time in which nothing more is tried, twice as long each time that the same level failed.

    Args:
        first: How many seconds it lasts where another level failed before, or none.

    Attributes:
        until: Its end.
    """

    def __init__(self, first: float) -> None:
        self.until = -inf
        self._first = self._seconds = first
        self._last_level = inf

    def begin(self, level: float, now: float, least: float = 0.0) -> None:
        """Begin, as a level failed.

        Args:
            level: Which.
            now: The time.
            least: How many seconds it lasts at least.
        """
        again = abs(level - self._last_level) <= 1 + NEAR * level
        longer = max(SHORTEST_SECONDS, min(2 * self._seconds, LONGEST_SECONDS))
        self._seconds = longer if again else self._first
        self._last_level = level
        self.until = now + max(self._seconds, least)

    def end(self) -> None:
        """Let more be tried at once."""
        self.until = -inf
