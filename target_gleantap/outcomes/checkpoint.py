"""Which state may leave now. Pure: no clock, no output.

A STATE of the tap says: all before me need not be sent again. So it may leave only once every
record read before it is settled. Between two states lies a *stretch* of records; a state is safe
when its stretch and all before it are settled.

Not every safe state has to leave at once: a tap may send one after each record, and whoever
reads them writes each one down. Those that close a batch are *due* as soon as they are safe;
of the others, only the newest is kept, for when there is time or nothing more to come.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

EMPTY = (b"{}", b"null")
MANY = 1024
"""How many stretches may wait behind an unsettled one before those that are settled are joined."""


@dataclass(eq=False, slots=True)
class Stretch:
    """The records between two states.

    Attributes:
        records: How many were read.
        unsettled: How many of them are not settled yet.
        blocked: Whether one of them will never be settled in this run.
        state: The state that closes it, byte for byte; None while it is open.
        due: Whether that state closes a batch.
    """

    records: int = 0
    unsettled: int = 0
    blocked: bool = False
    state: bytes | None = None
    due: bool = False

    @property
    def clear(self) -> bool:
        """Whether nothing in it keeps its state from leaving."""
        return not self.unsettled and not self.blocked


class Checkpoint:
    """The states of one run, in input order.

    Args:
        batch: How many records lie at least between two states that are due. The first state
            of a run is always due: it shows early that states get through.
    """

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._since_due = batch
        self._blocked = False
        self._open = Stretch()
        self._closed: deque[Stretch] = deque()
        self._spare: bytes | None = None
        self._behind = 0
        self._join_at = MANY

    @property
    def behind(self) -> int:
        """How many records were read behind the oldest state that still waits for its own.

        A run that ends now reads them all again. Behind a blocked record nothing waits any more.
        """
        return 0 if self._closed and self._closed[0].blocked else self._behind

    def record(self) -> Stretch:
        """Count a record that was read; give its stretch, for `settle` or `block`."""
        self._open.records += 1
        self._open.unsettled += 1
        self._behind += bool(self._closed)
        return self._open

    def settle(self, stretch: Stretch) -> None:
        """A record of this stretch is settled."""
        stretch.unsettled -= 1

    def block(self, stretch: Stretch) -> None:
        """Let no state from this stretch on leave in this run.

        Whatever state is still to come stands behind this record, so none is kept any more.
        """
        stretch.blocked = True
        self._blocked = True

    def state(self, value: bytes) -> None:
        """Take the next state.

        Args:
            value: The JSON text of its value. An empty one says nothing and is dropped.
        """
        if value.strip() in EMPTY or self._blocked:
            return
        self._since_due += self._open.records
        if not self._open.records and self._closed and not self._closed[-1].due:
            self._closed[-1].state = value
            return
        self._open.state = value
        self._open.due = self._since_due >= self._batch
        if self._open.due:
            self._since_due = 0
        self._closed.append(self._open)
        self._open = Stretch()
        if len(self._closed) >= self._join_at:
            self._join()

    def _join(self) -> None:
        """Join what is settled with what follows it: one slow record must not fill the memory."""
        joined: deque[Stretch] = deque()
        for stretch in self._closed:
            if len(joined) > 1 and joined[-1].clear and stretch.clear:
                stretch.records += joined[-1].records
                stretch.due = stretch.due or joined[-1].due
                joined.pop()
            joined.append(stretch)
        self._closed = joined
        self._join_at = max(MANY, 2 * len(joined))

    def release(self, *, everything: bool = False) -> list[bytes]:
        """Give the states that may leave now, in order, each once.

        Args:
            everything: Whether to give the newest safe state even where it is not due.
        """
        leaving: list[bytes] = []
        while self._closed and self._closed[0].clear:
            stretch = self._closed.popleft()
            self._behind -= self._closed[0].records if self._closed else self._behind
            self._spare = stretch.state
            if stretch.due and stretch.state is not None:
                leaving.append(stretch.state)
                self._spare = None
        if everything and self._spare is not None:
            leaving.append(self._spare)
            self._spare = None
        return leaving

    @property
    def waiting(self) -> bool:
        """Whether a safe state is held back only because it is not due."""
        return self._spare is not None
