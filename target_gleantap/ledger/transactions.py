"""Transactions on one connection, and what a database's errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from target_gleantap.errors import LocalError

SERVER = "postgresql"
_PLACES = "state stays at the last settled point"
_REMEDIES = {
    "locked": "another process holds it: see what that is, or raise ledger_wait_seconds",
    "full": "make room, and run again",
    "not a database": "it is damaged or no ledger: put a copy back, or move it away and let a run "
    "begin a new one (everything is then sent once more)",
    "malformed": "it is damaged: put a copy back, or move it away and let a run begin a new one "
    "(everything is then sent once more)",
    "readonly": "see to its permissions, and to those of its folder",
    "unable to open": "see to its permissions, and to those of its folder",
    "disk i/o": "see to the disk, and whether it is full, and run again",
}
_OTHERWISE = (
    "see whether the server in ledger_url is up, has this database, and takes this user and "
    "password; then run again"
)


class Transactions:
    """One connection. Statements outside of a transaction stand alone.

    Attributes:
        connection: It.
        lasting: Whether all that was committed would outlast a loss of power.
        failed: Whether the database has failed, and must not be asked again.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.lasting = True
        self.failed = False
        self._server = connection.dialect.name == SERVER
        self._full: bool | None = None

    @contextmanager
    def begin(self, *, lasting: bool) -> Iterator[Connection]:
        """Run a transaction.

        Args:
            lasting: Whether it must outlast a loss of power before anything else is done. The end
                of a process, however sudden, it outlasts in any case. One that is lasting makes
                all before it last as well.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: When it fails; it is rolled back then.
        """
        self._start(lasting=lasting)
        try:
            yield self.connection
            self.connection.exec_driver_sql("COMMIT")
        except BaseException:
            with suppress(SQLAlchemyError):
                self.connection.exec_driver_sql("ROLLBACK")
            raise
        self.lasting = lasting

    @contextmanager
    def telling(self, what: str) -> Iterator[None]:
        """Turn the database's errors into ours.

        Args:
            what: What could not be done then (`cannot be locked`).

        Raises:
            LocalError: When it fails.
        """
        try:
            yield
        except SQLAlchemyError as fault:
            self.failed = True
            raise local_fault(fault, what) from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read, outside of any transaction; raises as `telling` does."""
        with self.telling("cannot be read"):
            yield

    @contextmanager
    def writing(self, *, lasting: bool) -> Iterator[None]:
        """Run a transaction as `begin` does; raises as `telling` does."""
        with self.telling("cannot be written"), self.begin(lasting=lasting):
            yield

    def _start(self, *, lasting: bool) -> None:
        if self._server:
            self.connection.exec_driver_sql("BEGIN")
            if not lasting:
                self.connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            return
        if self._full is not lasting:
            mode = "FULL" if lasting else "NORMAL"
            self.connection.exec_driver_sql(f"PRAGMA synchronous={mode}")
            self._full = lasting
        # At once, and not at the first write: two that read first could not both go on.
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")


def local_fault(fault: SQLAlchemyError, what: str) -> LocalError:
    """Say what a database's error means; its own text can hold statements and values.

    Args:
        fault: The error.
        what: What could not be done (`cannot be opened`).
    """
    words = _words(fault)
    remedy = next((text for sign, text in _REMEDIES.items() if sign in words.lower()), _OTHERWISE)
    return LocalError(f"The ledger {what}: {words}. The {_PLACES}. What to do: {remedy}.")


def _words(fault: SQLAlchemyError) -> str:
    """The database's own words where they can hold neither a value nor an address."""
    origin = fault.orig if isinstance(fault, DBAPIError) else None
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    if isinstance(primary, str):
        return primary.splitlines()[0]
    if type(origin).__module__ == "sqlite3":
        return str(origin)
    return "no connection can be made, or it was lost" if origin else type(fault).__name__
