"""A pacer whose rate limit is shared with other runs, through slots that Redis gives.

Two threads use it: the dispatching thread reads the wait and counts what is sent, and the thread of
`exchange` reports that to Redis and brings new slots. Neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit.pacer import Departure, Pacer, SlidingWindow
from target_gleantap.delivery.shared_quota.fallback import Fallback
from target_gleantap.delivery.shared_quota.health import Health
from target_gleantap.delivery.shared_quota.lease import Lease, LeaseGrant, LeaseRequest

TELL_LATE_SECONDS = 0.003
"""A request that may have arrived later than it left by less than this is within the guard."""
LATER = 4
"""How many times as late as otherwise a request is believed to have been: at first, while
connections are made, and once the vendor counted one too many. Then a machine is late, and not the
vendor."""
BELIEF_FADES = 0.003
"""How much of that fades with each answer."""
FRESH_SHARE = 0.1
"""For what part of a window it is believed how much of a quota was left to all."""


@dataclass(eq=False, slots=True)
class Numbered(Departure):
    """A request that was sent, with the number that it has in Redis."""

    number: int = 0


class SharedPacer(Pacer):
    """The rate limit of one credential, shared with other runs.

    Args:
        quotas: The shared limits; without any, only waits (`Retry-After`) are shared.
        health: Whether Redis responds.
        demand: How many requests could leave at once if so many more than now were in flight.
        wake: Makes the thread of `exchange` do what is due at once.
    """

    def __init__(
        self,
        quotas: tuple[Quota, ...],
        health: Health,
        demand: Callable[[SharedPacer, float, int], int],
        wake: Callable[[], None],
    ) -> None:
        super().__init__(quotas)
        self.lock = RLock()
        self.lease = Lease(quotas)
        self._health = health
        self._demand = demand
        self._wake = wake
        self._fallback: Fallback | None = None
        self._shortest = min(
            self.windows, key=lambda each: each.seconds, default=SlidingWindow(0, 0, 0)
        )
        self._believed = LATER * self._shortest.most_late

    # --- called by the dispatching thread

    def wait(self, now: float) -> float:
        """Give the seconds that the next request must wait; 0 where it may be sent now."""
        with self.lock:
            opens_at = self._opens_at(now) if self.quotas else now
            return max(opens_at, self.held_until, now) - now

    def _opens_at(self, now: float) -> float:
        if self._health.lost(now):
            return self._on_its_own(now).opens_at(now, self.quickest)
        self._fallback = None
        due = self.lease.want(now, self._demand(self, now, self.lease.turnover))
        opens_at = self.lease.opens_at(now)
        if opens_at is not None:
            return opens_at
        if due:
            self._wake()
        return now + self.lease.tick

    def _on_its_own(self, now: float) -> Fallback:
        if self._fallback is None:
            for window in self.windows:
                window.opens_at(now, self.quickest)
            self._fallback = Fallback(
                self.quotas,
                self._health.runs,
                [window.departures for window in self.windows],
                [self._free(now, index) for index in range(len(self.quotas))],
                now,
                self._believed,
            )
        return self._fallback

    def _free(self, now: float, index: int) -> int:
        """How many requests a quota had left for all runs, where Redis said so lately."""
        quota = self.quotas[index]
        if now - self.lease.heard_at > FRESH_SHARE * quota.seconds:
            return 0 if self._health.seen else quota.requests
        return max(0, quota.requests - self.lease.taken[index])

    def depart(self, now: float) -> Departure:
        """Count a request that is sent now; give it for `answered`."""
        with self.lock:
            departure = Numbered(now, number=self.lease.depart(now))
            for window in self.windows:
                window.opens_at(now, self.quickest)
                window.departures.append(departure)
            if self._fallback is not None:
                self._fallback.depart(departure)
            self.lease.want(now, self._demand(self, now, self.lease.turnover - 1))
            return departure

    def answered(self, departure: Departure, now: float) -> None:
        """Take the response time: by it, requests may have arrived later than they were sent."""
        with self.lock:
            before = self.quickest
            super().answered(departure, now)
            self._believed += (self._shortest.most_late - self._believed) * BELIEF_FADES
            if self.quickest < before - TELL_LATE_SECONDS:
                for each in self._shortest.departures:
                    self._tell_late(each)
            else:
                self._tell_late(departure)

    def _tell_late(self, departure: Departure) -> None:
        late = min((departure.took or 0.0) - self.quickest, self._believed)
        if isinstance(departure, Numbered) and late > TELL_LATE_SECONDS:
            self.lease.tell(departure.number, departure.at + late)

    def hold(self, until: float) -> None:
        """Let no request of any run be sent before `until`."""
        with self.lock:
            self._obey(until)
            self.lease.hold(until)
        self._wake()

    def _obey(self, until: float) -> None:
        super().hold(until)
        self._believed = LATER * self._shortest.most_late

    def left(self, now: float) -> int | None:
        """How many requests may be sent at once now, or None where no limit is known."""
        with self.lock:
            if self._health.lost(now):
                return super().left(now)
            taken = zip(self.quotas, self.lease.taken, strict=True)
            return min((max(0, quota.requests - count) for quota, count in taken), default=None)

    def use(self, now: float) -> list[tuple[Quota, float]]:
        """How much of each limit is used, by all runs as far as that is known; 1 for all of it."""
        with self.lock:
            if self._health.lost(now):
                return super().use(now)
            taken = zip(self.quotas, self.lease.taken, strict=True)
            return [(quota, count / quota.requests) for quota, count in taken]

    # --- called by the thread that talks to Redis

    def ask(self, now: float, *, ended: bool) -> LeaseRequest:
        """Give what is to be reported to Redis and requested from it now.

        Args:
            now: Monotonic seconds.
            ended: Whether nothing more will be sent.
        """
        with self.lock:
            held = self.held_until > now + self.lease.horizon
            return self.lease.ask(now, idle=ended or held or self._health.lost(now))

    def granted(self, ask: LeaseRequest, grant: LeaseGrant, sent: float, now: float) -> None:
        """Take the response of Redis, as `Lease.granted` does."""
        with self.lock:
            self.lease.granted(ask, grant, sent, now)
            if grant.hold_seconds:
                self._obey(now + grant.hold_seconds)
