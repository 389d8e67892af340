"""Skip what is known: what the way does with a ledger. It asks, and acts on what is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from target_gleantap.changes.decisions import Decision, Entry, Go
from target_gleantap.changes.lookup import Recall
from target_gleantap.changes.removal_guard import Verdict
from target_gleantap.changes.removals import Removals
from target_gleantap.config.config import Config
from target_gleantap.contract import Resource
from target_gleantap.errors import LocalError, RemovalsHeld
from target_gleantap.exact_json.codec import encode
from target_gleantap.model import Body, Outcome, Record, Rejection
from target_gleantap.outcomes.settle import Item, Settling
from target_gleantap.transform.prepare import Prepared
from target_gleantap.transform.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

LOCK_SECONDS = 0.2
"""How often a run looks whether another one has given the ledger back."""


class Way(Protocol):
    """What is needed of the way."""

    def deliver(
        self, resource: Resource, ready: Prepared, payload: bytes, item: Item, key: str
    ) -> None:
        """Have a record sent, in its turn."""

    def submit(
        self, resource: Resource, wire: Body, payload: bytes, whose: tuple[str, ...], item: Item
    ) -> None:
        """Have a request sent, in its turn."""

    def settle_all(self) -> None:
        """Wait until all is settled that is on its way."""

    def turn(self, seconds: float) -> None:
        """See to what has come back; wait for it up to `seconds`."""


class Known:
    """What is known of the records of one run.

    Args:
        ledger: Knows.
        config: The settings.
        settling: Settles and rejects.
        way: Sends.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        config: Config,
        settling: Settling,
        way: Way,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._settling = settling
        self._way = way
        self._clock = clock
        self._recall = Recall(ledger, config, clock)
        self._removals = Removals(self, settling, self._recall, config)

    def __len__(self) -> int:
        """How many records wait here."""
        return len(self._recall)

    # --- a stream begins

    def open(self, routes: tuple[Route, ...]) -> None:
        """Begin with a stream; wait where another run of it holds the ledger.

        Raises:
            LocalError: When that takes too long, or the ledger fails.
        """
        if any(route.resource.key for route in routes):
            self._lock(routes[0].stream)
        self._recall.open(routes)

    def _lock(self, stream: str) -> None:
        since = self._clock()
        while not self._recall.lock(stream):
            if self._clock() - since >= self._config.ledger_wait_seconds:
                raise LocalError(
                    f"Another run of stream {stream!r} to this account holds the ledger, and has "
                    f"held it for {self._config.ledger_wait_seconds} s (ledger_wait_seconds). Two "
                    "at once could deliver a contact's changes out of order. Let it end, then run "
                    "again; the state stays at the last settled point."
                )
            self._way.turn(LOCK_SECONDS)

    # --- records come

    def gather(self, route: Route, ready: Prepared, item: Item) -> None:
        """Take a record that is ready to be sent."""
        item.entry = self._recall.gather(route, ready, item)
        self._settling.at_hand = None
        if route.mirror:
            self._removals.present(item.entry)

    def gather_removal(self, route: Route, record: Record, item: Item) -> None:
        """Take a record that the source deleted."""
        rejection = self._removals.take(route, record, item)
        if rejection is not None:
            self._settling.reject(item, rejection)
        self._settling.at_hand = None

    def left_out(self, route: Route, record: Record, item: Item, *, rejected: bool) -> None:
        """Take note of a record that is left out: it is at the source all the same."""
        if route.removes:
            self._removals.came_back(route, record)
        if route.mirror:
            self._removals.present_anyway(route, record, item, rejected=rejected)

    def activate(self, routes: tuple[Route, ...], version: int) -> None:
        """Take note that a full table of this version is complete.

        Raises:
            TargetError: When the run must stop.
        """
        for route in routes:
            if route.mirror:
                self._removals.activate(route, version)

    # --- they are decided on

    @property
    def full(self) -> bool:
        """Whether a batch has gathered."""
        return self._recall.full

    @property
    def holds(self) -> bool:
        """Whether removals wait for the end of the run."""
        return bool(self._recall.held)

    def patience(self) -> float:
        """Seconds until what has gathered is looked up, though nothing more comes."""
        return self._recall.patience()

    def decide(self) -> None:
        """Look up what has gathered, and act on it."""
        self._recall.decide()
        self._act_all()

    def _act_all(self) -> None:
        for entry, decision in self._recall.decisions():
            self.act(entry, decision)

    def act(self, entry: Entry, decision: Decision) -> None:
        """Do what was decided of a record."""
        item = entry.item
        self._settling.at_hand = item
        self._settling.take_back(item)
        if isinstance(decision, Rejection):
            self._settling.reject(item, decision)
        elif isinstance(decision, Outcome):
            self._settling.settle(item, decision)
        elif decision is Go.HOLD:
            self._hold(entry, item)
        elif entry.ready is not None:
            key = "" if entry.key is None else f"ledger:{entry.key.hex()}"
            payload = encode(entry.ready.wire)
            self._way.deliver(entry.route.resource, entry.ready, payload, item, key)

    def _hold(self, entry: Entry, item: Item) -> None:
        """Keep a removal until it is known how many there are."""
        self._settling.hold(item)
        if not self._removals.hold(entry):
            self._settling.leave(item)

    # --- they come to their end

    def ended(self, entry: Entry, rejection: Rejection | None, kept: Mapping[str, str]) -> None:
        """Take note of what became of what was sent, and act on what follows from it.

        Args:
            entry: What was sent.
            rejection: Why it was rejected; None where it was delivered.
            kept: What the vendor answered that is needed later.
        """
        self._recall.ended(entry, rejection, kept)
        self._act_all()

    def mark(self) -> None:
        """Tell the ledger what came of what was sent."""
        self._recall.flush()

    def secure(self) -> None:
        """Make all that the ledger was told last, before a state says so."""
        self._recall.flush()
        self._removals.flush()
        self._ledger.secure()

    @property
    def failed(self) -> bool:
        """Whether the ledger has failed, and must not be asked again."""
        return self._ledger.failed

    def finish(self) -> None:
        """See to the end of a run that went through."""
        self.secure()
        self._ledger.finish(self._config.ledger_retention_days)

    def left(self) -> Iterator[Item]:
        """Those that wait here, for a run that ends before they are decided on."""
        return (entry.item for entry in (*self._recall.left(), *self._removals.left()))

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()

    # --- removals

    def send_held(self) -> None:
        """Send the removals that waited for the end of the run, if there are not too many."""
        self._removals.send_held()
        self._way.settle_all()

    def refuse_too_many(self) -> None:
        """See that not more is gone than may be removed.

        Raises:
            RemovalsHeld: Where it is.
        """
        held = self._removals.guard.held
        if held:
            raise RemovalsHeld(
                " ".join(
                    f"{one.facts}: none of them was removed, all else was delivered, and the "
                    f"state stays before them. {one.remedy}"
                    for one in held
                )
            )

    @property
    def verdicts(self) -> list[Verdict]:
        """What the guard said of what is gone at the source."""
        return self._removals.guard.verdicts

    def submit(
        self, resource: Resource, wire: Body, payload: bytes, whose: tuple[str, ...], item: Item
    ) -> None:
        """Have a request sent, in its turn."""
        self._way.submit(resource, wire, payload, whose, item)

    def settle_all(self) -> None:
        """Wait until all is settled that is on its way."""
        self._way.settle_all()
