"""Settling: what became of every record, in the books, among the rejects and before the states.

From the opening of its line in the books to its end, which is one of four. One thread settles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_gleantap.config.config import Config
from target_gleantap.contract import Reading, Verdict
from target_gleantap.errors import BooksError, RecordsRejected
from target_gleantap.model import Answer, Fault, Origin, Outcome, Rejection
from target_gleantap.outcomes.books import Books, Row
from target_gleantap.outcomes.checkpoint import Checkpoint, Stretch
from target_gleantap.outcomes.rejects import Rejects

if TYPE_CHECKING:
    from target_gleantap.changes.decisions import Entry

STREAM_MAPS = "stream_maps"
"""The row of what singer-sdk's stream maps left out."""


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


class Settling:
    """Settles the records of one run.

    Args:
        config: The settings.
        rejects: Keeps what is rejected.

    Attributes:
        books: What became of every record.
        checkpoint: Which state may leave.
        rejects: As given.
        at_hand: The record that is worked on: not attempted, if something goes wrong just now.
        size: How many bytes of input are unsettled.
    """

    def __init__(self, config: Config, rejects: Rejects) -> None:
        self.books = Books()
        self.checkpoint = Checkpoint(config.batch_size_rows)
        self.rejects = rejects
        self.at_hand: Item | None = None
        self.size = 0
        self._fails = config.on_reject == "fail"
        self._most = 0 if self._fails else config.max_rejects

    # --- a record's beginning and end

    def item(self, stream: str, mapping: str, origin: Origin) -> Item:
        """Open the books for one more record of a mapping."""
        row = self.books.row(stream, mapping)
        row.read += 1
        self.size += len(origin.message)
        return Item(row, origin, self.checkpoint.record())

    def settle(self, item: Item, outcome: Outcome) -> None:
        """End a record well."""
        item.row.settled[outcome] += 1
        self._let_go(item)
        self.checkpoint.settle(item.stretch)

    def reject(self, item: Item, rejection: Rejection) -> None:
        """End a record among the rejects.

        Raises:
            LocalError: When it cannot be written there.
        """
        self.rejects.write(item.origin, item.row.mapping, rejection)
        self.books.reject(item.row, rejection)
        self._let_go(item)
        if self.too_many_rejects:
            self.checkpoint.block(item.stretch)
        else:
            self.checkpoint.settle(item.stretch)

    def end(self, item: Item, reading: Reading, answer: Answer | None) -> Rejection | None:
        """End a record by what its delivery brought.

        Args:
            item: It.
            reading: What the answer means.
            answer: The last one, if one came.

        Returns:
            Why it was rejected; None where it was delivered.
        """
        self.at_hand = item
        if reading.verdict is Verdict.DELIVERED:
            self.settle(item, Outcome.DELIVERED)
            return None
        rejection = _rejection(reading, answer)
        self.reject(item, rejection)
        return rejection

    def _let_go(self, item: Item) -> None:
        self.size -= len(item.origin.message)
        self.at_hand = None

    def filtered_by_stream_maps(self, stream: str) -> None:
        """Count a record that singer-sdk's stream maps left out before any mapping saw it."""
        row = self.books.row(stream, STREAM_MAPS)
        row.read += 1
        row.settled[Outcome.FILTERED] += 1

    # --- a record that waits for the end of the run

    def hold(self, item: Item) -> None:
        """Let a record wait until the end of the run; its bytes take up no room."""
        item.held = True
        self.size -= len(item.origin.message)
        self.at_hand = None

    def take_back(self, item: Item) -> None:
        """Count the bytes of a record that was held."""
        if item.held:
            item.held = False
            self.size += len(item.origin.message)

    # --- what the end of the run finds

    def leave(self, item: Item) -> None:
        """Count as not attempted what the end of the run finds unsettled, and what waits for it."""
        item.row.not_attempted += 1
        for follower in item.entry.followers if item.entry is not None else ():
            follower.item.row.not_attempted += 1

    def leave_at_hand(self) -> None:
        """The same for the record that was at hand when something went wrong."""
        if self.at_hand is not None:
            self.leave(self.at_hand)
            self.at_hand = None

    def block(self) -> None:
        """Let no state leave any more."""
        self.checkpoint.block(self.checkpoint.record())

    def balance(self) -> None:
        """See that every record ended in exactly one way.

        Raises:
            BooksError: Where one did not.
        """
        if not self.books.balanced:
            raise BooksError(
                "The books of this run do not balance: a defect of the target. The summary shows "
                "the rows; please report it."
            )

    # --- rejects

    @property
    def too_many_rejects(self) -> bool:
        """Whether the rejects are more than the settings allow."""
        return self._most is not None and self.rejects.count > self._most

    def refuse_too_many(self) -> None:
        """See that the rejects are not more than the settings allow.

        Raises:
            RecordsRejected: Where they are.
        """
        if not self.too_many_rejects:
            return
        limit = "on_reject is fail" if self._fails else f"max_rejects is {self._most}"
        raise RecordsRejected(
            f"{self.rejects.count} rejected, and {limit}: all else was delivered, and the state "
            f"stays before the {'first' if self._fails else 'one too many'}. Each stands with its "
            f"reason in {self.rejects.path}. Mend the mapping or the data, then run again, or "
            "replay that file into the target."
        )


def _rejection(reading: Reading, answer: Answer | None) -> Rejection:
    """Why the vendor, or what is not known of its answer, rejects a record."""
    reason = "vendor" if reading.verdict is Verdict.REJECTED else "ambiguous"
    faults = reading.faults or (Fault("", reading.message, rule=reason),)
    words = answer.body.decode("utf-8", "replace") if answer else ""
    return Rejection(reason, faults, answer.status if answer else None, words)
