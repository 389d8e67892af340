"""Transactions on one connection, and what a database's errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from target_gleantap.errors import LocalError

SERVER = "postgresql"
_PLACES = "state stays at the last processed record"
_REMEDIES = {
    "locked": "another process holds it: find that process, or raise ledger_wait_seconds",
    "full": "make room, and run again",
    "not a database": "it is damaged or is not a ledger: put a copy back, or move it away and let "
    "a run begin a new one (everything is then sent once more)",
    "malformed": "it is damaged: put a copy back, or move it away and let a run begin a new one "
    "(everything is then sent once more)",
    "readonly": "check its permissions, and those of its folder",
    "unable to open": "check its permissions, and those of its folder",
    "disk i/o": "check the disk, and whether it is full, and run again",
}
_OTHERWISE = (
    "check whether the server in ledger_url is up, has this database, and accepts this user and "
    "password; then run again"
)


class Transactions:
    """One connection. Statements outside of a transaction stand alone.

    Attributes:
        connection: The open database.
        lasting: Whether all that was committed would survive a loss of power.
        failed: Whether the database has failed, and must not be used again.
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
            lasting: Whether it must survive a loss of power before anything else is done. It
                survives the end of the process in every case. A lasting transaction makes all
                earlier ones lasting too.

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
    def reporting_errors(self, what: str) -> Iterator[None]:
        """Turn the database's errors into LocalError.

        Args:
            what: What failed, for the message (`cannot be locked`).

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
        """Read, outside of any transaction; raises as `reporting_errors` does."""
        with self.reporting_errors("cannot be read"):
            yield

    @contextmanager
    def writing(self, *, lasting: bool) -> Iterator[None]:
        """Run a transaction as `begin` does; raises as `reporting_errors` does."""
        with self.reporting_errors("cannot be written"), self.begin(lasting=lasting):
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
    """Word a database's error; its own text can hold statements and values.

    Args:
        fault: The error.
        what: What failed, for the message (`cannot be opened`).
    """
    words = _words(fault)
    remedy = next((text for sign, text in _REMEDIES.items() if sign in words.lower()), _OTHERWISE)
    return LocalError(f"The ledger {what}: {words}. The {_PLACES}. What to do: {remedy}.")


def _words(fault: SQLAlchemyError) -> str:
    """The database's own message, where it cannot hold a value or an address."""
    origin = fault.orig if isinstance(fault, DBAPIError) else None
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    if isinstance(primary, str):
        return primary.splitlines()[0]
    if type(origin).__module__ == "sqlite3":
        return str(origin)
    return "no connection can be made, or it was lost" if origin else type(fault).__name__
