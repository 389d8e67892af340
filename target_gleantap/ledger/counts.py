"""What is asked before anything is removed: how many there are, and which of them are gone.

It only counts and reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.rows import Row, Source
from target_gleantap.ledger.statements import LOOK_UP, in_pieces
from target_gleantap.ledger.tables import ENTRIES
from target_gleantap.ledger.transactions import Transactions


class Census:
    """Counts what a ledger holds.

    Args:
        transactions: On its database.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._connection = transactions.connection

    def known(self, source: Source) -> int:
        """How many things of a mapping are delivered and not removed."""
        with self._transactions.reading():
            counted = select(func.count()).select_from(ENTRIES).where(*_alive(source))
            return int(self._connection.scalar(counted) or 0)

    def vanished(self, source: Source, versions: Sequence[int]) -> int:
        """How many of those known no table of these versions holds."""
        with self._transactions.reading():
            counted = select(func.count()).select_from(ENTRIES)
            return int(self._connection.scalar(counted.where(*_gone(source, versions))) or 0)

    def vanished_rows(self, source: Source, versions: Sequence[int]) -> list[Row]:
        """Those themselves."""
        wanted = select(*LOOK_UP.selected_columns).where(*_gone(source, versions))
        with self._transactions.reading():
            found = self._connection.execute(wanted.order_by(ENTRIES.c.key))
            return [Row._make(row) for row in found]

    def shared(self, answers: Iterable[str]) -> dict[str, int]:
        """How many living rows have each of these kept answers, where that is more than one.

        The vendor took two of ours for one: to remove the one would remove the other.
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
