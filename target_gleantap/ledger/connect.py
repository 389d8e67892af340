"""A URL to an open database, or to a clear error, before anything is sent."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_gleantap.errors import ConfigError, LocalError
from target_gleantap.ledger.fingerprints import Fingerprints
from target_gleantap.ledger.locks import FileLocks, ServerLocks
from target_gleantap.ledger.store import Ledger
from target_gleantap.ledger.tables import META, MIGRATIONS, insert_into, migrate, version
from target_gleantap.ledger.transactions import SERVER, Transactions, local_fault
from target_gleantap.model import Fault

INSTALL = "pip install 'target-gleantap[postgres]'"
SETUP_LOCK = 0x6C6564676572
"""The PostgreSQL advisory lock under which tables are made: the letters of "ledger"."""
OTHERS = 0o077
SECRET_BYTES = 32


def open_ledger(
    url: str, secret: str | None = None, *, wait: float = 60, create: bool = True
) -> Ledger:
    """Open a ledger; create it where there is none.

    Args:
        url: `sqlite:///path` or `postgresql://…`.
        secret: The key of its hashes; None for the one in the file beside it.
        wait: Seconds that another process may hold the database.
        create: Whether it may be created.

    Raises:
        ConfigError: Where the settings do not match what is there.
        LocalError: Where it cannot be opened, read or written.
    """
    address = address_of(url)
    path = Path(address.database or "") if address.drivername == "sqlite" else None
    if path is not None:
        _prepare_file(path, create=create)
    fingerprints = Fingerprints(secret or _own_secret(path))
    engine = engine_of(address, wait)
    with reporting_open_errors():
        connection = engine.connect()
        try:
            transactions = prepared(connection, fingerprints)
        except BaseException:
            connection.close()
            raise
    locks = ServerLocks(connection) if path is None else FileLocks(path)
    return Ledger(transactions, fingerprints, locks)


def address_of(url: str) -> URL:
    """Read a ledger's address, and choose the driver.

    Raises:
        ConfigError: Where it is not valid.
    """
    try:
        address = make_url(url.replace("postgres://", "postgresql://", 1))
    except SQLAlchemyError:
        raise _config("is not the address of a database", "such as sqlite:///ledger.db") from None
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    return address.set(drivername="sqlite")


def _config(message: str, hint: str, path: str = "ledger_url") -> ConfigError:
    return ConfigError([Fault(path, message, hint, rule="ledger")])


# --- files


def _prepare_file(path: Path, *, create: bool) -> None:
    """Create the file, readable by its owner only; SQLite gives its other files the same mode."""
    try:
        if not path.exists():
            if not create:
                raise _config(
                    "there is no ledger at this address yet", "a run with ledger_url creates it"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        if path.is_dir():
            raise LocalError(
                f"The ledger {path} is a folder: write the name of a file behind it in ledger_url. "
                "Nothing was sent."
            )
        for right, word in ((os.R_OK, "read"), (os.W_OK, "written")):
            if not os.access(path, right, effective_ids=os.access in os.supports_effective_ids):
                raise LocalError(f"The ledger {path} cannot be {word}: check its permissions.")
    except OSError as fault:
        raise LocalError(
            f"The ledger {path} cannot be created: {fault.strerror}. Nothing was sent."
        ) from None


def _own_secret(path: Path | None) -> str:
    """The secret in the file beside a SQLite ledger; made once."""
    return _secret(path, _make_secret)


def known_secret(path: Path | None) -> str:
    """The same; where there is no such file, one that is kept nowhere.

    Raises:
        ConfigError: Where there must be one in the settings.
        LocalError: Where it cannot be read.
    """
    return _secret(path, lambda _file: None) or secrets.token_urlsafe(SECRET_BYTES)


def _secret(path: Path | None, make: Callable[[Path], None]) -> str:
    if path is None:
        hint = "set the same one, 16 characters or more, for every run on this ledger"
        raise _config("is required for PostgreSQL, and is not set", hint, "ledger_secret")
    file = path.with_name(f"{path.name}.secret")
    try:
        if not file.exists():
            make(file)
        if not file.exists():
            return ""
        if stat.S_IMODE(file.stat().st_mode) & OTHERS and os.name == "posix":
            raise LocalError(
                f"The ledger's secret {file} can be read by others than its owner. Run `chmod 600` "
                "on it, or set ledger_secret. Nothing was sent."
            )
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as fault:
        words = getattr(fault, "strerror", None) or "it is not what was written there"
        raise LocalError(
            f"The ledger's secret {file} cannot be read or made: {words}. Nothing was sent."
        ) from None


def _make_secret(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another run was quicker
    with os.fdopen(descriptor, "w") as written:
        written.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
        written.flush()
        os.fsync(written.fileno())


# --- the database


def engine_of(address: URL, wait: float) -> Engine:
    """Make the SQLAlchemy engine of a ledger.

    Args:
        address: Its address, with the driver.
        wait: Seconds that another process may hold the database, or a server may take to respond.

    Raises:
        ConfigError: Where its driver is not installed.
    """
    # A pool would keep connections that nobody owns; transactions are begun by `Transactions`.
    try:
        if address.drivername == "sqlite":
            arguments: dict[str, object] = {"timeout": wait, "isolation_level": None}
        else:
            arguments = {
                "connect_timeout": max(2, int(wait)),
                "application_name": "target-gleantap",
            }
        return create_engine(
            address, poolclass=NullPool, connect_args=arguments, isolation_level="AUTOCOMMIT"
        )
    except ModuleNotFoundError:
        raise _config("needs a driver that is not installed", INSTALL) from None


@contextmanager
def reporting_open_errors() -> Iterator[None]:
    """Turn the database's errors while opening into LocalError."""
    try:
        yield
    except SQLAlchemyError as fault:
        raise local_fault(fault, "cannot be opened") from None


def prepared(connection: Connection, fingerprints: Fingerprints) -> Transactions:
    """Create or migrate the tables, and check that they were made with this secret.

    Raises:
        ConfigError: Where it is another secret, or the tables come from a newer release.
        sqlalchemy.exc.SQLAlchemyError: Where the database fails.
    """
    transactions = Transactions(connection)
    _prepare(transactions)
    _check_secret(transactions, fingerprints)
    return transactions


def _prepare(transactions: Transactions) -> None:
    """Create or migrate the tables, one process at a time."""
    connection = transactions.connection
    if connection.dialect.name != SERVER:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    found = version(connection)
    if found == len(MIGRATIONS):
        return
    refuse_newer(found)
    with transactions.begin(lasting=True):
        if connection.dialect.name == SERVER:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SETUP_LOCK})")
        refuse_newer(version(connection))
        migrate(connection)


def refuse_newer(found: int) -> None:
    """Refuse tables of a newer release.

    Raises:
        ConfigError: Where `found` is newer than this release.
    """
    if found > len(MIGRATIONS):
        hint = "use that release or a later one, or another ledger"
        message = (
            f"was written by a newer release of this target (version {found}; this one knows "
            f"{len(MIGRATIONS)})"
        )
        raise _config(message, hint)


def _check_secret(transactions: Transactions, fingerprints: Fingerprints) -> None:
    """Refuse another secret: with it everything would count as new, and be sent again."""
    connection = transactions.connection
    found = _read_check(connection)
    if found is None:
        # Of several runs that begin a ledger at once, the first one's stays.
        insert = insert_into(connection, META).values(name="check", value=fingerprints.check)
        with transactions.begin(lasting=True):
            connection.execute(insert.on_conflict_do_nothing())
        found = _read_check(connection)
    if found != fingerprints.check:
        hint = "set the one that the ledger was created with, or begin another ledger"
        raise _config("is not the one that this ledger was created with", hint, "ledger_secret")


def _read_check(connection: Connection) -> str | None:
    found: str | None = connection.scalar(select(META.c.value).where(META.c.name == "check"))
    return found
