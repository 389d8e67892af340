"""How many requests may leave in a time, as the vendor documents it or a setting says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `requests` in any window of `seconds`."""

    requests: int
    seconds: float

    def __str__(self) -> str:
        """Render as a setting writes it: `50/1s`, `2000/1m`."""
        if self.seconds % 60 == 0:
            return f"{self.requests}/{self.seconds / 60:g}m"
        return f"{self.requests}/{self.seconds:g}s"
