"""The whole way of a record: map, check, deliver, settle; and the state that follows it.

One thread walks it. Nothing here touches a socket, a thread or a clock of its own: that is
delivery's business, and `turn` is where this thread meets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from target_gleantap.books import Books, Row
from target_gleantap.checkpoint import Checkpoint, Stretch
from target_gleantap.config import Config
from target_gleantap.contract import Resource, Verdict
from target_gleantap.delivery.dispatch import Dispatcher, Ended
from target_gleantap.delivery.parts import Part
from target_gleantap.delivery.rehearsal import Rehearsal
from target_gleantap.errors import BooksError, LocalError, RecordsRejected, Stopped, TargetError
from target_gleantap.model import (
    Fault,
    Filtered,
    Origin,
    Outcome,
    Record,
    Rejection,
)
from target_gleantap.prepare import Preparation, Prepared
from target_gleantap.rejects import Rejects
from target_gleantap.routes import Route

WINDOW_BATCHES = 4
"""How many batches may be read ahead of the slowest unsettled record."""
WINDOW_BYTES = 64 * 1024 * 1024
"""How many bytes of input may be unsettled, so that large records do not fill the memory."""
BEHIND_WINDOWS = 4
"""How many windows may be read, and settled, behind a state that waits for one slow record: what a
crash just then would send again."""
WATCH_SECONDS = 1.0
"""How long a run waits at most before it looks up, to say how it fares."""
FAULT_GRACE_SECONDS = 5.0
"""How long a run that must stop waits for what is in flight: its vendor is in trouble already."""


@dataclass(frozen=True, slots=True)
class Item:
    """A record on its way through one mapping, until it is settled."""

    row: Row
    origin: Origin
    stretch: Stretch


class Pipeline:
    """The way.

    Args:
        config: The settings.
        dispatcher: Delivers.
        rejects: Keeps what is rejected.
        write_state: Writes one state, given as JSON text, to stdout.
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
        self._preparation = preparation or Preparation(config.vendor)
        self._checkpoint = Checkpoint(config.batch_size_rows)
        self._window = WINDOW_BATCHES * max(config.batch_size_rows, *_parallel(config))
        self._bytes = 0
        self._last_written: bytes | None = None
        self._written_at = clock()
        self._stop_signal = 0
        self._at_hand: Item | None = None

    # --- the way

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
            self._walk(route, record, self._item(route, origin), faults)
        self.turn(0)

    def _walk(self, route: Route, record: Record, item: Item, faults: tuple[Fault, ...]) -> None:
        """One record, one mapping, from end to end; a line a stage."""
        self._at_hand = item
        if faults:
            return self._reject(item, Rejection("schema", faults))
        prepared = self._preparation.prepare(route, record, self._wall())
        if isinstance(prepared, Rejection):
            return self._reject(item, prepared)
        if isinstance(prepared, Filtered):
            return self._settle(item, Outcome.FILTERED)
        return self._deliver(route.resource, prepared, item)

    def _item(self, route: Route, origin: Origin) -> Item:
        row = self.books.row(route.stream, route.name)
        row.read += 1
        self._bytes += len(origin.message)
        return Item(row, origin, self._checkpoint.record())

    def _deliver(self, resource: Resource, ready: Prepared, item: Item) -> None:
        self._dispatcher.submit(
            Part(resource, ready.wire, ready.payload, ready.identifiers, item, item.origin.line)
        )
        self._at_hand = None

    def _end(self, ended: Ended) -> None:
        """Settle what delivery has brought to its end."""
        item, reading, answer = ended.part.item, ended.reading, ended.answer
        self._at_hand = item
        if reading.verdict is Verdict.DELIVERED:
            self._settle(item, Outcome.DELIVERED)
            return
        reason = "vendor" if reading.verdict is Verdict.REJECTED else "ambiguous"
        faults = reading.faults or (Fault("", reading.message, rule=reason),)
        words = answer.body.decode("utf-8", "replace") if answer else ""
        status = answer.status if answer else None
        self._reject(item, Rejection(reason, faults, status, words))

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
        for state in states:
            if state != self._last_written:
                self._write_state(state)
                self._last_written = state
                self.states_written += 1
        self._written_at = now

    # --- the meeting with delivery

    @property
    def unsettled(self) -> int:
        """How many deliveries are on their way."""
        return len(self._dispatcher)

    def turn(self, seconds: float) -> None:
        """See to what has come back; wait up to `seconds` for it where nothing has.

        Raises:
            TargetError: When the run must stop.
        """
        if seconds <= 0 and not self._dispatcher.busy and not self._stop_signal:
            self._commit()
            return
        wait = self._config.batch_wait_seconds if self._checkpoint.waiting else WATCH_SECONDS
        self._dispatcher.turn(0 if self._stop_signal else min(seconds, wait))
        for ended in self._dispatcher.ended():
            self._end(ended)
        self._commit()
        self._watch()
        if self._dispatcher.fault is not None:
            raise self._dispatcher.fault
        if self._stop_signal:
            raise Stopped(self._stop_signal)

    def _make_room(self, size: int) -> None:
        """Wait while too much is unsettled, or was read behind a state that waits for a slow one.

        So neither the memory nor what a crash sends twice grows with the input.
        """
        while self.unsettled and (
            self.unsettled >= self._window
            or self._bytes + size > WINDOW_BYTES
            or self._checkpoint.behind >= BEHIND_WINDOWS * self._window
        ):
            self._wait_for_delivery()

    def _wait_for_delivery(self) -> None:
        """Wait, and read nothing meanwhile: nothing more will come to fill a request with."""
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
        while self.unsettled:
            self._wait_for_delivery()
        self._commit(everything=True)
        self._rejects.flush()
        self._balance()
        if self._too_many_rejects():
            raise RecordsRejected(self._rejected_message())

    def abandon(self, grace: float) -> None:
        """Settle what is in flight within `grace` seconds, and let the last safe state leave.

        What is unsettled then counts as not attempted.
        """
        self._leave_unsettled()
        for ended in self._dispatcher.drain(grace):
            self._end_or_leave(ended)
        for part in self._dispatcher.unsettled():
            part.item.row.not_attempted += 1
            part.item.row.in_doubt += part.in_doubt
        self._commit(everything=True)
        self._rejects.flush()
        self._balance()

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


def _parallel(config: Config) -> tuple[int, ...]:
    """How many records it takes to keep every connection, and every bulk request, filled."""
    resources = config.destination.resources.values()
    bulks = (resource.bulk.most for resource in resources if resource.bulk is not None)
    return (config.max_in_flight, *bulks)
