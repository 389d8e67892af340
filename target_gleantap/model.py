"""The nouns that travel along the way: plain values that hold no behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

Record: TypeAlias = Mapping[str, Any]
"""A Singer record as it was parsed: JSON types, non-integers as `decimal.Decimal`."""

Body: TypeAlias = dict[str, Any]
"""What a mapping made of a record: body field to value, in the contract's own names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, said so that its reader can mend it. Never holds a value.

    Attributes:
        path: Where: a setting (`mappings[0].fields.phone`), a body field (`email`) or a
            record field (`contact.email`).
        message: What is wrong there, in a sentence without a final stop.
        hint: What to do about it, or empty.
        rule: A short stable name for grouping (`required`, `type`, `expression`, ...).
    """

    path: str
    message: str
    hint: str = ""
    rule: str = ""

    def __str__(self) -> str:
        """Render as one line: path, message, hint."""
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} ({self.hint})" if self.hint else text


class Outcome(str, Enum):
    """The four ways in which a record is settled; there is no fifth."""

    DELIVERED = "delivered"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"
    REJECTED = "rejected"


class Filtered(Enum):
    """What a mapping gives for a record that its `where` leaves out."""

    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Faulty:
    """What a stage gives for a record that it finds invalid: all its faults at once."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class MappingEntry:
    """One entry of the `mappings` setting, as it was written.

    Attributes:
        index: Its place in the list; its path in the YAML is `mappings[index]`.
        stream: A stream name or a glob (`fnmatch`).
        resource: The name of one of the destination's resources.
        where: A JMESPath condition, or None.
        fields: Body field to expression, nested shape or literal.
        custom_attributes: Source fields to pass through, or `"*"` for all that the
            mapping does not use.
        null_policy: `omit` or `send`, or None for the setting of the same name.
        name: What the books and the rejects call it.
        tests: `given`/`expect` pairs, for the workbench.
        on_delete: `remove` where a record that the source deleted is removed, or None.
        mirror: Whether what a full table no longer holds is removed as well.
    """

    index: int
    stream: str
    resource: str
    where: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    custom_attributes: tuple[str, ...] | str = ()
    null_policy: str | None = None
    name: str = ""
    tests: tuple[Mapping[str, Any], ...] = ()
    on_delete: str | None = None
    mirror: bool = False

    @property
    def path(self) -> str:
        """Where this entry stands in the config."""
        return f"mappings[{self.index}]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from, kept until it is settled.

    Attributes:
        stream: The stream as the tap named it.
        line: The 1-based number of the input line (of the BATCH line for a batch file).
        message: The RECORD message, byte for byte as it was read.
        schema: The stream's SCHEMA message, byte for byte as it was read.
        only: The name of the one mapping a replayed reject is for, or empty.
        version: The table version that the RECORD message names, or None.
    """

    stream: str
    line: int
    message: bytes
    schema: bytes
    only: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the vendor, read to its end.

    Attributes:
        status: The HTTP status code.
        headers: Header names in lower case, to values.
        body: The decoded body, cut at the client's limit.
        seconds: From the first byte sent to the last byte read.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


class FailureKind(str, Enum):
    """What kept an answer from coming, by what it means for the run."""

    REFUSED = "refused"
    """No connection: nothing was sent."""
    NAME = "name"
    """The host's name does not resolve."""
    TLS = "tls"
    """No trusted connection can be made."""
    BROKEN = "broken"
    """Sent, at least in part, and no whole answer came: the request may have been carried out."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that brought no answer.

    Attributes:
        kind: What happened, as far as the next step depends on it.
        words: The exception's class and reason, without URL, header or body.
        seconds: How long the attempt took.
    """

    kind: FailureKind
    words: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a record was rejected; written beside it in the rejects file, never logged.

    Attributes:
        reason: A short stable name: `schema`, `mapping`, `contract`, `vendor`, `ambiguous`,
            `ledger`.
        faults: Every fault that was found.
        status: The vendor's HTTP status, where the vendor said no.
        words: The vendor's words, as far as they were text (may hold personal data).
    """

    reason: str
    faults: Sequence[Fault] = ()
    status: int | None = None
    words: str = ""
