"""The tables, and how each release changes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy import inspect as inspector
from sqlalchemy.dialects import postgresql, sqlite

METADATA = MetaData()

META = Table(
    "ledger_meta",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""`version` of these tables, and `check` of the secret."""

RUNS = Table(
    "ledger_runs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("began", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Each run: when it began and last wrote (seconds since 1970)."""

SOURCES = Table(
    "ledger_sources",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("destination", String(80), nullable=False),
    Column("account", String(64), nullable=False),
    Column("resource", String(80), nullable=False),
    Column("stream", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("once", Boolean, nullable=False),
    Column("last", BigInteger),
    UniqueConstraint("destination", "account", "resource", "stream", "mapping"),
)
"""Each mapping of a stream to a resource of an account."""

ENTRIES = Table(
    "ledger_entries",
    METADATA,
    Column("key", LargeBinary(16), primary_key=True),
    Column("fingerprint", LargeBinary(16)),
    Column("kept", Text),
    Column("source", Integer, ForeignKey("ledger_sources.id"), nullable=False),
    Column("claim", Integer),
    Column("version", BigInteger),
    Column("delivered", BigInteger),
    Column("seen", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""One contact or event that was delivered.

key          keyed hash of destination, account, resource and its key fields
fingerprint  keyed hash of the last body delivered; NULL while that is unconfirmed
kept         what is needed later of the vendor's response, as JSON: the vendor's own id
source       the mapping that saw it last
claim        the run that is sending it; negative where another one was sending it as well
version      the full-table version that held it last
delivered    when it was last delivered (seconds since 1970); NULL for never yet
seen         when it last came (days since 1970), where something depends on it
"""

CLAIMED = Index(
    "ledger_claimed",
    ENTRIES.c.claim,
    sqlite_where=ENTRIES.c.claim.is_not(None),
    postgresql_where=ENTRIES.c.claim.is_not(None),
)


def insert_into(connection: Connection, table: Table) -> Any:
    """Begin an INSERT in the database's own dialect, which can say what to do on a conflict."""
    dialect = {"postgresql": postgresql, "sqlite": sqlite}[connection.dialect.name]
    return dialect.insert(table)


Migration: TypeAlias = Callable[[Connection], None]


def _create(connection: Connection) -> None:
    METADATA.create_all(connection)


MIGRATIONS: Sequence[Migration] = (_create,)
"""Each brings the tables from one version to the next; the first from nothing to version 1.

The first makes the tables as they are declared today, so a fresh ledger needs no other: one that
is added must find its change made already, or make it.
"""


def version(connection: Connection) -> int:
    """The version of the tables that are there; 0 where there are none."""
    if not inspector(connection).has_table(META.name):
        return 0
    found = connection.scalar(select(META.c.value).where(META.c.name == "version"))
    return int(found or 0)


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables to the newest version. The caller holds a transaction that excludes others.

    Args:
        connection: The open database.
        migrations: All of them, the oldest first.
    """
    found = version(connection)
    for migration in migrations[found:]:
        migration(connection)
    if found == 0:
        connection.execute(META.insert().values(name="version", value=str(len(migrations))))
    elif found < len(migrations):
        changed = META.update().where(META.c.name == "version")
        connection.execute(changed.values(value=str(len(migrations))))
