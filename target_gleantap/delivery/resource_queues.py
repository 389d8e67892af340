"""All gates of one account: the quotas that hold for each, and whose turn it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any

from target_gleantap.contract import Destination, Quota, Resource
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.policy import Policy
from target_gleantap.delivery.rate_limit.learned import LearnedPace
from target_gleantap.delivery.rate_limit.pacer import Pacer
from target_gleantap.delivery.resource_queue import Gate
from target_gleantap.delivery.shared_quota.exchange import QuotaExchange
from target_gleantap.delivery.shared_quota.pacer import SharedPacer
from target_gleantap.model import Body


class Gates:
    """One gate for each resource, made when its first record comes; they send in turns.

    Args:
        destination: Whom to.
        vendor: The destination's own settings.
        encode: A wire body to JSON.
        policy: How far to go.
        sharing: Shares the quotas with other runs; None where there are none.
        in_flight: Tells how many requests are under way.
        undo_decrease: Called where 429s are found to be a matter of how many per time.
    """

    def __init__(
        self,
        destination: Destination,
        vendor: Mapping[str, Any],
        encode: Callable[[Body], bytes],
        policy: Policy,
        sharing: QuotaExchange | None,
        in_flight: Callable[[], int],
        undo_decrease: Callable[[], None],
    ) -> None:
        self.hurry = False
        """Whether nothing more will come until something has ended: requests go as they are."""
        self._destination = destination
        self._vendor = vendor
        self._encode = encode
        self._policy = policy
        self._sharing = sharing
        self._in_flight = in_flight
        known = policy.quotas or destination.documents_quotas
        self._learned = None if known else LearnedPace(undo_decrease)
        self._account = self._learned or (
            self._pacer("own", policy.quotas) if policy.quotas else Pacer(())
        )
        self._shared = self._pacer("all", destination.quotas)
        self._gates: dict[str, Gate] = {}
        self._turns: deque[Gate] = deque()

    def of(self, resource: Resource) -> Gate:
        """Give a resource's gate."""
        gate = self._gates.get(resource.name)
        if gate is None:
            named = self._pacer(resource.name, resource.quotas) if resource.quotas else None
            pacers = (self._account, named or self._shared)
            linger = self._policy.linger_seconds
            gate = Gate(resource, pacers, self._vendor, self._encode, linger)
            self._gates[resource.name] = gate
            self._turns.append(gate)
        return gate

    def next(self, now: float) -> tuple[Gate | None, bool]:
        """Give the next gate, in turns, that has something to send and may.

        Args:
            now: The time, in seconds.

        Returns:
            The gate, if there is one; and whether there is one that may not.
        """
        held = False
        for _ in range(len(self._turns)):
            gate = self._turns[0]
            self._turns.rotate(-1)
            if gate.due(now, hurry=self.hurry) <= now:
                if gate.wait(now) <= 0:
                    return gate, False
                held = True
        return None, held

    def next_due(self, now: float) -> float:
        """Seconds until something may go that may not go now; infinite where only answers help."""
        return min(
            (max(gate.due(now, hurry=self.hurry) - now, gate.wait(now)) for gate in self._turns),
            default=inf,
        )

    # --- what the quotas are, and what is learned of them

    def _pacer(self, name: str, quotas: tuple[Quota, ...]) -> Pacer:
        if self._sharing is None:
            return Pacer(quotas)
        return self._sharing.pacer(name, quotas, self._demand)

    def _demand(self, pacer: SharedPacer, now: float, turnover: int) -> int:
        """How many requests of a quota could leave if so many more than now were in flight."""
        gates = (gate for gate in self._turns if pacer in gate.pacers)
        waiting = sum(gate.waiting(now, hurry=self.hurry) for gate in gates)
        return max(0, min(waiting, self._policy.max_in_flight - self._in_flight() + turnover))

    def accepted(self, flight: Flight) -> None:
        """Learn that the vendor took a request."""
        if self._learned is not None:
            self._learned.accepted(flight.in_flight)

    def throttled(self, flight: Flight, now: float, asked: float | None) -> None:
        """Learn of a 429.

        Args:
            flight: Of the request that it answers.
            now: The time, in seconds.
            asked: The seconds that it asked to wait for, if any.
        """
        if self._learned is not None:
            self._learned.throttled(flight, now, asked)

    def left(self, now: float) -> int | None:
        """How many requests the quotas would let go at once; None where none is known."""
        pacers = {self._account, self._shared, *(gate.vendor_pacer for gate in self._turns)}
        known = (pacer.left(now) for pacer in pacers)
        return min((left for left in known if left is not None), default=None)

    def use(self, now: float) -> Iterator[tuple[str, float]]:
        """How much of each quota is taken, by its name, 1 for all of it."""
        own = {gate.vendor_pacer: gate.resource.name for gate in self._turns}
        users = "your own" if self._learned is None else "learned"
        named = {**own, self._shared: self._destination.name, self._account: users}
        for pacer, name in named.items():
            for quota, share in pacer.use(now):
                yield f"{name} {quota}", share
