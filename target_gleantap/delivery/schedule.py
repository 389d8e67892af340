"""Order per contact: which delivery may go, and which waits for whom.

No fixed lanes: a delivery waits for the newest unsettled delivery of its contact, so a busy
contact delays nobody else. Deliveries that share an identifier are of one contact, and so are
those that a third, unsettled one ties together (it knows the contact by user_id and by e-mail,
the first only by the one, the second only by the other).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Contact(Generic[T]):
    """Identifiers that are tied together, and the newest delivery among them."""

    newest: _Place[T]
    identifiers: set[str]


@dataclass(eq=False, slots=True)
class _Place(Generic[T]):
    """A delivery's place in the order."""

    delivery: T
    identifiers: tuple[str, ...]
    waits_for: int = 0
    settled: bool = False
    followers: list[_Place[T]] = field(default_factory=list)


class Schedule(Generic[T]):
    """Deliveries in input order; gives each out once those before it, of its contact, settled.

    Not thread-safe: one thread owns it. Its memory is that of the unsettled deliveries.
    """

    def __init__(self) -> None:
        self._ready: deque[T] = deque()
        self._places: dict[int, _Place[T]] = {}
        self._contacts: dict[str, _Contact[T]] = {}
        self._carriers: dict[str, int] = {}

    def __len__(self) -> int:
        """How many deliveries are unsettled."""
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        """List the unsettled deliveries, in input order."""
        return (place.delivery for place in self._places.values())

    def add(self, delivery: T, identifiers: tuple[str, ...]) -> None:
        """Take the next delivery in input order.

        Args:
            delivery: Any object, told apart from others by identity.
            identifiers: All that its contact is known by; empty if nothing is known.
        """
        place = _Place(delivery, identifiers)
        self._places[id(delivery)] = place
        contacts: list[_Contact[T]] = []
        for identifier in identifiers:
            self._carriers[identifier] = self._carriers.get(identifier, 0) + 1
            contact = self._contacts.get(identifier)
            if contact is not None and contact not in contacts:
                contacts.append(contact)
        for contact in contacts:
            if not contact.newest.settled:
                contact.newest.followers.append(place)
                place.waits_for += 1
        if identifiers:
            self._tie(place, contacts)
        if not place.waits_for:
            self._ready.append(delivery)

    def _tie(self, place: _Place[T], contacts: list[_Contact[T]]) -> None:
        """Make one contact of all that the delivery touches, with itself as the newest."""
        contacts.sort(key=lambda contact: len(contact.identifiers), reverse=True)
        whole = contacts[0] if contacts else _Contact(place, set())
        whole.newest = place
        for other in contacts[1:]:
            whole.identifiers |= other.identifiers
            for identifier in other.identifiers:
                self._contacts[identifier] = whole
        for identifier in place.identifiers:
            whole.identifiers.add(identifier)
            self._contacts[identifier] = whole

    def take(self) -> T | None:
        """Give out the next delivery that may go, or None where all wait."""
        return self._ready.popleft() if self._ready else None

    @property
    def ready(self) -> int:
        """How many deliveries may go now."""
        return len(self._ready)

    def settle(self, delivery: T) -> None:
        """Tell that a delivery has ended; those that waited only for it may go."""
        place = self._places.pop(id(delivery))
        place.settled = True
        for identifier in place.identifiers:
            self._forget(identifier)
        for follower in place.followers:
            follower.waits_for -= 1
            if not follower.waits_for:
                self._ready.append(follower.delivery)
        place.followers.clear()

    def _forget(self, identifier: str) -> None:
        """Drop an identifier that no unsettled delivery carries any more."""
        self._carriers[identifier] -= 1
        if not self._carriers[identifier]:
            del self._carriers[identifier]
            self._contacts.pop(identifier).identifiers.discard(identifier)
