"""How long a number of requests takes at the quotas. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from target_gleantap.config.config import Config
from target_gleantap.contract import Quota


@dataclass(frozen=True, slots=True)
class Longest:
    """The quota that takes longest.

    Attributes:
        seconds: When the last request may leave, at the earliest.
        quota: The quota.
        whose: What it holds for, in words.
    """

    seconds: float
    quota: Quota
    whose: str


def longest(config: Config, requests: Mapping[str, int]) -> Longest | None:
    """The quota that holds these requests back longest; None where no quota is known.

    Args:
        config: The user's quotas and the destination's.
        requests: How many, by resource.
    """
    return max(_all(config, requests), key=lambda one: one.seconds, default=None)


def _all(config: Config, requests: Mapping[str, int]) -> Iterator[Longest]:
    destination = config.destination
    shared = 0
    for name, count in requests.items():
        resource = destination.resources.get(name)  # None for a look-up before a removal
        own = () if resource is None else resource.quotas
        shared += 0 if own else count
        yield from _each(own, count, f"{destination.title}'s own for {name}")
    yield from _each(destination.quotas, shared, f"{destination.title}'s own")
    yield from _each(config.quotas, sum(requests.values()), "yours")


def _each(quotas: tuple[Quota, ...], count: int, whose: str) -> Iterator[Longest]:
    for quota in quotas:
        windows = max(0, ceil(count / quota.requests) - 1)
        yield Longest(windows * quota.seconds, quota, whose)
