"""What a run asks of the ledger, and tells it: check, send, then mark.

A thing is *claimed* before it is sent: its fingerprint is taken away, so that a run that finds it
after a crash sends it again, whatever its body is then. It is *marked* after it was delivered,
unless another run has been sending it as well: then nobody knows whose body came last, and it
stays in doubt until it is sent alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Integer, LargeBinary, Text, bindparam, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from target_gleantap.ledger.fingerprints import REMOVED, Fingerprints
from target_gleantap.ledger.locks import Locks
from target_gleantap.ledger.tables import ENTRIES, RUNS, SOURCES, insert_into
from target_gleantap.ledger.transactions import Transactions, local_fault
from target_gleantap.ledger.words import Mark, Row, Source

AT_ONCE = 500
"""How many keys go into one statement; SQLite takes at least 999 values in one."""
SECONDS_A_DAY = 86_400

T = TypeVar("T")


_LOOK_UP = select(
    ENTRIES.c.key,
    ENTRIES.c.fingerprint,
    ENTRIES.c.kept,
    ENTRIES.c.seen,
).where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))

_ME = bindparam("me", type_=Integer)
_BODY = bindparam("body", type_=LargeBinary)
_ANSWER = func.coalesce(bindparam("answer", type_=Text), ENTRIES.c.kept)
_MINE = ENTRIES.c.claim.in_((_ME, bindparam("not_me_alone", type_=Integer)))
_MARK = (
    ENTRIES.update()
    .where(ENTRIES.c.key == bindparam("of"))
    .values(
        fingerprint=case((ENTRIES.c.claim == _ME, _BODY), else_=None),
        claim=case((_MINE, None), else_=ENTRIES.c.claim),
        kept=case((_BODY == REMOVED, None), else_=_ANSWER),
        delivered=bindparam("now"),
    )
)
_NOTE = (
    ENTRIES.update()
    .where(ENTRIES.c.key == bindparam("of"))
    .values(
        kept=_ANSWER,
        delivered=bindparam("now"),
    )
)
_NEVER = ENTRIES.delete().where(
    ENTRIES.c.key == bindparam("of"), ENTRIES.c.delivered.is_(None), _MINE
)
_RELEASE = ENTRIES.update().where(ENTRIES.c.key == bindparam("of"), _MINE).values(claim=None)
_STAMP = (
    ENTRIES.update()
    .where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))
    .values(version=bindparam("in_version"), source=bindparam("by"), seen=bindparam("day"))
)
_TOUCH = (
    ENTRIES.update()
    .where(ENTRIES.c.key.in_(bindparam("keys", expanding=True)))
    .values(seen=bindparam("day"))
)
_DOUBT = (
    ENTRIES.update()
    .where(ENTRIES.c.kept.in_(bindparam("answers", expanding=True)))
    .values(fingerprint=None)
)
_DOUBT_KEYS = (
    ENTRIES.update()
    .where(
        ENTRIES.c.key.in_(bindparam("keys", expanding=True)),
        ENTRIES.c.fingerprint.is_not(None),
    )
    .values(fingerprint=None)
)


class Ledger:
    """An open ledger, in the hands of one run.

    Args:
        transactions: On its database.
        fingerprints: Makes its hashes.
        locks: Keeps other runs of the same streams out.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        transactions: Transactions,
        fingerprints: Fingerprints,
        locks: Locks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.fingerprints = fingerprints
        self.failed = False
        """Whether it has failed, and must not be asked again."""
        self._transactions = transactions
        self._connection = transactions.connection
        self._locks = locks
        self._clock = clock
        self._run = 0
        self._sources: dict[tuple[str, ...], Source] = {}

    @property
    def connection(self) -> Connection:
        """Its database, for who looks in."""
        return self._connection

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run a lasting transaction, its errors turned into ours."""
        with self.telling("cannot be written"), self._transactions.begin(lasting=True):
            yield

    @property
    def today(self) -> int:
        """Days since 1970."""
        return int(self._clock() // SECONDS_A_DAY)

    @property
    def run(self) -> int:
        """The number of this run."""
        if not self._run:
            now = int(self._clock())
            with self.telling("cannot be written"), self._transactions.begin(lasting=False):
                made = self._connection.execute(RUNS.insert().values(began=now, last=now))
                (self._run,) = made.inserted_primary_key or (0,)
        return self._run

    def lock(self, parts: Sequence[str]) -> bool:
        """Keep other runs out; False where one of them holds it.

        Args:
            parts: Destination, account and stream.

        Raises:
            LocalError: When the database fails. The same holds for all that follow.
        """
        with self.telling("cannot be locked"):
            return self._locks.take(self.fingerprints.lock(parts))

    def source(
        self, scope: tuple[str, str, str], stream: str, mapping: str, *, once: bool
    ) -> Source:
        """Find or add a mapping of a stream; the caller holds the stream's lock.

        What an earlier run of it left claimed is claimed no more: that run has ended.
        """
        names = (*scope, stream, mapping)
        if names not in self._sources and self.run:
            with self.telling("cannot be written"), self._transactions.begin(lasting=False):
                number = self._source_id(scope, stream, mapping, once=once)
                ended = ENTRIES.update().where(
                    ENTRIES.c.claim.is_not(None), ENTRIES.c.source == number
                )
                self._connection.execute(ended.values(claim=None))
            self._sources[names] = Source(number, self.fingerprints.keys(scope))
        return self._sources[names]

    def _source_id(
        self, scope: tuple[str, str, str], stream: str, mapping: str, *, once: bool
    ) -> int:
        destination, account, resource = scope
        values = {
            "destination": destination,
            "account": account,
            "resource": resource,
            "stream": stream,
            "mapping": mapping,
        }
        add = insert_into(self._connection, SOURCES).values(**values, once=once)
        self._connection.execute(add.on_conflict_do_nothing())
        wanted = [SOURCES.c[name] == value for name, value in values.items()]
        return int(self._connection.scalar(select(SOURCES.c.id).where(*wanted)) or 0)

    # --- check

    def look_up(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """What is known of these."""
        found: dict[bytes, Row] = {}
        with self.telling("cannot be read"):
            for some in in_pieces(keys):
                rows = self._connection.execute(_LOOK_UP, {"keys": some}).all()
                found.update((row[0], Row._make(row)) for row in rows)
        return found

    def claim(
        self,
        entries: Iterable[tuple[bytes, Source, int | None]],
        doubted: Sequence[Mapping[str, str]] = (),
        others: Sequence[bytes] = (),
    ) -> None:
        """Tell that these are about to be sent; lasts before it returns.

        Args:
            entries: Keys, each with its mapping and the full-table version it came in.
            doubted: Kept answers of things that the sending may undo.
            others: Keys of such things.
        """
        day, me = self.today, self.run
        rows = [
            {"key": key, "source": source.id, "version": version, "claim": me, "seen": day}
            for key, source, version in entries
        ]
        with self.writing():
            if rows:
                self._connection.execute(self._claim(me), rows)
            if doubted:
                self._connection.execute(_DOUBT, {"answers": [_text(kept) for kept in doubted]})
            self._doubt(others)

    def _doubt(self, keys: Sequence[bytes]) -> None:
        for some in in_pieces(keys):
            self._connection.execute(_DOUBT_KEYS, {"keys": some})

    def _claim(self, me: int) -> Any:
        statement = insert_into(self._connection, ENTRIES)
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

    # --- mark

    def mark(
        self,
        marks: Sequence[Mark],
        released: Sequence[bytes] = (),
        doubted: Sequence[bytes] = (),
    ) -> None:
        """Tell what came of what was claimed.

        Args:
            marks: What was delivered.
            released: Keys of what was not, with nothing more of them on its way.
            doubted: Keys of what was undone by that.
        """
        now, me = int(self._clock()), self.run
        mine = {"me": me, "not_me_alone": -me}
        done = [
            {"of": each.key, "body": each.fingerprint, "answer": _text(each.kept), "now": now}
            for each in marks
        ]
        last = [{**row, **mine} for row in done if row["body"] is not None]
        notes = [row for row in done if row["body"] is None]
        gone = [{"of": key, **mine} for key in released]
        with self.telling("cannot be written"), self._transactions.begin(lasting=False):
            steps = ((_MARK, last), (_NOTE, notes), (_NEVER, gone), (_RELEASE, gone))
            for statement, rows in steps:
                if rows:
                    self._connection.execute(statement, rows)
            self._doubt(doubted)

    def stamp(self, keys: Sequence[bytes], source: Source, version: int) -> None:
        """Tell that a full table holds these."""
        day = self.today
        with self.telling("cannot be written"), self._transactions.begin(lasting=False):
            for some in in_pieces(keys):
                row = {"keys": some, "in_version": version, "by": source.id, "day": day}
                self._connection.execute(_STAMP, row)

    def touch(self, keys: Sequence[bytes]) -> None:
        """Tell that these came today."""
        if not keys:
            return
        day = self.today
        with self.telling("cannot be written"), self._transactions.begin(lasting=False):
            for some in in_pieces(keys):
                self._connection.execute(_TOUCH, {"keys": some, "day": day})

    def secure(self) -> None:
        """Make all that was told last, before a state says so."""
        if self._transactions.lasting or self.failed:
            return
        me = self.run
        with self.writing():
            heard = RUNS.update().where(RUNS.c.id == me)
            self._connection.execute(heard.values(last=int(self._clock())))

    # --- what is gone

    def known(self, source: Source) -> int:
        """How many things of a mapping are delivered and not removed."""
        with self.telling("cannot be read"):
            counted = select(func.count()).select_from(ENTRIES).where(*_alive(source))
            return int(self._connection.scalar(counted) or 0)

    def vanished(self, source: Source, versions: Sequence[int]) -> int:
        """How many of those known no table of these versions holds."""
        with self.telling("cannot be read"):
            counted = select(func.count()).select_from(ENTRIES)
            return int(self._connection.scalar(counted.where(*_gone(source, versions))) or 0)

    def vanished_rows(self, source: Source, versions: Sequence[int]) -> list[Row]:
        """Those themselves."""
        wanted = select(*_LOOK_UP.selected_columns).where(*_gone(source, versions))
        with self.telling("cannot be read"):
            found = self._connection.execute(wanted.order_by(ENTRIES.c.key))
            return [Row._make(row) for row in found]

    def shared(self, answers: Iterable[str]) -> dict[str, int]:
        """How many living rows have each of these kept answers, where that is more than one.

        The vendor took two of ours for one: to remove the one would remove the other.
        """
        found: dict[str, int] = {}
        with self.telling("cannot be read"):
            for some in in_pieces(list(answers)):
                alike = (
                    select(ENTRIES.c.kept, func.count())
                    .where(ENTRIES.c.kept.in_(some))
                    .group_by(ENTRIES.c.kept)
                    .having(func.count() > 1)
                )
                found.update((str(kept), count) for kept, count in self._connection.execute(alike))
        return found

    def forget(self, source: Source) -> None:
        """Forget all that a mapping saw last."""
        with self.writing():
            self._connection.execute(ENTRIES.delete().where(ENTRIES.c.source == source.id))

    # --- the end

    def finish(self, retention_days: int | None) -> None:
        """See to the end of a run that went through: note it, and forget what is too old."""
        if self.failed or not self._sources:
            return
        numbers = [source.id for source in self._sources.values()]
        with self.writing():
            heard = SOURCES.update().where(SOURCES.c.id.in_(numbers))
            self._connection.execute(heard.values(last=int(self._clock())))
            if retention_days is not None:
                events = select(SOURCES.c.id).where(SOURCES.c.once)
                old = ENTRIES.delete().where(
                    ENTRIES.c.seen < self.today - retention_days,
                    ENTRIES.c.source.in_(events) | (ENTRIES.c.fingerprint == REMOVED),
                )
                self._connection.execute(old)

    def close(self) -> None:
        """Give locks and connection back."""
        try:
            self._locks.close()
            self._connection.close()
        except SQLAlchemyError:
            self.failed = True

    @contextmanager
    def telling(self, what: str) -> Iterator[None]:
        """Turn the database's errors into ours."""
        try:
            yield
        except SQLAlchemyError as fault:
            self.failed = True
            raise local_fault(fault, what) from None


def _text(kept: Mapping[str, str]) -> str | None:
    return json.dumps(kept, sort_keys=True) if kept else None


def _alive(source: Source) -> tuple[Any, ...]:
    return (
        ENTRIES.c.source == source.id,
        ENTRIES.c.delivered.is_not(None),
        ENTRIES.c.fingerprint.is_(None) | (ENTRIES.c.fingerprint != REMOVED),
    )


def _gone(source: Source, versions: Sequence[int]) -> tuple[Any, ...]:
    held = ENTRIES.c.version.in_(versions)
    return (*_alive(source), ENTRIES.c.version.is_(None) | ~held)


def in_pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The same values, a statement's worth at a time."""
    if len(values) <= AT_ONCE:
        if values:
            yield values
        return
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
