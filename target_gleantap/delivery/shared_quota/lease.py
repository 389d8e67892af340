"""The slots of a shared rate limit that this run holds, has used and requests. Pure.

Redis gives slots: each allows one request from a given time on, and expires a little later. They
are given ahead of that time, so that no request waits for Redis.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

from target_gleantap.contract import Quota
from target_gleantap.delivery.shared_quota.fallback import space

HORIZON_SECONDS = 0.1
"""How far ahead slots are given, the time apart that Redis takes."""
VALID_SECONDS = 0.5
"""How long after its time a slot may be used."""
BEAT_SECONDS = 1.0
"""How often an idle run reports that it is alive."""
MOST_TOLD = 1000
"""How many sent requests are reported at once."""
STALE_SECONDS = 0.5
"""How long a demand for slots stays valid: the run may be busy with something else."""


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """What a run reports to Redis and requests from it.

    Attributes:
        wanted: How many slots it wants.
        first: The number of the first of them.
        left: The numbers of the requests that were sent, and when.
        unused: The numbers of the slots that it returns.
        hold_until: Until when no run may send, in monotonic seconds.
    """

    wanted: int
    first: int
    left: tuple[tuple[int, float], ...]
    unused: tuple[int, ...]
    hold_until: float


@dataclass(frozen=True, slots=True)
class LeaseGrant:
    """What Redis responds.

    Attributes:
        runs: How many runs there are.
        hold_seconds: How long no run may send.
        wait_seconds: How long until one more slot can be used.
        taken: How much of each quota is taken.
        slots: In how many seconds each slot may be used.
    """

    runs: int
    hold_seconds: float
    wait_seconds: float
    taken: tuple[int, ...]
    slots: tuple[float, ...]


class Lease:
    """The slots that this run holds, and what it has yet to report.

    Attributes:
        quotas: What is shared; with none of them there are no slots, only holds.
        next_at: When the next exchange is due.
        heard_at: When Redis last responded.
        taken: How much of each quota was taken then.
        horizon: How far ahead slots are given, in seconds.
        valid: How many seconds after its time a slot may be used.
        tick: How many seconds lie between two exchanges of a busy run.
        space: How many seconds lie between two slots.
    """

    def __init__(self, quotas: Sequence[Quota]) -> None:
        shortest = min((quota.seconds for quota in quotas), default=1.0)
        self.quotas = tuple(quotas)
        self.next_at = float("-inf")
        self.heard_at = float("-inf")
        self.taken: tuple[int, ...] = (0,) * len(quotas)
        self.horizon = min(HORIZON_SECONDS, shortest / 10)
        self.valid = min(VALID_SECONDS, shortest / 2)
        self.tick = self.horizon / 2
        self.space = space(quotas)
        self._longest = max((quota.seconds for quota in quotas), default=0.0)
        self._slots: list[tuple[float, float, int]] = []
        self._left: list[tuple[int, float]] = []
        self._unused: list[int] = []
        self._hold_until = float("-inf")
        self._numbers = 0
        self._wanted = 0
        self._wanted_at = float("-inf")
        self._hungry = False
        self._departed = 0
        self._turnover = 0.0

    def __len__(self) -> int:
        """How many slots the run holds."""
        return len(self._slots)

    @property
    def turnover(self) -> int:
        """How many slots go from one exchange to the next, as it was lately."""
        return round(self._turnover)

    def opens_at(self, now: float) -> float | None:
        """When the first slot on hand may be used, `now` or later; None where there is none."""
        while self._slots and self._slots[0][1] <= now:
            self._unused.append(self._slots.pop(0)[2])
        return max(now, self._slots[0][0]) if self._slots else None

    def want(self, now: float, count: int) -> bool:
        """Say how many slots the run could use.

        Returns:
            Whether an exchange is due for it now: not where the last one has said when to ask.
        """
        self._wanted, self._wanted_at = count, now
        if not count or self._slots or self._hungry:
            return False
        self.next_at = now
        return True

    def depart(self, now: float) -> int:
        """Use a slot, or a number of one's own where there is none; give the number."""
        self._departed += 1
        if self._slots and self._slots[0][0] <= now:
            number = self._slots.pop(0)[2]
        else:
            number = self._new_numbers(1)
        self.tell(number, now)
        return number

    def tell(self, number: int, left_at: float) -> None:
        """Report when a request was sent, or by when it may have arrived."""
        self._left.append((number, left_at))
        self.next_at = min(self.next_at, left_at + self.tick)

    def hold(self, until: float) -> None:
        """Report until when no run may send."""
        self._hold_until = max(self._hold_until, until)
        self.next_at = float("-inf")

    def _new_numbers(self, count: int) -> int:
        self._numbers += count
        return self._numbers - count

    # --- the exchange

    def ask(self, now: float, *, idle: bool) -> LeaseRequest:
        """Give what is to be reported and requested now.

        Args:
            now: Monotonic seconds.
            idle: Whether the run can use no slot now.
        """
        self._turnover += (self._departed - self._turnover) / 2
        self._departed = 0
        self._forget(now)
        idle = idle or now - self._wanted_at > STALE_SECONDS
        wanted = 0 if idle else self._wanted
        self.opens_at(now)
        while len(self._slots) > wanted:
            self._unused.append(self._slots.pop()[2])
        wanted -= len(self._slots)
        told = tuple(self._left[:MOST_TOLD])
        return LeaseRequest(
            wanted, self._new_numbers(wanted), told, tuple(self._unused), self._hold_until
        )

    def _forget(self, now: float) -> None:
        """Drop what no window holds any more, after Redis was down for long."""
        if self._left and self._left[0][1] < now - self._longest - 1:
            self._left = [each for each in self._left if each[1] >= now - self._longest - 1]

    def granted(self, ask: LeaseRequest, grant: LeaseGrant, sent: float, now: float) -> None:
        """Take the response of Redis.

        Args:
            ask: The request.
            grant: The response.
            sent: When the request was sent, in monotonic seconds.
            now: When the response arrived.
        """
        del self._left[: len(ask.left)]
        del self._unused[: len(ask.unused)]
        if self._hold_until <= ask.hold_until:
            self._hold_until = float("-inf")
        self.taken, self.heard_at = grant.taken, now
        for number, wait in enumerate(grant.slots, ask.first):
            insort(self._slots, (now + wait, sent + wait + self.valid, number))
        self._hungry = len(grant.slots) < ask.wanted
        if self._hungry:
            pause = max(grant.wait_seconds - self.horizon, self.tick)
        else:
            pause = self.tick if self._slots else BEAT_SECONDS
        self.next_at = now + min(pause, self.tick if self._left else BEAT_SECONDS)
