"""The requests that remove: by the vendor's own id, or by asking for it first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from target_gleantap.changes.decisions import Decision, Entry
from target_gleantap.changes.lookup import Recall
from target_gleantap.config.config import Config
from target_gleantap.contract import SOUGHT, Removal, Resource
from target_gleantap.contract.identify import identifiers
from target_gleantap.exact_json.codec import encode
from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.rows import LedgerRow
from target_gleantap.model import Body, Fault, Outcome, Rejection
from target_gleantap.outcomes.settle import Item, Settling
from target_gleantap.transform.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

AT_ONCE = 500


class Way(Protocol):
    """What removals need of the way."""

    def act(self, entry: Entry, decision: Decision) -> None:
        """Do what was decided of it."""

    def submit(
        self, resource: Resource, wire: Body, payload: bytes, whose: tuple[str, ...], item: Item
    ) -> None:
        """Have a request sent, in its turn."""

    def decide(self) -> None:
        """Look up what has gathered, and act on it."""

    def settle_all(self) -> None:
        """Wait until all is settled that is on its way."""


@dataclass(frozen=True, slots=True)
class Errand:
    """The request that removes.

    Attributes:
        resource: What it goes to.
        wire: What its answer is read with.
        payload: Its body.
        whose: Whose it is.
    """

    resource: Resource
    wire: Body
    payload: bytes
    whose: tuple[str, ...]


class Errands:
    """Sends removals that are allowed.

    Args:
        way: Sends.
        settling: Settles and rejects.
        recall: What is known.
        config: The settings.

    Attributes:
        left: Those that are allowed and not on their way yet.
    """

    def __init__(self, way: Way, settling: Settling, recall: Recall, config: Config) -> None:
        self._way = way
        self._settling = settling
        self._recall = recall
        self._ledger: Ledger = recall.ledger
        self._config = config
        self.left: deque[Entry] = deque()

    def send(self, entries: Iterable[Entry]) -> int:
        """Remove these, and wait until that is done.

        Returns:
            How many requests for it were sent; what is gone already needs none.
        """
        self.left.extend(entries)
        sent = 0
        while self.left:
            sent += self._send_some(tuple(islice(self.left, AT_ONCE)))
            self._way.settle_all()
        return sent

    def _send_some(self, entries: Sequence[Entry]) -> int:
        self._recall.flush()  # of what is gone already, nothing is shared any more
        rows = self._ledger.look_up([entry.key for entry in entries if entry.key is not None])
        answers = {row.kept for row in rows.values() if row.kept is not None}
        shared = self._ledger.counts.shared(answers)
        plans = [
            (entry, self._plan(entry, rows.get(entry.key or b""), shared)) for entry in entries
        ]
        self._recall.claim([entry for entry, plan in plans if not isinstance(plan, Rejection)])
        for entry, plan in plans:
            self.left.popleft()
            self._carry_out(entry, plan)
        return sum(isinstance(plan, Errand) for _, plan in plans)

    def _carry_out(self, entry: Entry, plan: Errand | Outcome | Rejection) -> None:
        if not isinstance(plan, Rejection):
            self._recall.queue(entry)
        if isinstance(plan, Errand):
            self._settling.take_back(entry.item)
            self._way.submit(plan.resource, plan.wire, plan.payload, plan.whose, entry.item)
            return
        self._way.act(entry, plan)
        if isinstance(plan, Outcome):
            self._recall.ended(entry, None, {})

    def _plan(
        self, entry: Entry, row: LedgerRow | None, shared: dict[str, int]
    ) -> Errand | Outcome | Rejection:
        if row is not None and row.fingerprint == REMOVED:
            return Outcome.UNCHANGED
        if row is not None and row.kept is not None and shared.get(row.kept, 1) > 1:
            # The vendor took it and another one, which is still there, for the same. The last of
            # them that goes takes the vendor's along.
            shared[row.kept] -= 1
            return Outcome.FILTERED
        removal = removal_of(entry.route)
        answers = row.answers if row is not None else {}
        known = {**_texts(entry.body), **answers}
        number = answers.get(removal.kept)
        if number is not None and row is not None and row.fingerprint is not None:
            resource = self._config.destination.resources[removal.resource]
            return self._errand(entry, resource, {removal.field: number}, {})
        question = removal.search.question(known) if removal.search is not None else None
        if question is None or removal.search is None:
            message = f"is not known, and cannot be looked up by what is: {removal.kept}"
            return Rejection("ledger", (Fault(removal.kept, message, rule="removal"),))
        return self._errand(entry, removal.search.resource, question, {SOUGHT: known})

    def _errand(self, entry: Entry, resource: Resource, body: Body, beside: Body) -> Errand:
        wire = resource.envelope(body, self._config.vendor)
        whose = (
            *identifiers(entry.route.resource, entry.body),
            *identifiers(resource, body),
            f"ledger:{(entry.key or b'').hex()}",
        )
        return Errand(resource, {**wire, **beside}, encode(wire), whose)


def removal_of(route: Route) -> Removal:
    """How what a mapping delivers is removed."""
    removal = route.resource.removal
    if removal is None:  # the routes see to that
        raise TypeError
    return removal


def _texts(body: Body) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}
