"""The gate of one resource: what is ready to go, what goes again, and how requests are filled."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from target_gleantap.contract import Bulk, Resource, Step
from target_gleantap.delivery.delivery import Delivery, Part
from target_gleantap.delivery.ordering import Schedule
from target_gleantap.delivery.rate_limit.pacer import Pacer
from target_gleantap.delivery.transport.transfer import Request
from target_gleantap.model import Body

REFUSALS = 16
"""After how many parts that do not fit a request counts as full. Those that would only have come
along do not count: their turn comes when those before them have ended."""


@dataclass(slots=True)
class _Filling:
    """A request that is being filled."""

    parts: list[Part] = field(default_factory=list)
    size: int = 0
    distinct: set[str] = field(default_factory=set)

    def takes(self, part: Part, bulk: Bulk) -> bool:
        """Whether the part still fits."""
        if not self.parts:
            return True
        size = self.size + len(part.payload) + bulk.overhead
        if len(self.parts) >= bulk.most or size > bulk.most_bytes:
            return False
        return bulk.distinct is None or self.distinct.isdisjoint(bulk.distinct(part.body))

    def add(self, part: Part, bulk: Bulk) -> None:
        """Take a part in."""
        self.parts.append(part)
        self.size += len(part.payload) + bulk.overhead
        if bulk.distinct is not None:
            self.distinct.update(bulk.distinct(part.body))


class Gate:
    """The deliveries of one resource.

    Args:
        resource: What they deliver.
        pacers: The quotas that hold for it; the last is the vendor's own.
        vendor: The destination's own settings.
        encode: A wire body to JSON.
        linger: Seconds that parts wait for others to fill a request with.
    """

    def __init__(
        self,
        resource: Resource,
        pacers: tuple[Pacer, ...],
        vendor: Mapping[str, Any],
        encode: Callable[[Body], bytes],
        linger: float,
    ) -> None:
        self.resource = resource
        self.pacers = pacers
        self._vendor = vendor
        self._encode = encode
        self._linger = linger
        self._ready: deque[Part] = deque()
        self._ready_since = 0.0
        self._pending = 0
        self._later: list[tuple[float, int, Delivery]] = []
        self._tiebreak = count()

    @property
    def vendor_pacer(self) -> Pacer:
        """The quota that the vendor's answers speak of."""
        return self.pacers[-1]

    @property
    def has_quota(self) -> bool:
        """Whether any quota is known."""
        return any(pacer.quotas for pacer in self.pacers)

    def expect(self) -> None:
        """Count a part that will come through this gate."""
        self._pending += 1

    def ready(self, part: Part, now: float) -> None:
        """Take a part that may go."""
        if not self._ready:
            self._ready_since = now
        self._ready.append(part)

    def again(self, delivery: Delivery, at: float) -> None:
        """Send a delivery again, at the given time or later."""
        heapq.heappush(self._later, (at, next(self._tiebreak), delivery))

    def due(self, now: float, *, hurry: bool) -> float:
        """When something may go, quotas apart; infinity where nothing is to be sent.

        Args:
            now: The time.
            hurry: Whether nothing more will come to fill a request with.
        """
        later = self._later[0][0] if self._later else float("inf")
        if not self._ready:
            return later
        bulk = self.resource.bulk
        if bulk is None or hurry or self._pending >= bulk.most:
            return now
        return min(later, self._ready_since + self._linger)

    def waiting(self, now: float, *, hurry: bool) -> int:
        """How many requests could go now, quotas apart; arguments as those of `due`."""
        if self.due(now, hurry=hurry) > now:
            return 0
        bulk = self.resource.bulk
        ready = len(self._ready) if bulk is None else -(-len(self._ready) // bulk.most)
        return ready + sum(at <= now for at, _, _ in self._later)

    def wait(self, now: float) -> float:
        """Seconds that the quotas hold the next request back."""
        return max(pacer.wait(now) for pacer in self.pacers)

    def take(self, now: float, schedule: Schedule[Part]) -> Delivery:
        """Give the next delivery and count its departure. Something must be due.

        What failed before goes first: it holds back its own batch's state.
        """
        delivery = self._next(now, schedule)
        delivery.departures = tuple(pacer.depart(now) for pacer in self.pacers)
        return delivery

    def _next(self, now: float, schedule: Schedule[Part]) -> Delivery:
        if self._later and self._later[0][0] <= now:
            return heapq.heappop(self._later)[2]
        parts = self._fill(schedule)
        self._pending -= len(parts)
        self._ready_since = now
        return self.delivery(parts)

    def accepted(self, delivery: Delivery, now: float) -> None:
        """Let the pacers learn from when a delivery was answered."""
        for pacer, departure in zip(self.pacers, delivery.departures, strict=True):
            pacer.answered(departure, now)

    def _fill(self, schedule: Schedule[Part]) -> tuple[Part, ...]:
        """Fill a request; parts that wait only for members of it come along."""
        bulk = self.resource.bulk
        if bulk is None:
            return (self._ready.popleft(),)
        filling, party = _Filling(), schedule.party()
        companions: deque[Part] = deque()
        left: list[Part] = []
        refused = 0
        while (companions or self._ready) and len(filling.parts) < bulk.most and refused < REFUSALS:
            source = companions or self._ready
            part = source.popleft()
            if filling.takes(part, bulk):
                filling.add(part, bulk)
                free = [one for one in party.admit(part) if one.resource is self.resource]
                companions.extendleft(reversed(free) if bulk.in_order else ())
            elif source is self._ready:
                refused += 1
                left.append(part)
        self._ready.extendleft(reversed(left))
        return tuple(filling.parts)

    def delivery(self, parts: tuple[Part, ...]) -> Delivery:
        """Make the request that delivers these parts."""
        resource = self.resource
        payload = parts[0].payload
        if resource.bulk is not None:
            bodies = [part.body for part in parts]
            payload = self._encode(resource.bulk.wrap(bodies, self._vendor))
        request = Request(resource.method, resource.path, payload)
        return Delivery(parts, request, resource.read, resource.idempotent)

    def without(self, delivery: Delivery, parts: tuple[Part, ...], *, halve: bool) -> Delivery:
        """Make the request that delivers what is left of another one.

        Args:
            delivery: The one that was refused.
            parts: Those of its parts that are to go again.
            halve: Whether to send only their first half now, and the second when that has
                ended: one after the other, since they may be of one contact.
        """
        rest = delivery.rest
        if halve:
            middle = len(parts) // 2
            second = self.delivery(parts[middle:])
            second.rest, rest = rest, second
            parts = parts[:middle]
        again = self.delivery(parts)
        again.rest = rest
        return again

    def followed_by(self, delivery: Delivery, step: Step) -> None:
        """Let a delivery go on with the request that has to follow."""
        payload = b"" if step.body is None else self._encode(step.body)
        delivery.request = Request(step.method, step.path, payload)
        delivery.read, delivery.idempotent = step.read, step.idempotent
        delivery.looks = step.looks
        delivery.attempts, delivery.since = 0, None
