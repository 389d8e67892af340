"""Pacing: when the next request may be sent, so that no known rate limit is exceeded. Pure.

Every limit is kept as a sliding window, the strictest reading of "N requests in M seconds": it also
keeps a fixed window and a token bucket of the same size. `RateLimit-*` and `Retry-After` of the
responses come on top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from math import isnan

from target_gleantap.contract import Quota

GUARD_SHARE = 0.02
GUARD_SECONDS = 0.005
"""Each window is lengthened by the lesser of these: what is sent a window apart may arrive a little
closer together."""

LATE_SHARE = 0.05
"""The largest part of a window by which a slow response may lengthen it."""

FORGET_SHARE = 0.02
"""How far each slower response moves what counts as quick: a vendor may stay slower."""

LONGEST_ASKED = 1e9
"""Seconds, some thirty years: past every deadline, and still a number like any other."""

RATE_LIMIT_SECONDS = 60.0
"""The longest that `RateLimit-Reset` is believed."""


@dataclass(eq=False, slots=True)
class Departure:
    """A request that was sent.

    Attributes:
        at: When, in monotonic seconds.
        took: Its response time in seconds; None before the response.
    """

    at: float
    took: float | None = None


@dataclass(slots=True)
class SlidingWindow:
    """The requests sent within the window of one limit."""

    requests: int
    seconds: float
    most_late: float
    departures: deque[Departure] = field(default_factory=deque)

    @classmethod
    def of(cls, quota: Quota) -> SlidingWindow:
        """An empty window of a limit."""
        guard = min(quota.seconds * GUARD_SHARE, GUARD_SECONDS)
        return cls(quota.requests, quota.seconds + guard, quota.seconds * LATE_SHARE)

    def opens_at(self, now: float, quickest: float, most: int | None = None) -> float:
        """When the next request may be sent: `now` or later.

        Args:
            now: Monotonic seconds.
            quickest: The shortest response time, in seconds.
            most: How many may be sent, where that is not the whole limit; infinity where it is 0.
        """
        while self.departures and self._over(self.departures[0], quickest) <= now:
            self.departures.popleft()
        most = self.requests if most is None else most
        if len(self.departures) < most:
            return now
        return max(now, self._over(self.departures[-most], quickest)) if most else float("inf")

    def _over(self, departure: Departure, quickest: float) -> float:
        """When the vendor no longer counts it.

        What was answered later than the quickest may have arrived later by as much: a connection
        had to be made, or this machine was busy.
        """
        late = 0.0 if departure.took is None else max(0.0, departure.took - quickest)
        return departure.at + min(late, self.most_late) + self.seconds


class Pacer:
    """The rate limits of one credential; every request passes it, retries included.

    Times are seconds of any monotonic clock. Not thread-safe: one thread owns it.
    """

    def __init__(self, quotas: tuple[Quota, ...]) -> None:
        self.quotas = quotas
        self.windows = [SlidingWindow.of(quota) for quota in quotas]
        self.quickest = float("inf")
        self.held_until = float("-inf")

    def wait(self, now: float) -> float:
        """Give the seconds that the next request must wait; 0 where it may be sent now."""
        opens_at = max(
            (window.opens_at(now, self.quickest) for window in self.windows), default=now
        )
        return max(opens_at, self.held_until, now) - now

    def depart(self, now: float) -> Departure:
        """Count a request that is sent now; give it for `answered`."""
        departure = Departure(now)
        for window in self.windows:
            window.departures.append(departure)
        return departure

    def answered(self, departure: Departure, now: float) -> None:
        """Take the response time: by it, requests may have arrived later than they were sent."""
        departure.took = took = now - departure.at
        self.quickest = min(took, self.quickest)
        self.quickest += (took - self.quickest) * FORGET_SHARE

    def hold(self, until: float) -> None:
        """Let no request be sent before `until` (monotonic seconds)."""
        self.held_until = max(self.held_until, until)

    def keep(self, quota: Quota) -> None:
        """Keep this quota alone from now on; what has left counts in it."""
        window = SlidingWindow.of(quota)
        if self.windows:
            window.departures = self.windows[0].departures
        self.quotas, self.windows = (quota,), [window]

    def left(self, now: float) -> int | None:
        """How many requests may be sent at once now, or None where no limit is known."""
        free = []
        for window in self.windows:
            window.opens_at(now, self.quickest)
            free.append(max(0, window.requests - len(window.departures)))
        return min(free, default=None)

    def use(self, now: float) -> list[tuple[Quota, float]]:
        """How much of each limit is used, 1 for all of it."""
        shares = []
        for quota, window in zip(self.quotas, self.windows, strict=True):
            window.opens_at(now, self.quickest)
            shares.append((quota, len(window.departures) / window.requests))
        return shares

    def update_from_headers(self, headers: Mapping[str, str], now: float) -> None:
        """Take the vendor's own count from the headers of a response.

        Args:
            headers: Lower-case names. `ratelimit-remaining` and `ratelimit-reset` (seconds) are
                read, with or without `x-` before them (draft-ietf-httpapi-ratelimit-headers).
            now: When it arrived, in monotonic seconds.
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
        wall: The local time of the response, with its zone. Where it carries a `Date`, a
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
    # Digits without end are infinity, which is no time that anybody could count with.
    return None if isnan(seconds) else min(max(0.0, seconds), LONGEST_ASKED)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
