"""One run at a time for each stream: its lock ends with the process, even a killed one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

BUSY = "locked"
NAME_BYTES = 8


class Locks(Protocol):
    """The locks that one run holds."""

    def acquire(self, name: bytes) -> bool:
        """Acquire a lock; False where another run holds it."""

    def close(self) -> None:
        """Release all of them."""


class ServerLocks:
    """Advisory locks of PostgreSQL: they belong to the connection that the ledger is on.

    A pooler between must keep a session to its connection (`pool_mode = session`).
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: set[bytes] = set()

    def acquire(self, name: bytes) -> bool:
        """Acquire a lock; False where another run holds it."""
        number = int.from_bytes(name[:NAME_BYTES], "big", signed=True)
        if name in self._held:
            return True
        ask = text("SELECT pg_try_advisory_lock(:number)")
        taken = bool(self._connection.scalar(ask, {"number": number}))
        if taken:
            self._held.add(name)
        return taken

    def close(self) -> None:
        """Forget them: PostgreSQL releases them with the connection."""
        self._held.clear()


class FileLocks:
    """A file for each lock, beside a SQLite ledger, held by SQLite's own locking.

    That works on every system, and its locks end with the process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[bytes, Connection] = {}

    def acquire(self, name: bytes) -> bool:
        """Acquire a lock; False where another run holds it."""
        if name in self._held:
            return True
        file = self._path.with_name(f"{self._path.name}.{name[:NAME_BYTES].hex()}.lock")
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        address = URL.create("sqlite", database=str(file))
        engine = create_engine(address, poolclass=NullPool, connect_args={"timeout": 0})
        connection = engine.connect()
        try:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        except OperationalError as fault:
            connection.close()
            if BUSY in str(fault.orig):
                return False
            raise
        self._held[name] = connection
        return True

    def close(self) -> None:
        """Release all of them; the empty files stay, since another run may hold them open."""
        for connection in self._held.values():
            connection.close()
        self._held.clear()
