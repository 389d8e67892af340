"""What a run reads from the ledger and writes to it: check, send, then mark.

A row is *claimed* before its record is sent: its fingerprint is deleted, so that a run after a
crash sends the record again, with any body. It is *marked* after the delivery, unless another run
was sending it as well: then nobody knows which body came last, and the row stays unconfirmed until
its record is sent alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from target_gleantap.ledger import statements
from target_gleantap.ledger.counts import RowCounts
from target_gleantap.ledger.fingerprints import REMOVED, Fingerprints
from target_gleantap.ledger.locks import Locks
from target_gleantap.ledger.rows import LedgerRow, Mark, Source
from target_gleantap.ledger.tables import ENTRIES, RUNS, SOURCES, insert_into
from target_gleantap.ledger.transactions import Transactions

SECONDS_A_DAY = 86_400


class Ledger:
    """An open ledger, used by one run.

    Args:
        transactions: Its open database.
        fingerprints: Makes its hashes.
        locks: Keeps other runs of the same streams out.
        clock: Seconds since 1970.

    Attributes:
        counts: Counts its rows.
    """

    def __init__(
        self,
        transactions: Transactions,
        fingerprints: Fingerprints,
        locks: Locks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.fingerprints = fingerprints
        self.transactions = transactions
        self.connection = transactions.connection
        self.counts = RowCounts(transactions)
        self._locks = locks
        self._clock = clock
        self._run = 0
        self._sources: dict[tuple[str, ...], Source] = {}

    @property
    def failed(self) -> bool:
        """Whether its database has failed, and must not be used again."""
        return self.transactions.failed

    @property
    def today(self) -> int:
        """Days since 1970."""
        return int(self._clock() // SECONDS_A_DAY)

    @property
    def run(self) -> int:
        """The number of this run."""
        if not self._run:
            now = int(self._clock())
            with self.transactions.writing(lasting=False):
                made = self.connection.execute(RUNS.insert().values(began=now, last=now))
                (self._run,) = made.inserted_primary_key or (0,)
        return self._run

    def lock(self, parts: Sequence[str]) -> bool:
        """Lock a stream against other runs; False where one of them holds the lock.

        Args:
            parts: Destination, account and stream.

        Raises:
            LocalError: When the database fails. The same holds for all that follow.
        """
        with self.transactions.reporting_errors("cannot be locked"):
            return self._locks.acquire(self.fingerprints.lock(parts))

    def source(
        self, scope: tuple[str, str, str], stream: str, mapping: str, *, once: bool
    ) -> Source:
        """Find or add a mapping of a stream; the caller holds the stream's lock.

        Rows that an earlier run left claimed are released: that run has ended.
        """
        names = (*scope, stream, mapping)
        if names not in self._sources and self.run:
            with self.transactions.writing(lasting=False):
                number = self._source_id(scope, stream, mapping, once=once)
                ended = ENTRIES.update().where(
                    ENTRIES.c.claim.is_not(None), ENTRIES.c.source == number
                )
                self.connection.execute(ended.values(claim=None))
            self._sources[names] = Source(number, self.fingerprints.keys(scope))
        return self._sources[names]

    def _source_id(
        self, scope: tuple[str, str, str], stream: str, mapping: str, *, once: bool
    ) -> int:
        destination, account, resource = scope
        values = {
            "destination": destination,
            "account": account,
            "resource": resource,
            "stream": stream,
            "mapping": mapping,
        }
        add = insert_into(self.connection, SOURCES).values(**values, once=once)
        self.connection.execute(add.on_conflict_do_nothing())
        wanted = [SOURCES.c[name] == value for name, value in values.items()]
        return int(self.connection.scalar(select(SOURCES.c.id).where(*wanted)) or 0)

    def forget(self, source: Source) -> None:
        """Delete all rows that a mapping saw last."""
        with self.transactions.writing(lasting=True):
            self.connection.execute(ENTRIES.delete().where(ENTRIES.c.source == source.id))

    # --- check

    def look_up(self, keys: Sequence[bytes]) -> dict[bytes, LedgerRow]:
        """The rows of these keys, as far as they are there."""
        found: dict[bytes, LedgerRow] = {}
        with self.transactions.reading():
            for some in statements.in_pieces(keys):
                rows = self.connection.execute(statements.LOOK_UP, {"keys": some}).all()
                found.update((row[0], LedgerRow._make(row)) for row in rows)
        return found

    def claim(
        self,
        entries: Iterable[tuple[bytes, Source, int | None]],
        doubted: Sequence[Mapping[str, str]] = (),
        others: Sequence[bytes] = (),
    ) -> None:
        """Note that these are about to be sent; durable before it returns.

        Args:
            entries: Keys, each with its mapping and the full-table version it came in.
            doubted: Kept responses of rows that the sending may undo.
            others: Keys of such rows.
        """
        day, me = self.today, self.run
        rows = [
            {"key": key, "source": source.id, "version": version, "claim": me, "seen": day}
            for key, source, version in entries
        ]
        with self.transactions.writing(lasting=True):
            if rows:
                self.connection.execute(statements.claim(self.connection, me), rows)
            for some in statements.in_pieces([_text(kept) for kept in doubted]):
                self.connection.execute(statements.DOUBT, {"answers": some})
            self._doubt(others)

    def _doubt(self, keys: Sequence[bytes]) -> None:
        for some in statements.in_pieces(keys):
            self.connection.execute(statements.DOUBT_KEYS, {"keys": some})

    # --- mark

    def mark(
        self,
        marks: Sequence[Mark],
        released: Sequence[bytes] = (),
        doubted: Sequence[bytes] = (),
    ) -> None:
        """Note the results of what was claimed.

        Args:
            marks: What was delivered.
            released: Keys that were not delivered, with no more requests of them under way.
            doubted: Keys of rows that were undone by that.
        """
        now, me = int(self._clock()), self.run
        mine = {"me": me, "not_me_alone": -me}
        done = [
            {"of": each.key, "body": each.fingerprint, "answer": _text(each.kept), "now": now}
            for each in marks
        ]
        last = [{**row, **mine} for row in done if row["body"] is not None]
        notes = [row for row in done if row["body"] is None]
        gone = [{"of": key, **mine} for key in released]
        with self.transactions.writing(lasting=False):
            steps = (
                (statements.MARK, last),
                (statements.NOTE, notes),
                (statements.NEVER, gone),
                (statements.RELEASE, gone),
            )
            for statement, rows in steps:
                if rows:
                    self.connection.execute(statement, rows)
            self._doubt(doubted)

    def stamp(self, keys: Sequence[bytes], source: Source, version: int) -> None:
        """Note that a full table of this version holds these."""
        day = self.today
        with self.transactions.writing(lasting=False):
            for some in statements.in_pieces(keys):
                row = {"keys": some, "in_version": version, "by": source.id, "day": day}
                self.connection.execute(statements.STAMP, row)

    def touch(self, keys: Sequence[bytes]) -> None:
        """Note that these came today."""
        if not keys:
            return
        day = self.today
        with self.transactions.writing(lasting=False):
            for some in statements.in_pieces(keys):
                self.connection.execute(statements.TOUCH, {"keys": some, "day": day})

    def secure(self) -> None:
        """Make everything durable, before a state is emitted that relies on it."""
        if self.transactions.lasting or self.failed:
            return
        me = self.run
        with self.transactions.writing(lasting=True):
            heard = RUNS.update().where(RUNS.c.id == me)
            self.connection.execute(heard.values(last=int(self._clock())))

    # --- the end

    def finish(self, retention_days: int | None) -> None:
        """Note that a run succeeded, and delete rows older than `retention_days`."""
        if self.failed or not self._sources:
            return
        numbers = [source.id for source in self._sources.values()]
        with self.transactions.writing(lasting=True):
            heard = SOURCES.update().where(SOURCES.c.id.in_(numbers))
            self.connection.execute(heard.values(last=int(self._clock())))
            if retention_days is not None:
                events = select(SOURCES.c.id).where(SOURCES.c.once)
                old = ENTRIES.delete().where(
                    ENTRIES.c.seen < self.today - retention_days,
                    ENTRIES.c.source.in_(events) | (ENTRIES.c.fingerprint == REMOVED),
                )
                self.connection.execute(old)

    def close(self) -> None:
        """Release the locks and close the connection."""
        try:
            self._locks.close()
            self.connection.close()
        except SQLAlchemyError:
            self.transactions.failed = True


def _text(kept: Mapping[str, str]) -> str | None:
    return json.dumps(kept, sort_keys=True) if kept else None
