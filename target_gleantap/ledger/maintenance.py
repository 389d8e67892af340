"""Look into a ledger and forget rows: the work of `target-gleantap ledger`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select, text

from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.statements import in_pieces
from target_gleantap.ledger.store import Ledger
from target_gleantap.ledger.tables import ENTRIES, RUNS, SOURCES
from target_gleantap.ledger.transactions import SERVER

PAGE = 1000
NAMES = ("destination", "account", "resource", "stream", "mapping")


@dataclass(frozen=True, slots=True)
class Holding:
    """What the ledger holds of one mapping.

    Attributes:
        destination: Its name.
        account: The account, as a hash.
        resource: The resource, such as contact.
        stream: The source stream.
        mapping: The mapping's name.
        keys: How many records are delivered.
        doubt: How many are unconfirmed: they are sent again when they come next.
        removed: How many are removed.
        last: When a run of it last succeeded (seconds since 1970), or None.
    """

    destination: str
    account: str
    resource: str
    stream: str
    mapping: str
    keys: int
    doubt: int
    removed: int
    last: int | None


class Maintenance:
    """Looks into an open ledger, and forgets rows."""

    def __init__(self, ledger: Ledger) -> None:
        self._transactions = ledger.transactions
        self._connection = ledger.connection

    def holdings(self) -> list[Holding]:
        """What it holds, by mapping."""
        gone = ENTRIES.c.fingerprint == REMOVED
        counts = (
            select(
                ENTRIES.c.source,
                func.sum(case((gone, 0), (ENTRIES.c.fingerprint.is_(None), 0), else_=1)),
                func.sum(case((ENTRIES.c.fingerprint.is_(None), 1), else_=0)),
                func.sum(case((gone, 1), else_=0)),
            )
            .group_by(ENTRIES.c.source)
            .order_by(ENTRIES.c.source)
        )
        names = [SOURCES.c[name] for name in NAMES]
        with self._transactions.reading():
            found = {row[0]: row[1:] for row in self._connection.execute(counts)}
            sources = select(SOURCES.c.id, SOURCES.c.last, *names).order_by(*names)
            return [
                _holding(words, found.get(number, (0, 0, 0)), last)
                for number, last, *words in self._connection.execute(sources)
            ]

    def size(self) -> int:
        """Its size in bytes."""
        if self._connection.dialect.name == SERVER:
            ask = "SELECT " + " + ".join(
                f"pg_total_relation_size('{table.name}')" for table in (ENTRIES, SOURCES, RUNS)
            )
        else:
            ask = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        with self._transactions.reading():
            return int(self._connection.scalar(text(ask)) or 0)

    def last_run(self) -> tuple[int, int] | None:
        """When the last run began and last wrote (seconds since 1970), or None without any run."""
        newest = select(RUNS.c.began, RUNS.c.last).order_by(RUNS.c.id.desc()).limit(1)
        with self._transactions.reading():
            found = self._connection.execute(newest).first()
        return (found[0], found[1]) if found else None

    def sources(self, stream: str) -> list[tuple[int, tuple[str, str, str]]]:
        """The mappings of a stream: their numbers, each with destination, account and resource."""
        wanted = select(
            SOURCES.c.id, SOURCES.c.destination, SOURCES.c.account, SOURCES.c.resource
        ).where(SOURCES.c.stream == stream)
        with self._transactions.reading():
            return [(number, (a, b, c)) for number, a, b, c in self._connection.execute(wanted)]

    def forget(self, numbers: Sequence[int], keys: Sequence[bytes] | None) -> int:
        """Forget the rows that these mappings wrote last, or only the given keys of them.

        Returns:
            How many rows were deleted.
        """
        gone = ENTRIES.delete().where(ENTRIES.c.source.in_(numbers))
        pieces = [None] if keys is None else list(in_pieces(keys))
        count = 0
        with self._transactions.writing(lasting=True):
            for some in pieces:
                narrowed = gone if some is None else gone.where(ENTRIES.c.key.in_(some))
                count += self._connection.execute(narrowed).rowcount
        return count

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """All rows, for `export`, a page at a time."""
        after = b""
        columns = [ENTRIES.c[name] for name in ("key", "fingerprint", "kept", "delivered", "seen")]
        names = [SOURCES.c[name] for name in NAMES]
        page = (
            select(*columns, *names)
            .join(SOURCES, SOURCES.c.id == ENTRIES.c.source)
            .order_by(ENTRIES.c.key)
            .limit(PAGE)
        )
        while True:
            with self._transactions.reading():
                rows = self._connection.execute(page.where(ENTRIES.c.key > after)).mappings().all()
            if not rows:
                return
            yield from map(dict, rows)
            after = bytes(rows[-1]["key"])


def _holding(names: Sequence[str], counts: Sequence[int], last: int | None) -> Holding:
    destination, account, resource, stream, mapping = names
    keys, doubt, removed = (int(count) for count in counts)
    return Holding(destination, account, resource, stream, mapping, keys, doubt, removed, last)
