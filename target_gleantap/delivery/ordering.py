"""Order per contact: what may go, and what waits for whom.

No fixed lanes: a delivery waits for the newest unsettled one of its contact, so a busy contact
delays nobody else. Those that share an identifier are of one contact, and so are those that a
third, unsettled one ties together (it knows the contact by user_id and by e-mail, the first only
by the one, the second only by the other).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Contact(Generic[T]):
    """Identifiers that are tied together, and the newest one to be delivered among them."""

    newest: _Place[T]
    identifiers: set[str]


@dataclass(eq=False, slots=True)
class _Place(Generic[T]):
    """A place in the order."""

    part: T
    identifiers: tuple[str, ...]
    waits_for: int = 0
    settled: bool = False
    ended: bool = False
    joined: bool = False
    followers: list[_Place[T]] = field(default_factory=list)


class Schedule(Generic[T]):
    """Parts to be delivered, in input order; says which may go.

    Not thread-safe: one thread owns it. Its memory is that of the unsettled parts. Parts are
    told apart by identity.
    """

    def __init__(self) -> None:
        self._places: dict[int, _Place[T]] = {}
        self._contacts: dict[str, _Contact[T]] = {}
        self._carriers: dict[str, int] = {}

    def __len__(self) -> int:
        """How many parts are unsettled."""
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        """List the unsettled parts, in input order."""
        return (place.part for place in self._places.values())

    def add(self, part: T, identifiers: tuple[str, ...]) -> bool:
        """Take the next part in input order.

        Args:
            part: What is to be delivered.
            identifiers: All that its contact is known by; empty if nothing is known.

        Returns:
            Whether it may go now. If not, some `settle` will give it.
        """
        place = _Place(part, identifiers)
        self._places[id(part)] = place
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
        return not place.waits_for

    def _tie(self, place: _Place[T], contacts: list[_Contact[T]]) -> None:
        """Make one contact of all that the part touches, with itself as the newest."""
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

    def settle(self, part: T) -> list[T]:
        """Tell that a part has ended.

        One may end before those that it waits for: it went in one request with them, and was
        refused alone. It keeps its place until they have ended, for those that wait for it.

        Returns:
            Those that waited for it alone, and may go now.
        """
        place = self._places.pop(id(part))
        place.ended = True
        freed: list[T] = []
        leaving = [] if place.waits_for else [place]
        while leaving:
            place = leaving.pop()
            place.settled = True
            for identifier in place.identifiers:
                self._forget(identifier)
            for follower in place.followers:
                follower.waits_for -= 1
                if not follower.waits_for and follower.ended:
                    leaving.append(follower)
                elif not follower.waits_for and not follower.joined:
                    freed.append(follower.part)
            place.followers.clear()
        return freed

    def _forget(self, identifier: str) -> None:
        """Drop an identifier that no unsettled part carries any more."""
        self._carriers[identifier] -= 1
        if not self._carriers[identifier]:
            del self._carriers[identifier]
            self._contacts.pop(identifier).identifiers.discard(identifier)

    def party(self) -> Party[T]:
        """Begin a request of many parts."""
        return Party(self._places)


class Party(Generic[T]):
    """The parts of one request, in the order in which they stand in it.

    Parts of one contact may travel in one request: in their order, and all of them that lie
    between.
    """

    def __init__(self, places: dict[int, _Place[T]]) -> None:
        self._places = places
        self._met: Counter[int] = Counter()

    def admit(self, part: T) -> list[T]:
        """Let a part that may go, or that an earlier `admit` gave, join.

        Returns:
            Those that now wait for members of this party alone, and may join as well.
        """
        place = self._places[id(part)]
        place.joined = True
        free = []
        for follower in place.followers:
            self._met[id(follower)] += 1
            if self._met[id(follower)] == follower.waits_for and not follower.joined:
                free.append(follower.part)
        return free
