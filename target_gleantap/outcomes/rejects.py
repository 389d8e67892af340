"""Rejected records, written as Singer: the SCHEMA, then the RECORD as it was read.

Beside the record, in a key of its own (`reject`), stands why. Singer readers pass over keys that
they do not know, and this target reads it to send a replayed record only through the mapping
that rejected it. So replay is `cat rejects.singer.jsonl | target-gleantap --config ...`.
"""

from __future__ import annotations

import errno
import os
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path
from typing import Any

import msgspec

from target_gleantap.errors import LocalError
from target_gleantap.model import Fault, Origin, Rejection

KEY = "reject"
WORDS_BYTES = 2000
"""How much of the vendor's words is kept."""

_KEY_TEXT = b'"reject"'
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Rejects:
    """The rejects file of one run; made at the first reject, readable by its owner only.

    A file of that name from an earlier run is kept under a name with the time of its last
    change: it may be the only copy of what it holds, and it may be this run's very input.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.count = 0
        self._file: FileIO | None = None
        self._schemas: dict[str, bytes] = {}
        self._dirty = False

    @property
    def written_to(self) -> str:
        """Where the rejects of this run stand; empty where there are none."""
        return str(self.path) if self.count else ""

    def write(self, origin: Origin, mapping: str, rejection: Rejection) -> None:
        """Write a reject; `flush` makes it last.

        Args:
            origin: The record as it was read.
            mapping: The name of the mapping that it was for.
            rejection: Why.

        Raises:
            LocalError: When the file cannot be written.
        """
        lines = _with_reason(origin, mapping, rejection) + b"\n"
        if self._schemas.get(origin.stream) != origin.schema:
            lines = origin.schema + b"\n" + lines
        try:
            _append(self._file or self._open(), lines)
        except OSError as fault:
            raise self._local(fault) from None
        self._schemas[origin.stream] = origin.schema
        self.count += 1
        self._dirty = True

    def flush(self) -> None:
        """Bring all that was written onto the disk.

        Raises:
            LocalError: When that fails; no state may leave then.
        """
        if self._file is None or not self._dirty:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as fault:
            raise self._local(fault) from None
        self._dirty = False

    def close(self) -> None:
        """Flush, and close the file, also where flushing fails."""
        try:
            self.flush()
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _open(self) -> FileIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_file():
            self.path.rename(_kept_name(self.path))
        elif self.path.exists():
            # A folder, a device or a pipe keeps nothing, and must not be moved out of the way.
            raise OSError(errno.EINVAL, "it is there, and it is not a file")
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = FileIO(descriptor, "wb")
        return self._file

    def _local(self, fault: OSError) -> LocalError:
        return LocalError(
            f"The rejects file {self.path} cannot be written: {fault.strerror}. The state stays "
            "at the last settled point. Make room or set rejects_path, and run again."
        )


def _append(file: FileIO, lines: bytes) -> None:
    """Write all of it or nothing: a file that ends in half a line could not be replayed."""
    start, left = file.tell(), memoryview(lines)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        file.truncate(start)
        file.seek(start)
        raise


class UnwrittenRejects(Rejects):
    """The rejects of a dry run: counted, and kept nowhere."""

    @property
    def written_to(self) -> str:
        """Nothing is written."""
        return ""

    def write(self, origin: Origin, mapping: str, rejection: Rejection) -> None:  # noqa: ARG002
        """Count a reject."""
        self.count += 1


def _kept_name(path: Path) -> Path:
    """A free name that sorts by time: `rejects.singer.jsonl` as `rejects.20260102T030405Z...`."""
    changed = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    stem, *suffixes = path.name.split(".")
    number = 0
    while True:
        middle = f"{changed:%Y%m%dT%H%M%SZ}" + (f"-{number}" if number else "")
        kept = path.with_name(".".join([stem, middle, *suffixes]))
        if not kept.exists():
            return kept
        number += 1


def _with_reason(origin: Origin, mapping: str, rejection: Rejection) -> bytes:
    """The RECORD message with its reason; the record stays byte for byte."""
    reason: dict[str, Any] = {
        "mapping": mapping,
        "reason": rejection.reason,
        "faults": [_fault(fault) for fault in rejection.faults],
        "line": origin.line,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    if rejection.status is not None:
        reason["answer"] = {"status": rejection.status, "text": rejection.words[:WORDS_BYTES]}
    return _beside(origin.message, msgspec.json.encode(reason))


def _beside(message: bytes, reason: bytes) -> bytes:
    """Put the reason into the message as its last member, in place of an earlier one."""
    if _KEY_TEXT in message:
        try:
            members = _members.decode(message)
        except msgspec.DecodeError:
            # Valid JSON that msgspec does not read (a lone surrogate): the last member counts.
            pass
        else:
            members.pop(KEY, None)
            message = msgspec.json.encode(members)
    return message.rstrip().removesuffix(b"}") + b"," + _KEY_TEXT + b":" + reason + b"}"


def _fault(fault: Fault) -> dict[str, str]:
    rows = {"path": fault.path, "message": fault.message, "hint": fault.hint}
    return {name: text for name, text in rows.items() if text}
