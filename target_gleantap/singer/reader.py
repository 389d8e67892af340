"""Singer messages, line by line, as they come: the input end of the Singer edge.

singer-sdk's readers block in `for line in stdin`: while a tap is silent nothing else can
happen, and a line they cannot read they log in full, three times. This one reads ahead in a
thread, lets the run see to its deliveries while it waits, and tells of a bad line only where
it is and what is wrong with it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any, ClassVar, Protocol

from singer_sdk.singerlib.encoding.base import GenericSingerReader

from target_gleantap.errors import InputError, LocalError
from target_gleantap.exact_json.codec import decode_json

CHUNK_BYTES = 1 << 16
CHUNKS_AHEAD = 4
"""How many chunks may be read before they are wanted: bounds the memory."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Run(Protocol):
    """What the reader needs of the run that it feeds."""

    def idle(self) -> None:
        """Wait until something happens: an answer, a line, or a while."""

    def wake(self) -> None:
        """Make a waiting `idle` return; called from another thread."""

    def end(self, reason: BaseException) -> None:
        """See to the end of a run that `reason` cuts short, before it travels on."""


class LineReader(GenericSingerReader[bytes]):
    """Reads messages and hands each to its callback.

    Attributes:
        line: The current line, byte for byte, without its end.
        number: Its 1-based number.
    """

    # Python has None there where the process began without a stdin.
    default_input: ClassVar[IO[bytes]] = sys.stdin.buffer if sys.stdin else BytesIO()

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.line = b""
        self.number = 0
        self._run = run

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Read all messages.

        Args:
            file_input: Text or bytes; standard input where it is None.
            callbacks: What to call for each type of message.

        Returns:
            How many messages of each type were read.

        Raises:
            InputError: For a line that is no Singer message.
        """
        counts: Counter[str] = Counter()
        try:
            for line in self._lines(file_input):
                self.number += 1
                self.line = line
                if line and not line.isspace():
                    message = self.deserialize_json(line)
                    kind = self._kind(message, callbacks)
                    callbacks[kind](message)
                    counts[kind] += 1
        except BaseException as reason:
            self._run.end(reason)
            raise
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Parse one line; numbers keep their exact text.

        Raises:
            InputError: With the line's number and what is wrong there, without its content.
        """
        if self.number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        message = self._decoded(line)
        if not isinstance(message, dict):
            raise self._fault("is not a JSON object")
        return message

    def _decoded(self, line: bytes) -> Any:
        """Read what strict readers refuse, too.

        A record that holds NaN or a lone surrogate is not lost with the run: it is rejected, if its
        mapping wants that value.
        """
        try:
            return decode_json(line)
        except json.JSONDecodeError as fault:
            what = fault.msg.removesuffix(" starting at")
            raise self._fault(f"is not JSON: {what} at character {fault.pos + 1}") from None
        except UnicodeDecodeError as fault:
            raise self._fault(f"is not UTF-8 at byte {fault.start + 1}") from None
        except RecursionError:
            raise self._fault("is nested too deeply to be read") from None
        except ValueError:
            raise self._fault("holds a number of too many digits") from None

    def _kind(self, message: dict[str, Any], callbacks: dict[str, Any]) -> str:
        kind = message.get("type")
        if kind is None:
            raise self._fault("has no `type`: it is not a Singer message")
        if not isinstance(kind, str) or kind not in callbacks:
            known = ", ".join(callbacks)
            raise self._fault(f"is of a type that Singer does not have (it has {known})")
        return kind

    def _fault(self, what: str) -> InputError:
        return InputError(
            f"Input line {self.number} {what}. The tap wrote something that is not Singer, or "
            "was cut off in the middle of a line. The state stays at the last settled point."
        )

    def _lines(self, file_input: IO[Any] | None) -> Iterator[bytes]:
        given = file_input or sys.stdin
        if given is None:
            raise LocalError("stdin is closed: there is nothing to read. See what starts this run.")
        source = getattr(given, "buffer", file_input)
        descriptor = _descriptor(source)
        if descriptor is None:
            return _lines_of(source)
        return self._lines_as_they_come(_ReadAhead(descriptor, self._run.wake))

    def _lines_as_they_come(self, ahead: _ReadAhead) -> Iterator[bytes]:
        while True:
            lines = ahead.take()
            if lines is None:
                return
            if not lines:
                self._run.idle()
            yield from lines


def _descriptor(source: Any) -> int | None:
    try:
        return int(source.fileno())
    except (AttributeError, OSError):
        return None


def _lines_of(source: Any) -> Iterator[bytes]:
    """The lines of a file that lives in memory."""
    for line in source:
        yield (line.encode() if isinstance(line, str) else line).rstrip(b"\r\n")


class _ReadAhead:
    """A thread that reads lines from a descriptor, a few chunks ahead of whoever takes them."""

    def __init__(self, descriptor: int, wake: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._room = threading.Semaphore(CHUNKS_AHEAD)
        self._chunks: deque[list[bytes] | None] = deque()
        self._fault: OSError | None = None
        # A daemon: it may wait for ever for a tap that has gone silent.
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def take(self) -> list[bytes] | None:
        """Give the lines that have come: none yet is an empty list, no more is None.

        Raises:
            LocalError: When the input cannot be read.
        """
        if not self._chunks:
            return []
        lines = self._chunks.popleft()
        self._room.release()
        if lines is None and self._fault is not None:
            raise LocalError(f"The input cannot be read: {self._fault.strerror}") from None
        return lines

    def _read(self) -> None:
        started: list[bytes] = []
        while piece := self._read_some():
            first, *rest = piece.split(b"\n")
            started.append(first)
            if rest:
                lines = [b"".join(started), *rest[:-1]]
                started = [rest[-1]]
                self._put(lines)
        last = b"".join(started)
        self._put([last] if last else [])
        self._put(None)

    def _read_some(self) -> bytes:
        try:
            return os.read(self._descriptor, CHUNK_BYTES)
        except OSError as fault:
            self._fault = fault
            return b""

    def _put(self, lines: list[bytes] | None) -> None:
        if lines == []:
            return
        self._room.acquire()
        self._chunks.append(lines)
        self._wake()
