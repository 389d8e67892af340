"""The SQL by which a run checks, claims and marks; built once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, case, func, select

from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.tables import ENTRIES, insert_into

AT_ONCE = 500
"""How many keys go into one statement; SQLite allows at least 999 values."""

T = TypeVar("T")


LOOK_UP = select(
    ENTRIES.c.key,
    ENTRIES.c.fingerprint,
    ENTRIES.c.kept,
    ENTRIES.c.seen,
).where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))

_ME = bindparam("me", type_=Integer)
_BODY = bindparam("body", type_=LargeBinary)
_ANSWER = func.coalesce(bindparam("answer", type_=Text), ENTRIES.c.kept)
_MINE = ENTRIES.c.claim.in_((_ME, bindparam("not_me_alone", type_=Integer)))
MARK = (
    ENTRIES.update()
    .where(ENTRIES.c.key == bindparam("of"))
    .values(
        fingerprint=case((ENTRIES.c.claim == _ME, _BODY), else_=None),
        claim=case((_MINE, None), else_=ENTRIES.c.claim),
        kept=case((_BODY == REMOVED, None), else_=_ANSWER),
        delivered=bindparam("now"),
    )
)
NOTE = (
    ENTRIES.update()
    .where(ENTRIES.c.key == bindparam("of"))
    .values(
        kept=_ANSWER,
        delivered=bindparam("now"),
    )
)
NEVER = ENTRIES.delete().where(
    ENTRIES.c.key == bindparam("of"), ENTRIES.c.delivered.is_(None), _MINE
)
RELEASE = ENTRIES.update().where(ENTRIES.c.key == bindparam("of"), _MINE).values(claim=None)
STAMP = (
    ENTRIES.update()
    .where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))
    .values(version=bindparam("in_version"), source=bindparam("by"), seen=bindparam("day"))
)
TOUCH = (
    ENTRIES.update()
    .where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))
    .values(seen=bindparam("day"))
)
DOUBT = (
    ENTRIES.update()
    .where(ENTRIES.c.kept.in_(bindparam("answers", expanding=True)))
    .values(fingerprint=None)
)
DOUBT_KEYS = (
    ENTRIES.update()
    .where(
        ENTRIES.c.key.in_(bindparam("keys", expanding=True)),
        ENTRIES.c.fingerprint.is_not(None),
    )
    .values(fingerprint=None)
)


def claim(connection: Connection, me: int) -> Any:
    """The statement that marks rows as being sent, whether they are there or new.

    Args:
        connection: The open database.
        me: The number of the run.
    """
    statement = insert_into(connection, ENTRIES)
    mine = case((ENTRIES.c.claim.is_(None), me), (ENTRIES.c.claim == me, me), else_=-me)
    return statement.on_conflict_do_update(
        index_elements=[ENTRIES.c.key],
        set_={
            "fingerprint": None,
            "claim": mine,
            "source": statement.excluded.source,
            "version": func.coalesce(statement.excluded.version, ENTRIES.c.version),
            "seen": statement.excluded.seen,
        },
    )


def in_pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Split values into groups that fit into one statement."""
    if len(values) <= AT_ONCE:
        if values:
            yield values
        return
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
