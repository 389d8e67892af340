"""A pacer whose quota is shared with other runs, through what Redis gives.

Two threads meet here: the one that decides asks for the wait and counts departures, and the one
that talks to Redis takes along what is to be told and brings what was given. Neither waits for
the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit.pacer import Departure, Pacer, Window
from target_gleantap.delivery.shared_quota.fallback import Alone
from target_gleantap.delivery.shared_quota.health import Contact
from target_gleantap.delivery.shared_quota.lease import Ask, Grant, Lease

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
    """A request that has left, by the number under which the others know of it."""

    number: int = 0


class SharedPacer(Pacer):
    """The quota of one credential, of which other runs have their part.

    Args:
        quotas: What is shared; without any, only holds are.
        contact: Whether Redis answers.
        demand: How many requests could leave at once if so many more than now were in flight.
        ring: Makes the exchange that is due happen at once.
    """

    def __init__(
        self,
        quotas: tuple[Quota, ...],
        contact: Contact,
        demand: Callable[[SharedPacer, float, int], int],
        ring: Callable[[], None],
    ) -> None:
        super().__init__(quotas)
        self.lock = RLock()
        self.lease = Lease(quotas)
        self._contact = contact
        self._demand = demand
        self._ring = ring
        self._alone: Alone | None = None
        self._shortest = min(self.windows, key=lambda each: each.seconds, default=Window(0, 0, 0))
        self._believed = LATER * self._shortest.most_late

    # --- for the thread that decides

    def wait(self, now: float) -> float:
        """Tell how many seconds the next request must wait; 0 where it may leave now."""
        with self.lock:
            opens_at = self._opens_at(now) if self.quotas else now
            return max(opens_at, self.held_until, now) - now

    def _opens_at(self, now: float) -> float:
        if self._contact.lost(now):
            return self._on_its_own(now).opens_at(now, self.quickest)
        self._alone = None
        due = self.lease.want(now, self._demand(self, now, self.lease.turnover))
        opens_at = self.lease.opens_at(now)
        if opens_at is not None:
            return opens_at
        if due:
            self._ring()
        return now + self.lease.tick

    def _on_its_own(self, now: float) -> Alone:
        if self._alone is None:
            for window in self.windows:
                window.opens_at(now, self.quickest)
            self._alone = Alone(
                self.quotas,
                self._contact.runs,
                [window.departures for window in self.windows],
                [self._free(now, index) for index in range(len(self.quotas))],
                now,
                self._believed,
            )
        return self._alone

    def _free(self, now: float, index: int) -> int:
        """How much of a quota was left to all, where that was heard lately."""
        quota = self.quotas[index]
        if now - self.lease.heard_at > FRESH_SHARE * quota.seconds:
            return 0 if self._contact.seen else quota.requests
        return max(0, quota.requests - self.lease.taken[index])

    def depart(self, now: float) -> Departure:
        """Count a request that leaves now; give it for `answered`."""
        with self.lock:
            departure = Numbered(now, number=self.lease.depart(now))
            for window in self.windows:
                window.opens_at(now, self.quickest)
                window.departures.append(departure)
            if self._alone is not None:
                self._alone.depart(departure)
            self.lease.want(now, self._demand(self, now, self.lease.turnover - 1))
            return departure

    def answered(self, departure: Departure, now: float) -> None:
        """Learn from when a request was answered how late it, and others, may have arrived."""
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
        """Let nobody leave before `until`, the other runs neither."""
        with self.lock:
            self._obey(until)
            self.lease.hold(until)
        self._ring()

    def _obey(self, until: float) -> None:
        super().hold(until)
        self._believed = LATER * self._shortest.most_late

    def left(self, now: float) -> int | None:
        """How many requests may leave at once now, or None where no quota is known."""
        with self.lock:
            if self._contact.lost(now):
                return super().left(now)
            taken = zip(self.quotas, self.lease.taken, strict=True)
            return min((max(0, quota.requests - count) for quota, count in taken), default=None)

    def use(self, now: float) -> list[tuple[Quota, float]]:
        """How much of each quota is taken, by all runs as far as that is known."""
        with self.lock:
            if self._contact.lost(now):
                return super().use(now)
            taken = zip(self.quotas, self.lease.taken, strict=True)
            return [(quota, count / quota.requests) for quota, count in taken]

    # --- for the thread that talks to Redis

    def ask(self, now: float, *, ended: bool) -> Ask:
        """Say what is to be told and asked now.

        Args:
            now: The time.
            ended: Whether nothing more will leave.
        """
        with self.lock:
            held = self.held_until > now + self.lease.horizon
            return self.lease.ask(now, idle=ended or held or self._contact.lost(now))

    def granted(self, ask: Ask, grant: Grant, sent: float, now: float) -> None:
        """Take what Redis answered, as `Lease.granted` does."""
        with self.lock:
            self.lease.granted(ask, grant, sent, now)
            if grant.hold_seconds:
                self._obey(now + grant.hold_seconds)
