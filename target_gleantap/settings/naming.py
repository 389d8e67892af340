"""What the books and the rejects call each mapping: unique among those that can meet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from target_gleantap.model import Fault, MappingEntry

GLOBS = "*"


def _meeting_place(entry: MappingEntry) -> str:
    """Entries can feed one stream only where this is equal: an exact name shuts out globs."""
    return GLOBS if any(sign in entry.stream for sign in "*?[") else entry.stream


def name_entries(
    entries: Sequence[MappingEntry],
) -> tuple[tuple[MappingEntry, ...], tuple[Fault, ...]]:
    """Name each entry after its resource where it has no name: `contact`, then `contact#2`.

    Names do not hold the entry's place in the list, so that a reject finds its mapping again
    after entries were moved.
    """
    taken: dict[tuple[str, str], MappingEntry] = {}
    faults: list[Fault] = []
    for entry in (each for each in entries if each.name):
        first = taken.setdefault((_meeting_place(entry), entry.name), entry)
        if first is not entry:
            message = f"{first.path} has this name already"
            faults.append(Fault(f"{entry.path}.name", message, rule="unique"))
    return tuple(_named(entry, taken) for entry in entries), tuple(faults)


def _named(entry: MappingEntry, taken: dict[tuple[str, str], MappingEntry]) -> MappingEntry:
    if entry.name:
        return entry
    place, name, count = _meeting_place(entry), entry.resource, 1
    while (place, name) in taken:
        count += 1
        name = f"{entry.resource}#{count}"
    taken[place, name] = entry
    return replace(entry, name=name)
