"""What a run may send while Redis does not respond: its share of each rate limit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit.pacer import Departure, SlidingWindow

MARGIN_SECONDS = 1.0
"""By how much later than this run another run may notice that Redis is down."""

SPACE_SHARE = 0.9
"""Requests of a shared quota lie apart by this share of what the quota means on average..."""
MOST_SPACE_SECONDS = 0.02
"""...and by no more than this: what many runs send at the same moment arrives late, and overruns a
quota that it was paced for."""
SHORT_SECONDS = 2.0
"""How long a window may be for that to matter: a longer one bears that much more lateness."""


def space(quotas: Sequence[Quota]) -> float:
    """The least seconds between two requests, those of all runs together."""
    short = (each for each in quotas if each.seconds <= SHORT_SECONDS)
    mean = min((each.seconds / each.requests for each in short), default=0.0)
    return min(SPACE_SHARE * mean, MOST_SPACE_SECONDS)


def share(quota: Quota, runs: int) -> Quota:
    """One run's share of a rate limit.

    Where there are more runs than requests, each sends one in a longer window: then they keep the
    quota's rate, though not each of its windows.
    """
    requests = quota.requests // runs
    if requests:
        return Quota(requests, quota.seconds)
    return Quota(1, quota.seconds * runs / quota.requests)


@dataclass(frozen=True, slots=True)
class _Part:
    """This run's share of one rate limit.

    Attributes:
        window: The requests that this run sent.
        first: How many there may be in it until `settled_at`.
        settled_at: When no window holds anything any more that the runs had together.
    """

    window: SlidingWindow
    first: int
    settled_at: float

    def opens_at(self, now: float, quickest: float) -> float:
        """When the next request may leave: `now` or later."""
        whole = self.window.opens_at(now, quickest)
        if now >= self.settled_at:
            return whole
        return min(self.window.opens_at(now, quickest, self.first), max(whole, self.settled_at))


class Fallback:
    """Paces a run that sends only its share.

    One that had sent less than its share when the others had sent more may not make up for that
    at once: their requests are still in the window. Until that has passed it sends no more in a
    window than it had, and its share of what was free.

    Args:
        quotas: The rate limits of the account.
        runs: How many runs share them.
        departures: The requests that this run has sent, for each quota, oldest first.
        free: How many requests each quota had left for all runs.
        now: When Redis was lost, in monotonic seconds.
        late: By how many seconds at most a request is believed to have arrived late.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        runs: int,
        departures: Sequence[Sequence[Departure]],
        free: Sequence[int],
        now: float,
        late: float,
    ) -> None:
        self._space = runs * space(quotas)
        self._next_at = now
        self._parts: list[_Part] = []
        for quota, sent, left in zip(quotas, departures, free, strict=True):
            window = SlidingWindow.of(share(quota, runs))
            window.most_late = max(window.most_late, late)
            window.departures.extend(sent)
            first = min(window.requests, len(sent) + left // runs)
            self._parts.append(_Part(window, first, now + quota.seconds + MARGIN_SECONDS))

    def opens_at(self, now: float, quickest: float) -> float:
        """When the next request may leave: `now` or later.

        Args:
            now: Monotonic seconds.
            quickest: The shortest response time, in seconds.
        """
        opens_at = max((part.opens_at(now, quickest) for part in self._parts), default=now)
        return max(opens_at, self._next_at)

    def depart(self, departure: Departure) -> None:
        """Count a request that is sent."""
        self._next_at = departure.at + self._space
        for part in self._parts:
            part.window.departures.append(departure)
