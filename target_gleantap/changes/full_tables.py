"""Full tables: whether one run has read a tap stream's table to its end. Pure.

A mirror removes what a full table no longer holds, so it must know that the table is complete. The
Singer spec says of ACTIVATE_VERSION only that older versions may be deleted from then on; taps send
it at different moments (docs/ledger.md). What cannot be told apart from an incomplete table counts
as incomplete: then nobody is removed, and the run says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Incomplete(str, Enum):
    """Why a table does not count as complete. The values stand in the run summary."""

    NEVER_ACTIVATED = "never_activated"
    NO_RECORDS = "no_records"
    RECORDS_AFTER = "records_after"
    ACTIVATED_MORE_THAN_ONCE = "activated_more_than_once"
    OTHER_VERSION = "other_version"
    UNIDENTIFIED = "unidentified"

    @property
    def message(self) -> str:
        """The reason as the end of a sentence that begins with "nobody is removed, because"."""
        return _MESSAGES[self]


_MESSAGES = {
    Incomplete.NEVER_ACTIVATED: "the tap sent no ACTIVATE_VERSION",
    Incomplete.NO_RECORDS: "no record of the activated version came in this run",
    Incomplete.RECORDS_AFTER: "records came after the last ACTIVATE_VERSION",
    Incomplete.ACTIVATED_MORE_THAN_ONCE: (
        "the tap sent ACTIVATE_VERSION more than once, which a tap that stopped half-way does as "
        "well; if this tap always sends the last one when its table is complete, set "
        "mirror: last_activation"
    ),
    Incomplete.OTHER_VERSION: "records of another version than the activated one came as well",
    Incomplete.UNIDENTIFIED: (
        "records that were rejected or filtered do not say which contact they belong to"
    ),
}


@dataclass(frozen=True, slots=True)
class Complete:
    """A table that was read to its end.

    Attributes:
        version: The version that the tap activated.
    """

    version: int


class FullTable:
    """The messages of one tap stream in one run, as far as they tell whether its table is complete.

    Args:
        last_activation: Whether the mapping says that the tap's last ACTIVATE_VERSION of a run is
            sent when the table is complete (`mirror: last_activation`).
    """

    def __init__(self, *, last_activation: bool = False) -> None:
        self._last_activation = last_activation
        self._activations = 0
        self._activated: int | None = None
        self._records = 0
        self._records_since = 0
        self._versions: set[int] = set()
        self._unidentified = False

    def add_record(self, version: int | None) -> None:
        """Note a record of the stream, also one that was filtered or rejected.

        Args:
            version: The table version that its message names; None where it names none.
        """
        self._records += 1
        self._records_since += 1
        if version is not None:
            self._versions.add(version)

    def add_unidentified(self) -> None:
        """Note that a record does not tell which contact it belongs to."""
        self._unidentified = True

    def activate(self, version: int) -> None:
        """Note an ACTIVATE_VERSION message."""
        self._activations += 1
        self._activated = version
        self._records_since = 0

    @property
    def result(self) -> Complete | Incomplete:
        """Whether the table is complete, now that the input has ended."""
        if self._activated is None:
            return Incomplete.NEVER_ACTIVATED
        more_than_once = self._activations > 1 and not self._last_activation
        reasons = {
            Incomplete.RECORDS_AFTER: self._records_since > 0,
            Incomplete.NO_RECORDS: not self._records,
            Incomplete.ACTIVATED_MORE_THAN_ONCE: more_than_once,
            Incomplete.OTHER_VERSION: bool(self._versions - {self._activated}),
            Incomplete.UNIDENTIFIED: self._unidentified,
        }
        found = (reason for reason, holds in reasons.items() if holds)
        return next(found, Complete(self._activated))
