"""What is counted before anything is removed: how many rows there are, and which are gone.

It only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.rows import LedgerRow, Source
from target_gleantap.ledger.statements import LOOK_UP, in_pieces
from target_gleantap.ledger.tables import ENTRIES
from target_gleantap.ledger.transactions import Transactions


class RowCounts:
    """Counts the rows of a ledger."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._connection = transactions.connection

    def known(self, source: Source) -> int:
        """How many rows of a mapping are delivered and not removed."""
        with self._transactions.reading():
            counted = select(func.count()).select_from(ENTRIES).where(*_alive(source))
            return int(self._connection.scalar(counted) or 0)

    def vanished(self, source: Source, versions: Sequence[int]) -> int:
        """How many of those rows came in no full table of these versions."""
        with self._transactions.reading():
            counted = select(func.count()).select_from(ENTRIES)
            return int(self._connection.scalar(counted.where(*_gone(source, versions))) or 0)

    def vanished_rows(self, source: Source, versions: Sequence[int]) -> list[LedgerRow]:
        """Those rows."""
        wanted = select(*LOOK_UP.selected_columns).where(*_gone(source, versions))
        with self._transactions.reading():
            found = self._connection.execute(wanted.order_by(ENTRIES.c.key))
            return [LedgerRow._make(row) for row in found]

    def shared(self, answers: Iterable[str]) -> dict[str, int]:
        """How many delivered rows share each of these kept responses, where that is more than one.

        The vendor merged two of our records into one: to remove one would remove the other.
        """
        found: dict[str, int] = {}
        with self._transactions.reading():
            for some in in_pieces(list(answers)):
                alike = (
                    select(ENTRIES.c.kept, func.count())
                    .where(ENTRIES.c.kept.in_(some))
                    .group_by(ENTRIES.c.kept)
                    .having(func.count() > 1)
                )
                found.update((str(kept), count) for kept, count in self._connection.execute(alike))
        return found


def _alive(source: Source) -> tuple[Any, ...]:
    return (
        ENTRIES.c.source == source.id,
        ENTRIES.c.delivered.is_not(None),
        ENTRIES.c.fingerprint.is_(None) | (ENTRIES.c.fingerprint != REMOVED),
    )


def _gone(source: Source, versions: Sequence[int]) -> tuple[Any, ...]:
    held = ENTRIES.c.version.in_(versions)
    return (*_alive(source), ENTRIES.c.version.is_(None) | ~held)
