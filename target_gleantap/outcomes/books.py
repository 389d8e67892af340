"""What became of every record. Pure: counts in, rows out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from target_gleantap.model import Outcome, Rejection

MOST_REASONS = 200
"""How many different reasons for rejects are told apart; the rest is counted as one."""

OTHER = "other reasons (see the rejects file)"


@dataclass(slots=True)
class Row:
    """The books of one mapping of one stream.

    Attributes:
        stream: The stream, as the mapping sees it.
        mapping: The mapping's name.
        read: Records that came to this mapping.
        settled: How many ended in each of the four ways.
        not_attempted: Records that the end of the run found unsettled.
        in_doubt: Those among them that were sent, with no answer by then.
    """

    stream: str
    mapping: str
    read: int = 0
    settled: Counter[Outcome] = field(default_factory=Counter)
    not_attempted: int = 0
    in_doubt: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every record that was read ended in exactly one way."""
        return self.read == sum(self.settled.values()) + self.not_attempted

    def as_dict(self) -> dict[str, Any]:
        """Render for the run summary."""
        return {
            "stream": self.stream,
            "mapping": self.mapping,
            "read": self.read,
            **{outcome.value: self.settled[outcome] for outcome in Outcome},
            "not_attempted": self.not_attempted,
            "in_doubt": self.in_doubt,
            "balanced": self.balanced,
        }


class Books:
    """The books of one run."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._reasons: Counter[tuple[str, str, str]] = Counter()

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row for each stream and mapping, in the order in which they first came."""
        return tuple(self._rows.values())

    def row(self, stream: str, mapping: str) -> Row:
        """Open, or find, the row of a stream's mapping."""
        key = (stream, mapping)
        if key not in self._rows:
            self._rows[key] = Row(stream, mapping)
        return self._rows[key]

    def reject(self, row: Row, rejection: Rejection) -> None:
        """Count a reject, and why, by words that hold no value."""
        row.settled[Outcome.REJECTED] += 1
        for reason in reasons_of(rejection):
            key = (row.stream, row.mapping, reason)
            if key not in self._reasons and len(self._reasons) >= MOST_REASONS:
                key = (row.stream, row.mapping, OTHER)
            self._reasons[key] += 1

    def total(self, outcome: Outcome) -> int:
        """How many records ended this way, in all mappings."""
        return sum(row.settled[outcome] for row in self._rows.values())

    @property
    def read(self) -> int:
        """How many records were read, counted once in each mapping."""
        return sum(row.read for row in self._rows.values())

    @property
    def settled(self) -> int:
        """How many of them are settled."""
        return sum(sum(row.settled.values()) for row in self._rows.values())

    @property
    def balanced(self) -> bool:
        """Whether the books of every mapping balance."""
        return all(row.balanced for row in self._rows.values())

    def reasons(self) -> list[Mapping[str, Any]]:
        """Why records were rejected, the most frequent first. A record may have several."""
        return [
            {"stream": stream, "mapping": mapping, "reason": reason, "count": count}
            for (stream, mapping, reason), count in self._reasons.most_common()
        ]


def reasons_of(rejection: Rejection) -> set[str]:
    """Why a record was rejected, in the words that the summary counts it by."""
    faults = {
        " ".join(filter(None, (f"{rejection.reason}:", fault.path, fault.message)))
        for fault in rejection.faults
    }
    return faults or {rejection.reason}
