"""The log's monotonic seconds as the time of day, and back: "What happened at 02:13?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day in this machine's zone.

    Attributes:
        offset: Seconds to add to a monotonic time to get seconds since 1970.
    """

    offset: float

    def at(self, moment: float) -> datetime:
        """The time of day of a monotonic time."""
        return datetime.fromtimestamp(moment + self.offset).astimezone()

    def read(self, text: str, now: float) -> tuple[float, float] | None:
        """Read a time as a period: `02:13` is a minute, `02:13:05` a second.

        A time without a date is the latest such time in the past.

        Args:
            text: A time of day, or an ISO date and time.
            now: Monotonic seconds.

        Returns:
            The start and the end in monotonic seconds; None where it is not a time.
        """
        today = self.at(now).replace(tzinfo=None)
        date, _, time = text.strip().replace("T", " ").rpartition(" ")
        match = _TIME.fullmatch(time)
        if not match:
            return None
        hour, minute, second = (int(part or 0) for part in match.groups())
        try:
            day = datetime.fromisoformat(date) if date else today
            begin = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
        except ValueError:
            return None
        if not date and begin > today:
            begin -= DAY
        first = begin.timestamp() - self.offset
        return first, first + (1.0 if match[3] else 60.0)
