"""Skip what is known: records gather, are looked up together, and each is decided on.

Without I/O of its own but the ledger's. The owner acts on what is decided: it sends, settles and
rejects, and tells what became of what it sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from target_gleantap.changes.decisions import Decided, Deciding, Entry, Go
from target_gleantap.config.config import Config
from target_gleantap.contract.identify import key as key_of
from target_gleantap.ledger.rows import LedgerRow, Mark, Source
from target_gleantap.model import Body, Fault, Rejection
from target_gleantap.transform.prepare import Prepared
from target_gleantap.transform.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

LINGER_SECONDS = 0.2
"""How long records gather while the input is silent."""
TOUCHES = 4
"""How often within its retention an event's coming is noted."""


class Recall:
    """What is known of the records of one run.

    Args:
        ledger: Knows.
        config: The settings.
        clock: Monotonic seconds.
    """

    def __init__(self, ledger: Ledger, config: Config, clock: Callable[[], float]) -> None:
        self.ledger = ledger
        self._deciding = Deciding(config)
        self.held = self._deciding.held
        """Removals that wait for the end of the run, by key."""
        self.deleted: set[bytes] = set()
        """The keys of removals that are not decided on yet."""
        self._config = config
        self._clock = clock
        self._account = ledger.fingerprints.account(config.account)
        self._sources: dict[tuple[str, str], Source | None] = {}
        self._gathered: list[Entry] = []
        self._since = 0.0
        self._decided: deque[Decided] = deque()
        self._marks: list[Mark] = []
        self._released: list[bytes] = []
        self._doubted: list[bytes] = []

    def __len__(self) -> int:
        """How many records wait here."""
        return len(self._gathered) + len(self._decided) + self._deciding.following

    # --- a stream begins

    def lock(self, stream: str) -> bool:
        """Keep other runs of this stream out; False where one of them holds it."""
        return self.ledger.lock((self._config.destination.name, self._account, stream))

    def open(self, routes: Iterable[Route]) -> None:
        """Take note of a stream's mappings; its lock is taken."""
        for route in routes:
            names = (route.stream, route.name)
            if names in self._sources:
                continue
            source = None
            if route.resource.key:
                source = self.ledger.source(self._scope(route), *names, once=route.resource.once)
                if self._config.ledger_mode == "rebuild":
                    self.ledger.forget(source)
            self._sources[names] = source

    def _scope(self, route: Route) -> tuple[str, str, str]:
        return (self._config.destination.name, self._account, route.resource.name)

    def source(self, route: Route) -> Source | None:
        """A mapping as the ledger knows it; None where it does not remember its resource."""
        return self._sources[route.stream, route.name]

    # --- gathering

    def gather(self, route: Route, ready: Prepared, item: Any) -> Entry:
        """Take a record that is ready to be sent."""
        entry = Entry(route, item, ready, ready.body)
        self._identify(entry)
        self._add(entry)
        return entry

    def gather_removal(self, route: Route, body: Body, item: Any, *, wanted: bool) -> Entry | Fault:
        """Take a record that the source deleted.

        Args:
            route: Its mapping.
            body: What it is known by.
            item: What comes back with the decision.
            wanted: Whether `where` lets it through: it counts only for what is not known.

        Returns:
            Its entry, or what keeps it from being told apart; it is not taken then.
        """
        entry = Entry(route, item, None, body, wanted=wanted)
        self._identify(entry)
        if entry.key is None:
            return Fault("", "lacks what it was known by, so it cannot be removed", rule="key")
        self.deleted.add(entry.key)
        self._add(entry)
        return entry

    @property
    def removing(self) -> bool:
        """Whether there is any removal, decided on or not, that was not sent."""
        return bool(self.held or self.deleted)

    def _identify(self, entry: Entry) -> None:
        source = self._sources[entry.route.stream, entry.route.name]
        if source is None:
            return
        key = self.key(source, entry.route, entry.body)
        if key is not None:
            entry.source, entry.key = source, key
            if entry.ready is not None:
                entry.fingerprint = self.ledger.fingerprints.body(key, entry.ready.text)

    def key(self, source: Source, route: Route, body: Body) -> bytes | None:
        """The hash of what a body is known by; None where it does not say."""
        parts = key_of(route.resource, body)
        return None if parts is None else source.keys.hash_key(parts)

    def _add(self, entry: Entry) -> None:
        if not self._gathered:
            self._since = self._clock()
        self._gathered.append(entry)

    @property
    def full(self) -> bool:
        """Whether a batch has gathered."""
        return len(self._gathered) >= self._config.batch_size_rows

    def patience(self) -> float:
        """Seconds until what has gathered is looked up, though nothing more comes."""
        if not self._gathered:
            return float("inf")
        linger = min(LINGER_SECONDS, self._config.batch_wait_seconds)
        return max(0.0, self._since + linger - self._clock())

    # --- deciding

    def decide(self) -> None:
        """Look up what has gathered; `decisions` tells what is to be done with it.

        Raises:
            LocalError: When the ledger fails.
        """
        if not self._gathered:
            return
        entries = self._gathered
        rows = self.ledger.look_up([entry.key for entry in entries if entry.key is not None])
        decided = [each for entry in entries for each in self._deciding.decide(entry, rows)]
        self._gathered = []
        self.deleted.clear()
        self._decided.extend(decided)
        self._tell(decided, rows)

    def decisions(self) -> Iterator[Decided]:
        """Tell of each decision, once."""
        while self._decided:
            yield self._decided.popleft()

    def _tell(self, decided: Sequence[Decided], rows: Mapping[bytes, LedgerRow]) -> None:
        """Claim what is to be sent; note what came."""
        sent = [entry for entry, decision in decided if decision is Go.SEND]
        self.claim(sent)
        today, days = self.ledger.today, self._config.ledger_retention_days
        if days is None:
            return
        stale = today - max(1, days // TOUCHES)
        came = [
            entry.key
            for entry, decision in decided
            if decision is not Go.SEND and entry.key is not None and entry.route.resource.once
        ]
        self.ledger.touch([key for key in came if key in rows and rows[key].seen < stale])

    def claim(self, entries: Sequence[Entry]) -> None:
        """Take these in doubt, before they are sent."""
        keyed = [
            (entry.key, entry.source, entry.version)
            for entry in entries
            if entry.key is not None and entry.source is not None
        ]
        doubted = [
            {void.kept: str(entry.body[void.field])}
            for entry in entries
            for void in entry.route.resource.voids
            if entry.ready is not None and entry.body.get(void.field)
        ]
        others = [key for entry in entries for key in entry.others()]
        if keyed or doubted:
            self.ledger.claim(keyed, doubted, others)

    def queue(self, entry: Entry) -> None:
        """Take note of a removal that is on its way."""
        self._deciding.queue(entry)

    # --- what became of it

    def ended(self, entry: Entry, rejection: Rejection | None, kept: Mapping[str, str]) -> None:
        """Take note of what became of an entry; `decisions` tells what follows from it.

        Args:
            entry: What was sent.
            rejection: Why it was rejected; None where it was delivered.
            kept: What the vendor answered that is needed later.
        """
        key = entry.key
        if key is None:
            return
        decided, alone = self._deciding.ended(entry, key, rejection)
        self._decided.extend(decided)
        if rejection is None:
            self._doubted += entry.others()
            self._marks.append(Mark(key, entry.fingerprint if alone else None, kept))
        elif alone:
            self._released.append(key)

    def flush(self) -> None:
        """Tell the ledger what came of what was sent.

        Raises:
            LocalError: When it fails.
        """
        if self._marks or self._released:
            marks, released, doubted = self._marks, self._released, self._doubted
            self._marks, self._released, self._doubted = [], [], []
            self.ledger.mark(marks, released, doubted)

    def left(self) -> Iterator[Entry]:
        """Those that wait here, for a run that ends before they are decided on."""
        yield from self._gathered
        yield from (entry for entry, _ in self._decided)
        yield from self.held.values()
