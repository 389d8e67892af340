"""What arrived: contacts with every body received for them, and events by their own id.

Bodies are kept as the bytes received, and decoded when a page needs them: a run of a million
records fits in memory, and nothing is lost between the wire and the inbox.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple


class Arrival(NamedTuple):
    """The request that brought something: its number in the log, when, and its operation."""

    sequence: int = 0
    moment: float = 0.0
    operation: str = ""


UNKNOWN = Arrival()


class Trail(list[bytes]):
    """Bodies, oldest first, each with the request that brought it."""

    __slots__ = ("_store", "arrivals")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self.arrivals: list[Arrival] = []

    def append(self, body: bytes) -> None:
        """Add a body that the current request brought."""
        super().append(body)
        self.arrivals.append(self._store.arrival)

    def put_before(self, older: Trail) -> None:
        """Put the bodies of another trail before these."""
        self[:0] = older
        self.arrivals[:0] = older.arrivals


@dataclass(slots=True)
class Contact:
    """One contact.

    Attributes:
        id: The vendor's id of it; stays the same for as long as it lives.
        keys: The keys that it is found by now.
        identity: Its identifying fields as they are now.
        bodies: Everything received for it, oldest first.
    """

    id: str
    bodies: Trail
    keys: tuple[str, ...] = ()
    identity: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """One event, by its own id.

    Attributes:
        id: The id that the sender gave it.
        body: The first body received.
        keys: The keys that its contact is found by, best first.
        received: How many times it was received.
        identical: Whether every body was the same, byte for byte.
        last: The latest body that differs from the first, or None.
        first: The request that brought it.
        latest: The request that brought it last.
    """

    id: str
    body: bytes
    keys: tuple[str, ...]
    received: int = 1
    identical: bool = True
    last: bytes | None = None
    first: Arrival = UNKNOWN
    latest: Arrival = UNKNOWN


def hex_id(seed: bytes) -> str:
    """An id of 24 hexadecimal digits."""
    return blake2b(seed, digest_size=12).hexdigest()


class Store:
    """All that one account holds.

    Attributes:
        contacts: By their ids.
        events: By their ids.
        others: What a vendor has besides (companies, jobs): by kind, then by key.
        counts: How often each thing happened.
        variant: The format of the responses, where the vendor has several.
        arrival: The current request.
    """

    def __init__(self, variant: str = "") -> None:
        self.variant = variant
        self.arrival = Arrival()
        self.others: dict[str, dict[str, Any]] = defaultdict(dict)
        self.contacts: dict[str, Contact] = {}
        self.events: dict[str, Event] = {}
        self.counts: Counter[str] = Counter()
        self._index: dict[str, Contact] = {}
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._born: Counter[str] = Counter()

    def find(self, keys: Iterable[str]) -> Contact | None:
        """Find the contact that the first matching key leads to."""
        return next((self._index[key] for key in keys if key in self._index), None)

    def new_id(self, key: str, make: Callable[[bytes], str] = hex_id) -> str:
        """A new id, derived from a key so that runs can be compared."""
        self._born[key] += 1
        return make(f"{key}#{self._born[key]}".encode())

    def create(self, key: str, make: Callable[[bytes], str] = hex_id) -> Contact:
        """Create a contact. Its id is derived from its first key."""
        contact = Contact(self.new_id(key, make), Trail(self))
        self.contacts[contact.id] = contact
        return contact

    def rekey(self, contact: Contact, keys: tuple[str, ...]) -> None:
        """Have the contact found by these keys and no others."""
        if keys == contact.keys:
            return
        for key in contact.keys:
            if self._index.get(key) is contact:
                del self._index[key]
        for key in keys:
            self._index[key] = contact
        contact.keys = keys

    def remove(self, contact: Contact) -> None:
        """Forget a contact."""
        self.rekey(contact, ())
        del self.contacts[contact.id]

    def add_event(self, event_id: str, body: bytes, keys: tuple[str, ...]) -> Event:
        """Keep an event, or count one more arrival of it."""
        event = self.events.get(event_id)
        if event is None:
            event = Event(event_id, body, keys, first=self.arrival, latest=self.arrival)
            self.events[event_id] = event
            for key in keys:
                self._events[key].append(event)
            return event
        event.received += 1
        event.latest = self.arrival
        self.counts["event_duplicates"] += 1
        if body != event.body:
            event.identical = False
            event.last = body
            self.counts["event_conflicts"] += 1
        return event

    def events_of(self, contact: Contact) -> list[Event]:
        """The events of a contact, in the order in which they came."""
        found = {event.id: event for key in contact.keys for event in self._events.get(key, ())}
        own = (event for event in found.values() if self.find(event.keys) is contact)
        return sorted(own, key=lambda event: event.first)
