"""A private copy of a ledger for a dry run, which must know what a run knows and change nothing.

The copy is a temporary SQLite database, in memory and, where it is larger, in a file without a
name: it disappears with its connection. The ledger itself is only read, once and at the beginning,
and no other run waits for that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table, create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from target_gleantap.errors import ConfigError, LocalError
from target_gleantap.ledger import connect as opening
from target_gleantap.ledger.fingerprints import Fingerprints
from target_gleantap.ledger.rows import Mark
from target_gleantap.ledger.store import Ledger
from target_gleantap.ledger.tables import (
    ENTRIES,
    META,
    METADATA,
    MIGRATIONS,
    RUNS,
    SOURCES,
    version,
)
from target_gleantap.model import Fault

PAGE = 5000
TRIES = 3
"""How often copying is tried again where the file changes meanwhile, before the log is read too."""


class NoLocks:
    """The locks of a dry run: none."""

    def acquire(self, _name: bytes) -> bool:
        """Acquire nothing."""
        return True

    def close(self) -> None:
        """Release nothing."""


class LedgerCopy(Ledger):
    """A private copy of a ledger."""

    def mark(
        self,
        marks: Sequence[Mark],
        released: Sequence[bytes] = (),
        doubted: Sequence[bytes] = (),
    ) -> None:
        """Note the results; a response that the vendor once gave stays."""
        rows = self.look_up([each.key for each in marks if each.kept])
        known = {key for key, row in rows.items() if row.kept is not None}
        noted = [replace(each, kept={}) if each.key in known else each for each in marks]
        super().mark(noted, released, doubted)


def open_copy(url: str, secret: str | None, *, wait: float, destination: str) -> Ledger:
    """Open a private copy of a ledger; an empty one where there is none.

    Args:
        url: `sqlite:///path` or `postgresql://…`.
        secret: The key of its hashes; None for the one in the file beside it.
        wait: Seconds until a server must have responded.
        destination: The name of the destination whose rows are needed.

    Raises:
        ConfigError: Where the settings do not fit what is there.
        LocalError: Where it cannot be opened or read.
    """
    address = opening.address_of(url)
    path = Path(address.database or "") if address.drivername == "sqlite" else None
    fingerprints = Fingerprints(secret or opening.known_secret(path))
    with opening.reporting_open_errors():
        connection = _private()
        try:
            if path is None:
                with opening.engine_of(address, wait).connect() as real:
                    _copy_rows(real, connection, destination)
            elif path.exists():
                _copy_file(path, connection)
            transactions = opening.prepared(connection, fingerprints)
        except BaseException:
            connection.close()
            raise
    return LedgerCopy(transactions, fingerprints, NoLocks())


def _private() -> Connection:
    # The empty name is SQLite's for a temporary database of its own.
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect("", isolation_level=None),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    return engine.connect()


# --- a file


def _copy_file(path: Path, into: Connection) -> None:
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise LocalError(f"The ledger {path} cannot be read: check its permissions.")
    target = into.connection.driver_connection
    assert isinstance(target, sqlite3.Connection)  # noqa: S101 - for the types: `_private` made it
    try:
        for _ in range(TRIES):
            if _log(path).exists():
                break
            before = _stamp(path)
            # As a file that nobody writes: SQLite would leave files of its own beside it else.
            _back_up(path, "immutable=1", target)
            if _stamp(path) == before and not _log(path).exists():
                return
        _back_up(path, "mode=ro", target)
    except sqlite3.Error as fault:
        raise OperationalError("", None, fault) from None


def _back_up(path: Path, how: str, target: sqlite3.Connection) -> None:
    address = f"file:{quote(str(path))}?{how}"
    with closing(sqlite3.connect(address, uri=True)) as real:
        real.backup(target)


def _log(path: Path) -> Path:
    """SQLite's write-ahead log: there while a run has the ledger open, or died with it."""
    return path.with_name(f"{path.name}-wal")


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


# --- a server


def _copy_rows(real: Connection, into: Connection, destination: str) -> None:
    """Copy what is of this destination, as it stood at one moment."""
    real.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    found = version(real)
    if not found:
        return
    opening.refuse_newer(found)
    if found < len(MIGRATIONS):
        message = f"was written by an older release of this target (version {found})"
        hint = "a run with this release brings it up to date, and a dry run must not"
        raise ConfigError([Fault("ledger_url", message, hint, rule="ledger")])
    METADATA.create_all(into)
    into.exec_driver_sql("BEGIN")
    _insert(into, META, _rows(real, select(META)))
    newest = select(RUNS).where(RUNS.c.id == select(func.max(RUNS.c.id)).scalar_subquery())
    _insert(into, RUNS, _rows(real, newest))
    sources = _rows(real, select(SOURCES).where(SOURCES.c.destination == destination))
    _insert(into, SOURCES, sources)
    numbers = [source[0] for source in sources]
    for page in _pages(real, numbers):
        _insert(into, ENTRIES, page)
    into.exec_driver_sql("COMMIT")


def _rows(real: Connection, wanted: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in real.execute(wanted)]


def _pages(real: Connection, sources: list[int]) -> Iterator[list[tuple[Any, ...]]]:
    """All rows of these, by a cursor on the server: one pass, whatever their number."""
    wanted = select(ENTRIES).where(ENTRIES.c.source.in_(sources))
    streamed = real.execution_options(stream_results=True, max_row_buffer=PAGE).execute(wanted)
    with closing(streamed):
        for page in streamed.partitions(PAGE):
            yield [tuple(row) for row in page]


def _insert(into: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows as they were selected, by SQLite's own means: there may be millions."""
    if rows:
        places = ", ".join("?" * len(table.columns))
        into.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", rows)  # noqa: S608
