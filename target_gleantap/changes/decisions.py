"""What is to be done with a record: by what was delivered last, and by what is on its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from target_gleantap.config.config import Config
from target_gleantap.contract.identify import other_keys
from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.rows import LedgerRow, Source
from target_gleantap.model import Body, Fault, Outcome, Rejection
from target_gleantap.transform.prepare import Prepared
from target_gleantap.transform.routes import Route

CONFLICT = Fault(
    "",
    "was delivered before with another body",
    "on_event_conflict: send sends it again, skip leaves it out",
    rule="conflict",
)


class Go(Enum):
    """What is to be done with what is not settled by the ledger."""

    SEND = "send"
    HOLD = "hold"
    """A removal: kept until it is known how many there are."""


Decision: TypeAlias = Go | Outcome | Rejection


@dataclass(eq=False, slots=True)
class Entry:
    """A record that is looked up, and sent if need be.

    Attributes:
        route: Its mapping.
        item: Whatever the owner wants back with the decision.
        ready: What is sent of it; None for a removal.
        body: The body as far as it is there: of a removal, what it is known by.
        source: Its mapping, as the ledger knows it; None where the ledger does not remember it.
        key: What the ledger knows it by; None likewise.
        fingerprint: Of its body.
        version: The full-table version that it came in.
        wanted: Of a removal, whether `where` lets it through.
        followers: Those of the same key that wait for what becomes of this one.
    """

    route: Route
    item: Any
    ready: Prepared | None
    body: Body
    source: Source | None = None
    key: bytes | None = None
    fingerprint: bytes = b""
    version: int | None = None
    wanted: bool = True
    followers: list[Entry] = field(default_factory=list)

    def others(self) -> Iterator[bytes]:
        """What else the same thing may have been known by: what is held under that is no more so.

        Not of what is delivered once: that stays delivered, whatever is sent after it.
        """
        if self.source is not None and self.ready is not None and not self.route.resource.once:
            for parts in other_keys(self.route.resource, self.body):
                yield self.source.keys.hash_key(parts)


Decided: TypeAlias = tuple[Entry, Decision]


class Deciding:
    """Decides on the records of one run, and knows which of them are on their way.

    Args:
        config: The settings.

    Attributes:
        held: Removals that wait for the end of the run, by key.
        following: How many records wait for one of their key that is on its way.
    """

    def __init__(self, config: Config) -> None:
        self.held: dict[bytes, Entry] = {}
        self.following = 0
        self._use = config.ledger_mode == "use"
        self._conflict = config.on_event_conflict
        self._queued: dict[bytes, Entry] = {}

    def decide(self, entry: Entry, rows: dict[bytes, LedgerRow]) -> Iterator[Decided]:
        """Decide on the next record, and on one that was held until it came.

        Args:
            entry: It.
            rows: What the ledger knows; what this one will change is not trusted any more.
        """
        key = entry.key
        if key is None:
            yield entry, Go.SEND
            return
        if entry.ready is None:
            yield from self._decide_removal(entry, key, rows.get(key))
            return
        if key in self.held:
            # It came back after it was deleted: nothing is to be removed.
            yield self.held.pop(key), Outcome.FILTERED
        leader = self._queued.get(key)
        if leader is not None:
            yield from self._after(leader, entry, key, rows)
            return
        row = rows.get(key)
        decision = self._compared(entry, row.fingerprint if row else None)
        if decision is Go.SEND:
            self._queued[key] = entry
            self._outdate(entry, rows)
        yield entry, decision

    def _decide_removal(self, entry: Entry, key: bytes, row: LedgerRow | None) -> Iterator[Decided]:
        on_its_way = key in self._queued
        if key in self.held:
            yield self.held.pop(key), Outcome.FILTERED
        if not on_its_way and row is not None and row.fingerprint == REMOVED:
            yield entry, Outcome.UNCHANGED
        elif not on_its_way and row is None and not entry.wanted:
            yield entry, Outcome.FILTERED
        else:
            self.held[key] = entry
            yield entry, Go.HOLD

    def _outdate(self, entry: Entry, rows: dict[bytes, LedgerRow]) -> None:
        """Compare nothing more with what was, or is being, delivered under another key of it."""
        for other in entry.others():
            self._queued.pop(other, None)
            if other in rows:
                rows[other] = rows[other]._replace(fingerprint=None)

    def _compared(self, entry: Entry, delivered: bytes | None) -> Decision:
        """Decide by what was delivered last; None where that is not known."""
        if not self._use or delivered is None or delivered == REMOVED:
            return Go.SEND
        if delivered == entry.fingerprint:
            return Outcome.UNCHANGED
        return self._conflicting() if entry.route.resource.once else Go.SEND

    def _conflicting(self) -> Decision:
        if self._conflict == "send":
            return Go.SEND
        return Outcome.FILTERED if self._conflict == "skip" else Rejection("ledger", (CONFLICT,))

    def _after(
        self, leader: Entry, entry: Entry, key: bytes, rows: dict[bytes, LedgerRow]
    ) -> Iterator[Decided]:
        """Decide by the latest of the same key that is on its way; it may have to end first."""
        waits = leader.fingerprint == entry.fingerprint or (
            entry.route.resource.once and self._conflict != "send"
        )
        if self._use and waits:
            leader.followers.append(entry)
            self.following += 1
            return
        self._queued[key] = entry
        self._outdate(entry, rows)
        yield entry, Go.SEND

    def queue(self, entry: Entry) -> None:
        """Take note of a removal that is on its way."""
        if entry.key is not None:
            entry.fingerprint = REMOVED
            self._queued[entry.key] = entry

    def ended(
        self, entry: Entry, key: bytes, rejection: Rejection | None
    ) -> tuple[list[Decided], bool]:
        """Take note of what became of an entry.

        Args:
            entry: What was sent.
            key: Its key.
            rejection: Why it was rejected; None where it was delivered.

        Returns:
            What is decided of those that waited for it; and whether it was the latest of its key,
            with nothing more of that on its way.
        """
        latest = self._queued.get(key) is entry
        if latest:
            del self._queued[key]
        followers, entry.followers = entry.followers, []
        self.following -= len(followers)
        decided = list(self._follow(entry, followers, key, rejection))
        return decided, latest and key not in self._queued

    def _follow(
        self, leader: Entry, followers: Sequence[Entry], key: bytes, rejection: Rejection | None
    ) -> Iterator[Decided]:
        """Decide on those that waited; the first that differs from a rejected one is sent."""
        ahead = None
        for follower in followers:
            if ahead is not None:
                yield from self._after(ahead, follower, key, {})
            elif follower.fingerprint == leader.fingerprint:
                yield follower, rejection or Outcome.UNCHANGED
            elif rejection is None:
                yield follower, self._conflicting()
            else:
                ahead = self._queued[key] = follower
                yield follower, Go.SEND
