"""Which keys and bodies came before, in memory that does not grow with the input. Pure."""

from __future__ import annotations

from array import array
from enum import Enum

SLOTS = 1 << 20
MOST = SLOTS * 3 // 4
"""How many keys are told apart; more would make each look-up long."""


class Again(Enum):
    """What a key is to those before it."""

    NEW = "new"
    REPEATED = "repeated"
    """With the same body as when it came last."""
    CHANGED = "changed"
    """With another body."""


class Seen:
    """A table of 64-bit fingerprints: 16 MB, however much is put in.

    Attributes:
        full: Whether keys have come that it has no room for; they count as new.
    """

    def __init__(self) -> None:
        self.full = False
        self._count = 0
        self._keys = array("Q", bytes(SLOTS * 8))
        self._bodies = array("Q", bytes(SLOTS * 8))

    def see(self, key: int, body: int) -> Again:
        """Put a key and its body in, and say what it is to those before it."""
        key, body = (key & 0xFFFF_FFFF_FFFF_FFFF) or 1, body & 0xFFFF_FFFF_FFFF_FFFF
        keys, slot = self._keys, key % SLOTS
        while (there := keys[slot]) != key:
            if not there:
                self._put(slot, key, body)
                return Again.NEW
            slot = (slot + 1) % SLOTS
        same = self._bodies[slot] == body
        self._bodies[slot] = body
        return Again.REPEATED if same else Again.CHANGED

    def _put(self, slot: int, key: int, body: int) -> None:
        if self._count >= MOST:
            self.full = True
            return
        self._count += 1
        self._keys[slot], self._bodies[slot] = key, body
