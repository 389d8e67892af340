"""The whole way of a record: map, check, skip what is known, deliver, settle; and its state.

One thread walks it. Nothing here touches a socket, a thread or a clock of its own: that is
delivery's business, and `turn` is where this thread meets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from target_gleantap.books import Books, Row
from target_gleantap.checkpoint import Checkpoint, Stretch
from target_gleantap.config import Config
from target_gleantap.contract import Reading, Resource, Verdict
from target_gleantap.delivery.dispatch import Dispatcher, Ended
from target_gleantap.delivery.parts import Part
from target_gleantap.delivery.rehearsal import Rehearsal
from target_gleantap.errors import (
    BooksError,
    LocalError,
    RecordsRejected,
    RemovalsHeld,
    Stopped,
    TargetError,
)
from target_gleantap.identity import identifiers
from target_gleantap.mapping import encode, encode_canonical
from target_gleantap.model import (
    Answer,
    Body,
    Fault,
    Filtered,
    Origin,
    Outcome,
    Record,
    Rejection,
)
from target_gleantap.prepare import Preparation, Prepared
from target_gleantap.recall import Decision, Entry, Go, Recall
from target_gleantap.rejects import Rejects
from target_gleantap.removals import DELETED_AT, Removals
from target_gleantap.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

WINDOW_BATCHES = 4
"""How many batches may be read ahead of the slowest unsettled record."""
WINDOW_BYTES = 64 * 1024 * 1024
"""How many bytes of input may be unsettled, so that large records do not fill the memory."""
BEHIND_WINDOWS = 4
"""How many windows may be read, and settled, behind a state that waits for one slow record: what a
crash just then would send again."""
WATCH_SECONDS = 1.0
"""How long a run waits at most before it looks up, to say how it fares."""
LOCK_SECONDS = 0.2
"""How often a run looks whether another one has given the ledger back."""
FAULT_GRACE_SECONDS = 5.0
"""How long a run that must stop waits for what is in flight: its vendor is in trouble already."""


@dataclass(eq=False, slots=True)
class Item:
    """A record on its way through one mapping, until it is settled.

    Attributes:
        row: Its row of the books.
        origin: Where it came from.
        stretch: The records between two states that it is one of.
        entry: What the ledger is asked about it, where there is one.
        held: Whether it waits for the end of the run, and its bytes are not counted.
    """

    row: Row
    origin: Origin
    stretch: Stretch
    entry: Entry | None = None
    held: bool = False


class Pipeline:
    """The way.

    Args:
        config: The settings.
        dispatcher: Delivers.
        rejects: Keeps what is rejected.
        write_state: Writes one state, given as JSON text, to stdout.
        ledger: Knows what was delivered before; None where none is kept.
        watch: Called whenever there was something to see to, and at least every
            `WATCH_SECONDS` while the run waits.
        clock: Monotonic seconds.
        wall: The time of day, with its zone.
        preparation: Maps and checks; by default a new one.
    """

    def __init__(
        self,
        config: Config,
        dispatcher: Dispatcher | Rehearsal,
        rejects: Rejects,
        write_state: Callable[[bytes], None],
        ledger: Ledger | None = None,
        watch: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        preparation: Preparation | None = None,
    ) -> None:
        self.books = Books()
        self.states_written = 0
        self._config = config
        self._dispatcher = dispatcher
        self._rejects = rejects
        self._write_state = write_state
        self._watch = watch
        self._clock = clock
        self._wall = wall
        self._recall = None if ledger is None else Recall(ledger, config, clock)
        dispatcher.settle_first = self._recall is not None
        self._removals = None if self._recall is None else Removals(self, self._recall, config)
        self._preparation = preparation or Preparation(
            config.vendor, encode if ledger is None else encode_canonical
        )
        self._checkpoint = Checkpoint(config.batch_size_rows)
        self._window = WINDOW_BATCHES * max(config.batch_size_rows, *_parallel(config))
        self._bytes = 0
        self._last_written: bytes | None = None
        self._written_at = clock()
        self._stop_signal = 0
        self._at_hand: Item | None = None

    # --- the way

    def open(self, routes: tuple[Route, ...]) -> None:
        """Begin with a stream; wait where another run of it holds the ledger.

        Raises:
            LocalError: When that takes too long, or the ledger fails.
        """
        if self._recall is None or not any(route.resource.key for route in routes):
            return
        stream, since = routes[0].stream, self._clock()
        while not self._recall.lock(stream):
            if self._clock() - since >= self._config.ledger_wait_seconds:
                raise LocalError(
                    f"Another run of stream {stream!r} to this account holds the ledger, and has "
                    f"held it for {self._config.ledger_wait_seconds} s (ledger_wait_seconds). Two "
                    "at once could deliver a contact's changes out of order. Let it end, then run "
                    "again; the state stays at the last settled point."
                )
            self.turn(LOCK_SECONDS)
        self._recall.open(routes)

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
            self._walk(route, record, self.item(route.stream, route.name, origin), faults)
        self.turn(0)

    def _walk(self, route: Route, record: Record, item: Item, faults: tuple[Fault, ...]) -> None:
        """One record, one mapping, from end to end; a line a stage."""
        self._at_hand = item
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
        rejected = isinstance(why, Rejection)
        if self._removals is not None and route.mirror:
            self._removals.present_anyway(route, record, item, rejected=rejected)
        if isinstance(why, Rejection):
            self._reject(item, why)
        else:
            self._settle(item, Outcome.FILTERED)

    def item(self, stream: str, mapping: str, origin: Origin) -> Item:
        """Open the books for one more record of a mapping."""
        row = self.books.row(stream, mapping)
        row.read += 1
        self._bytes += len(origin.message)
        return Item(row, origin, self._checkpoint.record())

    def _skip_known(self, route: Route, ready: Prepared, item: Item) -> None:
        if self._recall is None:
            self._deliver(route.resource, ready, ready.text, item)
            return
        item.entry = self._recall.gather(route, ready, item)
        self._at_hand = None
        if self._removals is not None and route.mirror:
            self._removals.present(item.entry)
        self._decide_if_full()

    def _remove(self, route: Route, record: Record, item: Item) -> None:
        """Take a record that the source deleted."""
        if self._removals is None:  # a dry run, which does without a ledger
            self._settle(item, Outcome.DELIVERED)
            return
        rejection = self._removals.take(route, record, item)
        if rejection is not None:
            self._reject(item, rejection)
            return
        self._at_hand = None
        self._decide_if_full()

    def activate(self, routes: tuple[Route, ...], version: int) -> None:
        """Take note that a full table of this version is complete.

        Raises:
            TargetError: When the run must stop.
        """
        for route in routes:
            if self._removals is not None and route.mirror:
                self._removals.activate(route, version)

    def _deliver(
        self, resource: Resource, ready: Prepared, payload: bytes, item: Item, *, key: str = ""
    ) -> None:
        whose = identifiers(resource, ready.body)
        self.submit(resource, ready.wire, payload, (*whose, key) if key else whose, item)

    def submit(
        self, resource: Resource, wire: Body, payload: bytes, whose: tuple[str, ...], item: Item
    ) -> None:
        """Have a request sent, in its turn."""
        self._dispatcher.submit(Part(resource, wire, payload, whose, item, item.origin.line))
        self._at_hand = None

    # --- what the ledger knows

    def _decide_if_full(self) -> None:
        if self._recall is not None and self._recall.full:
            self.decide()

    def decide(self) -> None:
        """Look up what has gathered, and act on it."""
        if self._recall is not None:
            self._recall.decide()
            self._act_all(self._recall)
            self._dispatcher.launch()

    def _act_all(self, recall: Recall) -> None:
        for entry, decision in recall.decisions():
            self.act(entry, decision)

    def act(self, entry: Entry, decision: Decision) -> None:
        """Do what was decided of a record."""
        item: Item = entry.item
        self._at_hand = item
        self.take_back(item)
        if isinstance(decision, Rejection):
            self._reject(item, decision)
        elif isinstance(decision, Outcome):
            self._settle(item, decision)
        elif decision is Go.HOLD:
            self._hold(entry, item)
        elif entry.ready is not None:
            key = "" if entry.key is None else f"ledger:{entry.key.hex()}"
            resource = entry.route.resource
            self._deliver(resource, entry.ready, encode(entry.ready.wire), item, key=key)

    def _hold(self, entry: Entry, item: Item) -> None:
        """Keep a removal until it is known how many there are; its bytes take up no room."""
        item.held = True
        self._bytes -= len(item.origin.message)
        self._at_hand = None
        if self._removals is not None and not self._removals.hold(entry):
            self.leave(item)

    def take_back(self, item: Item) -> None:
        """Count the bytes of a record that was held."""
        if item.held:
            item.held = False
            self._bytes += len(item.origin.message)

    def _end(self, ended: Ended) -> None:
        """Settle what delivery has brought to its end."""
        item, reading, answer = ended.part.item, ended.reading, ended.answer
        self._at_hand = item
        rejection = None if reading.verdict is Verdict.DELIVERED else _rejection(reading, answer)
        if rejection is None:
            self._settle(item, Outcome.DELIVERED)
        else:
            self._reject(item, rejection)
        if self._recall is not None and item.entry is not None:
            self._recall.ended(item.entry, rejection, reading.kept)
            self._act_all(self._recall)

    def _reject(self, item: Item, rejection: Rejection) -> None:
        self._rejects.write(item.origin, item.row.mapping, rejection)
        self.books.reject(item.row, rejection)
        self._let_go(item)
        if self._too_many_rejects():
            self._checkpoint.block(item.stretch)
        else:
            self._checkpoint.settle(item.stretch)

    def _settle(self, item: Item, outcome: Outcome) -> None:
        item.row.settled[outcome] += 1
        self._let_go(item)
        self._checkpoint.settle(item.stretch)

    def _let_go(self, item: Item) -> None:
        self._bytes -= len(item.origin.message)
        self._at_hand = None

    def filtered_by_stream_maps(self, stream: str) -> None:
        """Count a record that singer-sdk's stream maps left out before any mapping saw it."""
        row = self.books.row(stream, "stream_maps")
        row.read += 1
        row.settled[Outcome.FILTERED] += 1

    # --- state

    def state(self, value: bytes) -> None:
        """Take the next STATE, in input order; it leaves when all before it is settled."""
        self._checkpoint.state(value)
        self.turn(0)

    def _commit(self, *, everything: bool = False) -> None:
        """Let the safe states leave, once the rejects before them are on the disk."""
        now = self._clock()
        waited = now - self._written_at >= self._config.batch_wait_seconds
        states = self._checkpoint.release(everything=everything or waited)
        if waited:
            self._written_at = now
        if not states:
            return
        self._rejects.flush()
        self._mark(lasting=True)
        for state in states:
            if state != self._last_written:
                self._write_state(state)
                self._last_written = state
                self.states_written += 1
        self._written_at = now

    def _mark(self, *, lasting: bool) -> None:
        """Tell the ledger what came of what was sent; make that last before a state says so."""
        if self._recall is not None and self._removals is not None:
            self._recall.flush()
            if lasting:
                self._removals.flush()
                self._recall.ledger.secure()

    # --- the meeting with delivery

    @property
    def unsettled(self) -> int:
        """How many records are on their way."""
        return len(self._dispatcher) + (len(self._recall) if self._recall is not None else 0)

    def turn(self, seconds: float) -> None:
        """See to what has come back; wait up to `seconds` for it where nothing has.

        Raises:
            TargetError: When the run must stop.
        """
        if seconds <= 0 and not self._dispatcher.busy and not self._stop_signal:
            self._commit()
            return
        self._dispatcher.turn(0 if self._stop_signal else min(seconds, self._patience()))
        for ended in self._dispatcher.ended():
            self._end(ended)
        if self._recall is not None:
            self._mark(lasting=False)
            self._dispatcher.launch()
        self._commit()
        self._watch()
        if self._dispatcher.fault is not None:
            raise self._dispatcher.fault
        if self._stop_signal:
            raise Stopped(self._stop_signal)

    def _patience(self) -> float:
        """How long a turn may wait; what has gathered long enough is decided on first."""
        wait = self._config.batch_wait_seconds if self._checkpoint.waiting else WATCH_SECONDS
        if self._recall is None:
            return wait
        wait = min(wait, self._recall.patience())
        if wait <= 0:
            self.decide()
        return wait

    def _make_room(self, size: int) -> None:
        """Wait while too much is unsettled, or was read behind a state that waits for a slow one.

        So neither the memory nor what a crash sends twice grows with the input.
        """
        while self.unsettled and (
            self.unsettled >= self._window
            or self._bytes + size > WINDOW_BYTES
            or self._too_far_ahead
        ):
            self._wait_for_delivery()

    @property
    def _too_far_ahead(self) -> bool:
        """Whether too much was read behind a state that waits.

        One that waits for a removal waits until the end of the run, and what is read behind it a
        second time the ledger knows.
        """
        held = self._recall is not None and self._recall.held
        return not held and self._checkpoint.behind >= BEHIND_WINDOWS * self._window

    def _wait_for_delivery(self) -> None:
        """Wait, and read nothing meanwhile: nothing more will come to fill a request with."""
        self.decide()
        if not len(self._dispatcher):
            return
        self._dispatcher.hurry = True
        self.turn(float("inf"))
        self._dispatcher.hurry = False

    def stop(self, signum: int) -> None:
        """Ask the run to stop; safe to call from a signal handler."""
        self._stop_signal = signum
        self._dispatcher.wake()

    # --- the end

    def finish(self) -> None:
        """Settle all that was read, and let the last state leave.

        Raises:
            TargetError: When the run must stop before that, or has rejected too much.
        """
        self.settle_all()
        if self._removals is not None:
            self._removals.send_held()
            self.settle_all()
        self._commit(everything=True)
        self._rejects.flush()
        if self._recall is not None:
            self._mark(lasting=True)
            self._recall.ledger.finish(self._config.ledger_retention_days)
        self._balance()
        if self._removals is not None and self._removals.excess:
            raise RemovalsHeld(" ".join(self._removals.excess))
        if self._too_many_rejects():
            raise RecordsRejected(self._rejected_message())

    def settle_all(self) -> None:
        """Wait until all is settled that is on its way."""
        while self.unsettled:
            self._wait_for_delivery()

    def abandon(self, grace: float) -> None:
        """Settle what is in flight within `grace` seconds, and let the last safe state leave.

        What is unsettled then counts as not attempted.
        """
        self._leave_unsettled()
        for ended in self._dispatcher.drain(grace):
            self._end_or_leave(ended)
        for part in self._dispatcher.unsettled():
            part.item.row.in_doubt += part.in_doubt
            self.leave(part.item)
        for entry in self._recall.left() if self._recall is not None else ():
            self.leave(entry.item)
        self._rejects.flush()
        if self._recall is None or not self._recall.ledger.failed:
            self._mark(lasting=True)
            self._commit(everything=True)
        self._balance()

    def block(self) -> None:
        """Let no state leave any more."""
        self._checkpoint.block(self._checkpoint.record())

    def leave(self, item: Item) -> None:
        """Count as not attempted what the end of the run finds unsettled, and what waits for it."""
        item.row.not_attempted += 1
        for follower in item.entry.followers if item.entry is not None else ():
            follower.item.row.not_attempted += 1

    def _end_or_leave(self, ended: Ended) -> None:
        """Settle it; leave it unsettled where its reject cannot be written."""
        try:
            self._end(ended)
        except LocalError:
            self._leave_unsettled()

    def _leave_unsettled(self) -> None:
        """Count the record that was at hand when something went wrong."""
        if self._at_hand is not None:
            self._at_hand.row.not_attempted += 1
            self._at_hand = None

    def grace(self, reason: BaseException) -> float:
        """How long what is in flight may take, by why the run ends."""
        by_signal = isinstance(reason, Stopped) or not isinstance(reason, TargetError)
        stop = float(self._config.stop_deadline_seconds)
        return stop if by_signal else min(stop, FAULT_GRACE_SECONDS)

    def close(self) -> None:
        """Let go of connections and files."""
        self._dispatcher.close()
        if self._recall is not None:
            self._recall.ledger.close()
        self._rejects.close()

    def _balance(self) -> None:
        if not self.books.balanced:
            raise BooksError(
                "The books of this run do not balance: a defect of the target. The summary shows "
                "the rows; please report it."
            )

    def _too_many_rejects(self) -> bool:
        if self._config.on_reject == "fail":
            return self._rejects.count > 0
        limit = self._config.max_rejects
        return limit is not None and self._rejects.count > limit

    def _rejected_message(self) -> str:
        count = self._rejects.count
        limit = "on_reject is fail"
        if self._config.on_reject != "fail":
            limit = f"max_rejects is {self._config.max_rejects}"
        return (
            f"{count} rejected, and {limit}: all else was delivered, and the state stays before "
            f"the {'first' if self._config.on_reject == 'fail' else 'one too many'}. Each stands "
            f"with its reason in {self._rejects.path}. Mend the mapping or the data, then run "
            "again, or replay that file into the target."
        )


def _rejection(reading: Reading, answer: Answer | None) -> Rejection:
    """Why the vendor, or what is not known of its answer, rejects a record."""
    reason = "vendor" if reading.verdict is Verdict.REJECTED else "ambiguous"
    faults = reading.faults or (Fault("", reading.message, rule=reason),)
    words = answer.body.decode("utf-8", "replace") if answer else ""
    return Rejection(reason, faults, answer.status if answer else None, words)


def _parallel(config: Config) -> tuple[int, ...]:
    """How many records it takes to keep every connection, and every bulk request, filled."""
    resources = config.destination.resources.values()
    bulks = (resource.bulk.most for resource in resources if resource.bulk is not None)
    return (config.max_in_flight, *bulks)
