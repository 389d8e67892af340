"""Counts over time in bounded memory: buckets that grow wider as a run grows longer. Pure.

Each response costs a look-up and two additions. Response times are kept as a histogram whose bins
are 10 % apart, so that quantiles are right within 5 % however many responses there were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

MOST = 600
"""How many buckets there are at most; beyond that, each two become one of double width."""
SHORTEST = 0.000_1
"""Seconds; what is shorter counts as this."""
STEP = log(1.1)
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(slots=True)
class Bucket:
    """One stretch of time.

    Attributes:
        counts: How often each thing happened.
        lengths: How many response times fell in each bin of the histogram.
        levels: The highest reading of each gauge.
    """

    counts: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    levels: dict[str, float] = field(default_factory=dict)

    def take_in(self, other: Bucket) -> None:
        """Add another bucket to this one."""
        self.counts.update(other.counts)
        self.lengths.update(other.lengths)
        for name, level in other.levels.items():
            self.levels[name] = max(level, self.levels.get(name, level))


class Series:
    """Counts, lengths and levels over time.

    Args:
        start: The time, on any clock, at which the first bucket begins.
        width: Seconds of a bucket, to begin with.
        most: How many buckets at most.
    """

    def __init__(self, start: float, width: float = 1.0, most: int = MOST) -> None:
        self.start = start
        self.width = width
        self._most = most
        self._buckets: dict[int, Bucket] = {}

    def answered(self, now: float, name: str, seconds: float) -> None:
        """Count something, and how long it took."""
        bucket = self._at(now)
        bucket.counts[name] += 1
        bucket.lengths[bin_of(seconds)] += 1

    def count(self, now: float, name: str, count: int = 1) -> None:
        """Count something."""
        self._at(now).counts[name] += count

    def level(self, now: float, name: str, level: float) -> None:
        """Record a gauge; the highest value of each bucket is kept."""
        levels = self._at(now).levels
        levels[name] = max(level, levels.get(name, level))

    def _at(self, now: float) -> Bucket:
        place = int((now - self.start) / self.width)
        bucket = self._buckets.get(place)
        if bucket is None:
            while place >= self._most:
                self._double()
                place = int((now - self.start) / self.width)
            bucket = self._buckets.setdefault(max(0, place), Bucket())
        return bucket

    def _double(self) -> None:
        self.width *= 2
        narrow, self._buckets = self._buckets, {}
        for place, bucket in narrow.items():
            self._buckets.setdefault(place // 2, Bucket()).take_in(bucket)

    def view(self) -> dict[str, Any]:
        """Show all of it as columns of JSON types, one value for each stretch of time.

        Returns:
            `width` in seconds; `seconds`, where each stretch begins, from the start on; `counts`
            and `levels` by name, a level that was not read being None; and `lengths` by
            quantile, in seconds.
        """
        end = max(self._buckets, default=-1) + 1
        buckets = [self._buckets.get(place, Bucket()) for place in range(end)]
        return {
            "width": self.width,
            "seconds": [place * self.width for place in range(end)],
            "counts": {
                name: [bucket.counts[name] for bucket in buckets] for name in self._names("counts")
            },
            "levels": {
                name: [bucket.levels.get(name) for bucket in buckets]
                for name in self._names("levels")
            },
            "lengths": {
                f"p{share * 100:g}": [quantile(bucket.lengths, share) for bucket in buckets]
                for share in QUANTILES
            },
        }

    def _names(self, of: str) -> list[str]:
        names: Iterable[str] = (
            name for bucket in self._buckets.values() for name in getattr(bucket, of)
        )
        return sorted(set(names))

    def histogram(self) -> Counter[int]:
        """The response times of the whole run."""
        lengths: Counter[int] = Counter()
        for bucket in self._buckets.values():
            lengths.update(bucket.lengths)
        return lengths


def bin_of(seconds: float) -> int:
    """The bin of a histogram that a length falls in."""
    return int(log(seconds / SHORTEST) / STEP) if seconds > SHORTEST else 0


def quantile(lengths: Mapping[int, int], share: float) -> float | None:
    """The length, in seconds, that this share of a histogram does not exceed; None for none."""
    left = sum(lengths.values()) * share
    for place in sorted(lengths):
        left -= lengths[place]
        if left <= 0:
            return float(f"{SHORTEST * 1.1 ** (place + 0.5):.3g}")
    return None


def status_class(status: int | None) -> str:
    """What a status counts as in a series: `2xx`, `429`, `5xx`, ... or `none` for no answer."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"  # noqa: PLR2004 - RFC 6585
