"""Enforced rate limits: at most so many requests a window, then 429 with `Retry-After`."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

_QUOTA = re.compile(r"(\d+)/(\d+(?:\.\d+)?)(ms|s|m|h)?(?:\s+(fixed|sliding))?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


@dataclass(slots=True)
class QuotaWindow:
    """One rate limit.

    Attributes:
        text: As it was written, such as `100/1s`.
        requests: How many requests fit into a window.
        seconds: The length of a window.
        sliding: Whether any period of that length counts, and not windows that start on the clock.
    """

    text: str
    requests: int
    seconds: float
    sliding: bool = False
    _peak: int = 0
    _start: float = -math.inf
    _count: int = 0
    _taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more request fits; 0 for now."""
        if self.sliding:
            while self._taken and self._taken[0] <= now - self.seconds:
                self._taken.popleft()
            full = len(self._taken) >= self.requests
            return self._taken[0] + self.seconds - now if full else 0.0
        if now >= self._start + self.seconds:
            self._start = now - now % self.seconds
            self._count = 0
        return self._start + self.seconds - now if self._count >= self.requests else 0.0

    def left(self, now: float) -> int:
        """How many more requests fit now."""
        self.wait(now)
        return self.requests - (len(self._taken) if self.sliding else self._count)

    def reset(self, now: float) -> float:
        """Seconds until the oldest counted request no longer counts."""
        self.wait(now)
        if self.sliding:
            return self._taken[0] + self.seconds - now if self._taken else 0.0
        return max(0.0, self._start + self.seconds - now)

    def count_request(self, now: float) -> None:
        """Count one request."""
        self._count += 1
        if self.sliding:
            self._taken.append(now)
        self._peak = max(self._peak, self._held())

    def use(self) -> float:
        """The largest share that was in use since the last call of this method, 1 for all."""
        peak, self._peak = self._peak, 0
        return peak / self.requests

    def _held(self) -> int:
        return len(self._taken) if self.sliding else self._count


class Limiter:
    """Several rate limits that hold together; a refused request counts in none of them."""

    def __init__(self, quotas: Iterable[str] = ()) -> None:
        self.windows = [parse_quota(quota) for quota in quotas]

    def admit_request(self, now: float) -> float:
        """Count a request and return 0, or return the seconds that it would have to wait."""
        if not self.windows:
            return 0.0
        wait = max(window.wait(now) for window in self.windows)
        if not wait:
            for window in self.windows:
                window.count_request(now)
        return wait


class Limits:
    """The rate limits of one account: those that were set, or else the vendor's own.

    Args:
        quotas: The limits that were set; None for the vendor's own.
    """

    def __init__(self, quotas: Iterable[str] | None = None) -> None:
        self._set = None if quotas is None else Limiter(quotas)
        self._own: dict[tuple[str, tuple[str, ...]], Limiter] = {}

    @property
    def windows(self) -> list[QuotaWindow]:
        """All limits in force; of the vendor's own, those that were needed so far."""
        limiters = self._own.values() if self._set is None else [self._set]
        return [window for limiter in limiters for window in limiter.windows]

    def admit_request(self, now: float, own: tuple[str, tuple[str, ...]]) -> float:
        """Count a request and return 0, or return the seconds that it would have to wait.

        Args:
            now: Monotonic seconds.
            own: The vendor's own limits for it: what they are counted under, and the limits.
        """
        return self.limiter_for(own).admit_request(now)

    def limiter_for(self, own: tuple[str, tuple[str, ...]]) -> Limiter:
        """The limits in force for requests with these limits of the vendor's own."""
        if self._set is not None:
            return self._set
        if own not in self._own:
            self._own[own] = Limiter(own[1])
        return self._own[own]

    def emptied(self) -> Limits:
        """The same limits, with nothing counted."""
        return Limits(None if self._set is None else [window.text for window in self._set.windows])


def parse_quota(text: str) -> QuotaWindow:
    """Read `100/1s`, `2000/1m` or `100/1s sliding`.

    Raises:
        ValueError: Where it is not such a text, or far too large.
    """
    match = _QUOTA.fullmatch(text.strip()) if isinstance(text, str) else None
    requests, length, unit, kind = match.groups() if match else ("0", "0", None, None)
    seconds = float(length) * _UNITS[unit]
    if not int(requests) or not seconds:
        raise ValueError(f"not a quota: {text!r} (write 100/1s, 2000/1m or 100/1s sliding)")
    return QuotaWindow(text.strip(), int(requests), seconds, sliding=kind == "sliding")
