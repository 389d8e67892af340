"""What a run leaves behind, for a judge who has seen nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from taps import TOKEN, Given


@dataclass(frozen=True)
class Line:
    """A line of stdout.

    Attributes:
        text: Its bytes, with its end where it has one.
        at: When it was read, on the monotonic clock; None where nobody looked.
    """

    text: bytes
    at: float | None = None


@dataclass(frozen=True)
class Call:
    """A request as the vendor's journal has it.

    Attributes:
        number: Its place in the journal.
        resource: The operation; empty where there is none at this path.
        path: Its path.
        body: As it came.
        arrived: When, on the monotonic clock.
        status: What was answered, or None.
        kind: What befell it, or empty.
        carried_out: Whether it took effect.
    """

    number: int
    resource: str
    path: str
    body: str
    arrived: float
    status: int | None
    kind: str
    carried_out: bool

    @cached_property
    def records(self) -> list[int]:
        """The records that it carries, in the body's order."""
        return list(dict.fromkeys(int(number) for number in TOKEN.findall(self.body)))

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Call:
        kept = ("resource", "path", "body", "arrived", "status", "kind", "carried_out")
        return cls(entry["sequence"], **{name: entry[name] for name in kept})


@dataclass(frozen=True)
class Ran:
    """One run.

    Attributes:
        given: What it was given to read.
        exit_code: Negative where a signal ended it.
        stdout: Line by line.
        stderr: All of it.
        summary: What summary_path holds, or None.
        rejects: The messages of the rejects file.
        files: The files it made that hold records or what is made of them.
        calls: What the vendor received meanwhile.
        peak_mb: The most memory that it held, or None where nobody can tell.
        killed: Whether it was ended without a chance to say anything.
        stdout_full: Whether stdout ended before the run: its last line may be cut.
    """

    given: Given
    exit_code: int
    stdout: tuple[Line, ...]
    stderr: str
    summary: Mapping[str, Any] | None
    rejects: tuple[Mapping[str, Any], ...]
    files: tuple[Path, ...]
    calls: tuple[Call, ...]
    peak_mb: float | None = None
    killed: bool = False
    stdout_full: bool = False

    @cached_property
    def states(self) -> list[bytes]:
        whole = [line.text for line in self.stdout if line.text.endswith(b"\n")]
        return [text.rstrip(b"\n") for text in whole]

    @cached_property
    def rejected(self) -> list[Mapping[str, Any]]:
        return [message for message in self.rejects if message["type"] == "RECORD"]

    @cached_property
    def rejected_numbers(self) -> set[int]:
        found = (TOKEN.search(str(message["record"])) for message in self.rejected)
        return {int(each[1]) for each in found if each}

    @cached_property
    def executed(self) -> set[int]:
        return {number for call in self.calls if call.carried_out for number in call.records}

    def total(self, way: str) -> int:
        return sum(row[way] for row in self.summary["books"]) if self.summary else 0

    @property
    def repeated(self) -> int:
        """How often a record was sent once more in this run."""
        sent = [(call.resource, number) for call in self.calls for number in call.records]
        return len(sent) - len(set(sent))


@dataclass(frozen=True)
class Evidence:
    """A fault and what came of it: the run that met with it, and those that followed.

    Attributes:
        runs: In order; all on one account.
        asked_for: The operations that the mappings bring about.
        secrets: Credentials, which stand in requests only.
        overlaps: How often two requests of one contact were in progress together.
        strangers: Requests that reached a server which nobody named.
        memory_mb: How much a run may hold.
        refusals: Whether the vendor may refuse for what is documented (wrong keys).
        wanted: What must have arrived in the end; the first run's input where it is None.
    """

    runs: tuple[Ran, ...]
    asked_for: frozenset[str]
    secrets: tuple[str, ...] = ()
    overlaps: int = 0
    strangers: int = 0
    memory_mb: float = 150.0
    refusals: bool = False
    wanted: Given | None = None
