"""Pacing: when the next request may leave, so that no quota is ever overrun.

A pacer is told the time and never sleeps. It keeps every window as a sliding one, which is the
strictest reading of "N requests in M seconds": whoever keeps it also keeps a fixed window and a
token bucket of the same size. What the vendor says in its answers comes on top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from target_gleantap.contract import Quota

GUARD_SHARE = 0.02
GUARD_SECONDS = 0.012
"""A window is kept longer than it is by the lesser of these: requests that leave a window apart
may arrive a little closer together than they left."""

RATE_LIMIT_SECONDS = 60.0
"""The longest that `RateLimit-Reset` is believed."""


@dataclass(slots=True)
class _Window:
    """The departures within one quota."""

    requests: int
    seconds: float
    departures: deque[float] = field(default_factory=deque)

    @classmethod
    def of(cls, quota: Quota) -> _Window:
        guard = min(quota.seconds * GUARD_SHARE, GUARD_SECONDS)
        return cls(quota.requests, quota.seconds + guard)

    def opens_at(self, now: float) -> float:
        """When the next request may leave: `now` or later."""
        while self.departures and self.departures[0] <= now - self.seconds:
            self.departures.popleft()
        if len(self.departures) < self.requests:
            return now
        return self.departures[-self.requests] + self.seconds


class Pacer:
    """The quota of one credential; every request passes it, retries included.

    Times are seconds of any monotonic clock. Not thread-safe: one thread owns it.
    """

    def __init__(self, quotas: tuple[Quota, ...]) -> None:
        self.quotas = quotas
        self._windows = [_Window.of(quota) for quota in quotas]
        self._held_until = float("-inf")

    def wait(self, now: float) -> float:
        """Tell how many seconds the next request must wait; 0 where it may leave now."""
        opens_at = max((window.opens_at(now) for window in self._windows), default=now)
        return max(opens_at, self._held_until, now) - now

    def depart(self, now: float) -> None:
        """Count a request that leaves now."""
        for window in self._windows:
            window.departures.append(now)

    def hold(self, until: float) -> None:
        """Let nobody leave before `until`."""
        self._held_until = max(self._held_until, until)

    def left(self, now: float) -> int | None:
        """How many requests may leave at once now, or None where no quota is known."""
        free = []
        for window in self._windows:
            window.opens_at(now)
            free.append(max(0, window.requests - len(window.departures)))
        return min(free, default=None)

    def heed(self, headers: Mapping[str, str], now: float) -> None:
        """Take what an accepted answer tells of the vendor's own count.

        Args:
            headers: Lower-case names. `ratelimit-remaining` and `ratelimit-reset` (seconds) are
                read, with or without `x-` before them (draft-ietf-httpapi-ratelimit-headers).
            now: The time of the answer.
        """
        remaining = _number(headers, "ratelimit-remaining")
        reset = _number(headers, "ratelimit-reset")
        if remaining is None or reset is None or not 0 <= reset <= RATE_LIMIT_SECONDS:
            return
        if remaining <= 0:
            self.hold(now + reset)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name) or headers.get(f"x-{name}")
    try:
        return float(text) if text else None
    except ValueError:
        return None


def retry_after(headers: Mapping[str, str], wall: datetime) -> float | None:
    """Read `Retry-After` (RFC 9110, section 10.2.3).

    Args:
        headers: Lower-case names.
        wall: The local time of the answer, with its zone. Where the answer carries a `Date`, a
            date in `Retry-After` is held against that instead: the vendor's clock, not ours.

    Returns:
        Seconds from now, never negative; None where there is none or it cannot be read.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = _date(text)
        if until is None:
            return None
        seconds = (until - (_date(headers.get("date", "")) or wall)).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None  # noqa: PLR0124 - NaN


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
