"""Removing what is gone at the source, and the guards that stand before it.

A record that the source deleted waits until the end of the run, and what a full table no longer
holds until its version is activated: by then it is known how many there are. Where that is more
than `max_removals`, none is removed.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from target_gleantap.changes.decisions import Entry
from target_gleantap.changes.lookup import Recall
from target_gleantap.changes.removal_guard import Gone, Guard
from target_gleantap.changes.removal_requests import AT_ONCE, Errands, Way, removal_of
from target_gleantap.config.config import Config
from target_gleantap.contract import Removal, Resource
from target_gleantap.exact_json.codec import encode_json
from target_gleantap.ledger.rows import LedgerRow, Source
from target_gleantap.model import Fault, Faulty, Origin, Outcome, Record, Rejection
from target_gleantap.outcomes.settle import Item, Settling
from target_gleantap.transform.routes import Route

LOGGER = logging.getLogger("target-gleantap")

DELETED_AT = "_sdc_deleted_at"
HELD = 10_000
"""How many deletions are held of a mapping, where no more than that may be removed anyway."""


class Removals:
    """The removals of one run.

    Args:
        way: Sends.
        settling: Settles and rejects.
        recall: What is known.
        config: The settings.

    Attributes:
        guard: Stands before them.
    """

    def __init__(self, way: Way, settling: Settling, recall: Recall, config: Config) -> None:
        self.guard = Guard(recall.ledger, config)
        self._errands = Errands(way, settling, recall, config)
        self._way = way
        self._settling = settling
        self._recall = recall
        self._ledger = recall.ledger
        self._dropped: Counter[Source] = Counter()
        self._routes: dict[Source, Route] = {}
        self._came: Counter[tuple[int, int]] = Counter()
        self._lost: Counter[tuple[int, int]] = Counter()
        self._stamps: dict[tuple[Source, int], list[bytes]] = defaultdict(list)

    # --- records that the source deleted

    def take(self, route: Route, record: Record, item: Item) -> Rejection | None:
        """Take a record that the source deleted.

        Returns:
            Why it is rejected, or None where it was taken.
        """
        body = route.mapping.part(record, _key_fields(route.resource))
        if isinstance(body, Faulty):
            return Rejection("mapping", body.faults)
        wanted = route.mapping.passes(record) is True
        entry = self._recall.gather_removal(route, body, item, wanted=wanted)
        if isinstance(entry, Fault):
            return Rejection("ledger", (entry,))
        item.entry = entry
        return None

    def came_back(self, route: Route, record: Record) -> None:
        """Remove nothing whose record came back after it was deleted, though it is left out."""
        if not self._recall.removing or record.get(DELETED_AT) is not None:
            return
        _, key = self._key(route, record)
        if key is None:
            return
        if key in self._recall.deleted:
            self._way.decide()
        entry = self._recall.held.pop(key, None)
        if entry is not None:
            self._way.act(entry, Outcome.FILTERED)

    def _key(self, route: Route, record: Record) -> tuple[Source | None, bytes | None]:
        """What the ledger knows a record by that is left out; None where it does not say."""
        source = self._recall.source(route)
        body = route.mapping.part(record, _key_fields(route.resource))
        if source is None or isinstance(body, Faulty):
            return source, None
        return source, self._recall.key(source, route, body)

    def hold(self, entry: Entry) -> bool:
        """Hold a deletion until the end of the run; False where too many are held already."""
        if entry.source is None or entry.key is None:
            return False
        count = len(self._recall.held)
        if count <= HELD or count <= self.guard.limit(entry.source):
            return True
        del self._recall.held[entry.key]
        self._dropped[entry.source] += 1
        self._routes[entry.source] = entry.route
        return False

    def send_held(self) -> None:
        """Send the deletions that are held, if there are not too many. Nothing else is in flight.

        Those of which there are too many are left, as not attempted.
        """
        by_source: dict[Source, list[Entry]] = {source: [] for source in self._dropped}
        for entry in self._recall.held.values():
            if entry.source is not None:
                by_source.setdefault(entry.source, []).append(entry)
                self._routes[entry.source] = entry.route
        for source, entries in by_source.items():
            count = len(entries) + self._dropped[source]
            verdict = self.guard.judge(self._routes[source], source, count, Gone.DELETED)
            for entry in entries:
                del self._recall.held[entry.key or b""]
                if not verdict.allowed:
                    self._settling.leave(entry.item)
            if verdict.allowed:
                verdict.sent = self._errands.send(entries)

    def left(self) -> Iterable[Entry]:
        """Those that are on no way yet, for a run that ends just now."""
        return self._errands.left

    # --- what a full table no longer holds

    def present(self, entry: Entry) -> None:
        """Note that a full table holds what a record is of."""
        if entry.source is not None and entry.key is not None:
            entry.version = self._note(entry.source, entry.key, entry.item.origin.version)

    def present_anyway(self, route: Route, record: Record, item: Item, *, rejected: bool) -> None:
        """Note the same of a record that is left out: its contact is not gone.

        Where a rejected one cannot be told apart, nothing of its version is removed.
        """
        source, key = self._key(route, record)
        if source is not None and key is not None:
            self._note(source, key, item.origin.version)
        elif source is not None and rejected:
            self._lost[source.id, self._number(item.origin.version)] += 1

    def _note(self, source: Source, key: bytes, version: int | None) -> int:
        number = self._number(version)
        self._came[source.id, number] += 1
        stamps = self._stamps[source, number]
        stamps.append(key)
        if len(stamps) >= AT_ONCE:
            self.flush()
        return number

    def _number(self, version: int | None) -> int:
        """The version that a record came in; of those without one, all in this run are one."""
        return -self._ledger.run if version is None else version

    def flush(self) -> None:
        """Tell the ledger what full tables hold."""
        for (source, number), keys in self._stamps.items():
            if keys:
                self._ledger.stamp(keys, source, number)
                keys.clear()

    def activate(self, route: Route, version: int) -> None:
        """Remove what a mapping's full table no longer holds; its new version is complete.

        Nothing is removed where no record of that version came: a tap that begins a table, and
        not one that has ended it, says so as well.
        """
        source = self._recall.source(route)
        if source is None:
            return
        self._way.settle_all()
        self.flush()
        versions = (version, self._number(None))
        if not sum(self._came[source.id, number] for number in versions):
            LOGGER.info(
                "Version %d of stream %s was activated with no record of it: nothing is removed",
                version,
                route.stream,
            )
            return
        lost = sum(self._lost[source.id, number] for number in versions)
        if lost:
            LOGGER.warning(
                "Nothing that vanished from stream %s is removed: %d of its records were rejected "
                "and do not say whose they are",
                route.stream,
                lost,
            )
            return
        self._remove_vanished(route, source, versions)

    def _remove_vanished(self, route: Route, source: Source, versions: Sequence[int]) -> None:
        count = self._ledger.counts.vanished(source, versions)
        if not count:
            return
        verdict = self.guard.judge(route, source, count, Gone.VANISHED)
        if not verdict.allowed:
            self._settling.block()
            return
        gone = self._ledger.counts.vanished_rows(source, versions)
        for start in range(0, len(gone), AT_ONCE):
            some = gone[start : start + AT_ONCE]
            verdict.sent += self._errands.send(self._vanished(route, source, row) for row in some)

    def _vanished(self, route: Route, source: Source, row: LedgerRow) -> Entry:
        removal = removal_of(route)
        origin = _origin_of(removal, row)
        item = self._settling.item(route.stream, f"{route.name}:mirror", origin)
        item.entry = Entry(route, item, None, {}, source, row.key)
        return item.entry


def _key_fields(resource: Resource) -> frozenset[str]:
    """The body fields that tell whose a body is."""
    parts = (part for alternative in resource.key for part in alternative)
    return frozenset(part.path.partition(".")[0] for part in parts)


def _origin_of(removal: Removal, row: LedgerRow) -> Origin:
    """What stands in the rejects of one that vanished: all that is known of it."""
    schema = {
        "type": "SCHEMA",
        "stream": removal.resource,
        "schema": {"type": "object", "properties": {removal.field: {"type": "string"}}},
        "key_properties": [removal.field],
    }
    record = {removal.field: row.answers.get(removal.kept)}
    message = {"type": "RECORD", "stream": removal.resource, "record": record}
    return Origin(removal.resource, 0, encode_json(message), encode_json(schema))
