"""The whole way of a record: map, check, skip what is known, deliver, settle; and its state.

One thread walks it. Nothing here touches a socket, a thread or a clock of its own: that is
delivery's business, and `turn` is where this thread meets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from target_gleantap.changes.removals import DELETED_AT
from target_gleantap.changes.stage import Known
from target_gleantap.config.config import Config
from target_gleantap.contract import Resource
from target_gleantap.contract.identify import identifiers
from target_gleantap.delivery.delivery import Ended, Part
from target_gleantap.delivery.dispatcher import Dispatcher
from target_gleantap.delivery.dry_run import Rehearsal
from target_gleantap.errors import Stopped
from target_gleantap.model import Body, Fault, Filtered, Origin, Outcome, Record, Rejection
from target_gleantap.outcomes.rejects import Rejects
from target_gleantap.outcomes.settle import Item, Settling
from target_gleantap.outcomes.state_writer import States
from target_gleantap.pipeline.backpressure import Window
from target_gleantap.transform.prepare import Preparation, Prepared
from target_gleantap.transform.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

WATCH_SECONDS = 1.0
"""How long a run waits at most before it looks up, to say how it fares."""


class Pipeline:
    """The way.

    Args:
        config: The settings.
        preparation: Maps and checks.
        dispatcher: Delivers.
        rejects: Keeps what is rejected.
        write_state: Writes one state, given as JSON text, to stdout.
        ledger: Knows what was delivered before; None where none is kept.
        watch: Called whenever there was something to see to, and at least every
            `WATCH_SECONDS` while the run waits.
        clock: Monotonic seconds.
        wall: The time of day, with its zone.

    Attributes:
        settling: Knows what became of every record.
        states: Lets states leave.
        known: What the ledger knows; None where none is kept.
    """

    def __init__(
        self,
        config: Config,
        preparation: Preparation,
        dispatcher: Dispatcher | Rehearsal,
        rejects: Rejects,
        write_state: Callable[[bytes], None],
        ledger: Ledger | None = None,
        watch: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.settling = Settling(config, rejects)
        self._checkpoint = self.settling.checkpoint
        wait = config.batch_wait_seconds
        self.states = States(self._checkpoint, write_state, self._keep, clock, wait)
        self._config = config
        self._preparation = preparation
        self._dispatcher = dispatcher
        self._rejects = rejects
        self._watch = watch
        self._wall = wall
        self.known = None if ledger is None else Known(ledger, config, self.settling, self, clock)
        dispatcher.settle_first = self.known is not None
        self._window = Window(config, self.settling)
        self._stop_signal = 0

    # --- the way

    def open(self, routes: tuple[Route, ...]) -> None:
        """Begin with a stream; wait where another run of it holds the ledger.

        Raises:
            LocalError: When that takes too long, or the ledger fails.
        """
        if self.known is not None:
            self.known.open(routes)

    def take(
        self, routes: tuple[Route, ...], record: Record, origin: Origin, faults: tuple[Fault, ...]
    ) -> None:
        """Take the next record, in input order, through each mapping that wants it.

        Args:
            routes: The stream's mappings.
            record: As it was parsed (and as singer-sdk's stream maps left it).
            origin: As it was read.
            faults: What the tap's own schema finds wrong with it.

        Raises:
            TargetError: When the run must stop; the record then counts as not read.
        """
        self._make_room(len(origin.message))
        for route in routes:
            item = self.settling.item(route.stream, route.name, origin)
            self._walk(route, record, item, faults)
        self.turn(0)

    def _walk(self, route: Route, record: Record, item: Item, faults: tuple[Fault, ...]) -> None:
        """One record, one mapping, from end to end; a line a stage."""
        self.settling.at_hand = item
        if faults:
            return self._leave_out(route, record, item, Rejection("schema", faults))
        if route.removes and record.get(DELETED_AT) is not None:
            return self._remove(route, record, item)
        prepared = self._preparation.prepare(route, record, self._wall())
        if not isinstance(prepared, Prepared):
            return self._leave_out(route, record, item, prepared)
        return self._skip_known(route, prepared, item)

    def _leave_out(
        self, route: Route, record: Record, item: Item, why: Rejection | Filtered
    ) -> None:
        if self.known is not None:
            self.known.left_out(route, record, item, rejected=isinstance(why, Rejection))
            self.settling.at_hand = item
        if isinstance(why, Rejection):
            self.settling.reject(item, why)
        else:
            self.settling.settle(item, Outcome.FILTERED)

    def _skip_known(self, route: Route, ready: Prepared, item: Item) -> None:
        if self.known is None:
            self.deliver(route.resource, ready, ready.text, item)
            return
        self.known.gather(route, ready, item)
        if self.known.full:
            self._decide()

    def _remove(self, route: Route, record: Record, item: Item) -> None:
        """Take a record that the source deleted."""
        if self.known is None:  # the routes see to that
            raise TypeError
        self.known.gather_removal(route, record, item)
        if self.known.full:
            self._decide()

    def activate(self, routes: tuple[Route, ...], version: int) -> None:
        """Take note that a full table of this version is complete.

        Raises:
            TargetError: When the run must stop.
        """
        if self.known is not None:
            self.known.activate(routes, version)

    def _decide(self) -> None:
        """Look up what has gathered, and act on it."""
        if self.known is not None:
            self.known.decide()
            self._dispatcher.launch()

    def deliver(
        self, resource: Resource, ready: Prepared, payload: bytes, item: Item, key: str = ""
    ) -> None:
        """Have a record sent, in its turn.

        Args:
            resource: What it is sent as.
            ready: What is sent of it.
            payload: The same, encoded.
            item: It.
            key: What the ledger knows it by.
        """
        whose = identifiers(resource, ready.body)
        self.submit(resource, ready.wire, payload, (*whose, key) if key else whose, item)

    def submit(
        self, resource: Resource, wire: Body, payload: bytes, whose: tuple[str, ...], item: Item
    ) -> None:
        """Have a request sent, in its turn."""
        self._dispatcher.submit(Part(resource, wire, payload, whose, item, item.origin.line))
        self.settling.at_hand = None

    def end(self, ended: Ended) -> None:
        """Settle what delivery has brought to its end."""
        item = ended.part.item
        rejection = self.settling.end(item, ended.reading, ended.answer)
        if self.known is not None and item.entry is not None:
            self.known.ended(item.entry, rejection, ended.reading.kept)

    def state(self, value: bytes) -> None:
        """Take the next STATE, in input order; it leaves when all before it is settled."""
        self._checkpoint.state(value)
        self.turn(0)

    def _keep(self) -> None:
        """Bring onto the disk what a state stands for."""
        self._rejects.flush()
        if self.known is not None:
            self.known.secure()

    # --- the meeting with delivery

    @property
    def unsettled(self) -> int:
        """How many records are on their way."""
        return len(self._dispatcher) + (len(self.known) if self.known is not None else 0)

    def turn(self, seconds: float) -> None:
        """See to what has come back; wait up to `seconds` for it where nothing has.

        Raises:
            TargetError: When the run must stop.
        """
        if seconds <= 0 and not self._dispatcher.busy and not self._stop_signal:
            self.states.let_go()
            return
        self._dispatcher.turn(0 if self._stop_signal else min(seconds, self._patience()))
        for ended in self._dispatcher.ended():
            self.end(ended)
        if self.known is not None:
            self.known.mark()
            self._dispatcher.launch()
        self.states.let_go()
        self._watch()
        if self._dispatcher.fault is not None:
            raise self._dispatcher.fault
        if self._stop_signal:
            raise Stopped(self._stop_signal)

    def _patience(self) -> float:
        """How long a turn may wait; what has gathered long enough is decided on first."""
        wait = self._config.batch_wait_seconds if self._checkpoint.waiting else WATCH_SECONDS
        if self.known is None:
            return wait
        wait = min(wait, self.known.patience())
        if wait <= 0:
            self._decide()
        return wait

    def _make_room(self, size: int) -> None:
        """Wait while too much is unsettled, or was read behind a state that waits."""
        while self._window.full(
            self.unsettled, size, holds=self.known is not None and self.known.holds
        ):
            self._wait_for_delivery()

    def settle_all(self) -> None:
        """Wait until all is settled that is on its way."""
        while self.unsettled:
            self._wait_for_delivery()

    def _wait_for_delivery(self) -> None:
        """Wait, and read nothing meanwhile: nothing more will come to fill a request with."""
        self._decide()
        if not len(self._dispatcher):
            return
        self._dispatcher.hurry = True
        self.turn(float("inf"))
        self._dispatcher.hurry = False

    def stop(self, signum: int) -> None:
        """Ask the run to stop; safe to call from a signal handler."""
        self._stop_signal = signum
        self._dispatcher.wake()
