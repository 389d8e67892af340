"""The request log: every request in the order of arrival, and which of them overlapped."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from target_gleantap.sandbox.faults.rules import FaultRule
from target_gleantap.sandbox.http_messages import Reply
from target_gleantap.telemetry.series import Series, status_class

BUCKETS = 900
HARMLESS = ("", "latency")
SECONDS_KEPT = 7200
PAIRS_KEPT = 1000


@dataclass(slots=True)
class LoggedRequest:
    """One request in the log.

    Attributes:
        sequence: 1 for the first.
        arrived: Seconds on the monotonic clock when its last byte was read.
        resource: The operation's name, or empty.
        path: Its path.
        connection: The number of its connection.
        identifiers: The identifiers of its contact, as `space:value`.
        contact: The vendor's id of the contact, once it is known.
        event_id: The event's own id, or None.
        answered: When the last byte of the response was written or the request ended, or None.
        status: The status of the response, or None where no response was begun.
        fault: The 1-based number of the fault rule applied, or 0.
        kind: That rule's kind, `quota`, or empty.
        carried_out: Whether it took effect.
        abandoned: Whether the client went away before the end.
        overlaps: Sequences of requests that shared an identifier and were in progress with it.
        headers: Kept only with `record`; credentials are masked.
        body: As it was received.
        method: The HTTP method.
        query: The text after the question mark.
        rules: The fault rules applied.
        reply: The response, whether it arrived or not.
    """

    sequence: int
    arrived: float
    resource: str
    path: str
    connection: int
    identifiers: tuple[str, ...]
    contact: str | None = None
    event_id: str | None = None
    answered: float | None = None
    status: int | None = None
    fault: int = 0
    kind: str = ""
    carried_out: bool = False
    abandoned: bool = False
    overlaps: tuple[int, ...] = ()
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    method: str = ""
    query: str = ""
    rules: tuple[FaultRule, ...] = ()
    reply: Reply | None = None

    @property
    def outcome(self) -> str:
        """How it ended: `open`, `left`, `throttled`, `fault`, `ok` or `refused`."""
        if self.answered is None:
            return "open"
        if self.abandoned:
            return "left"
        if self.kind == "quota":
            return "throttled"
        if self.kind not in HARMLESS:
            return "fault"
        return "ok" if self.status is not None and self.status < 400 else "refused"  # noqa: PLR2004 - RFC 9110


class RequestLog:
    """The latest requests, a limited number; the counts cover all of them."""

    def __init__(self, size: int, now: float = 0.0) -> None:
        self.series = Series(now, most=BUCKETS)
        self.entries: deque[LoggedRequest] = deque(maxlen=size)
        self.received = 0
        self.statuses: Counter[str] = Counter()
        self.resources: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.overlaps = 0
        self.overlap_pairs: deque[tuple[int, int]] = deque(maxlen=PAIRS_KEPT)
        self.max_in_progress = 0
        self.seconds: dict[int, Counter[str]] = {}
        self._open: dict[int, tuple[LoggedRequest, Callable[[], bool]]] = {}
        self._holders: dict[str, list[LoggedRequest]] = {}

    @property
    def in_progress(self) -> int:
        """How many requests have no response yet."""
        return len(self._open)

    def begin_request(self, entry: LoggedRequest, has_left: Callable[[], bool]) -> None:
        """Log an arrival.

        Args:
            entry: The request, whose `sequence` is set here.
            has_left: Whether the client has closed the connection meanwhile.
        """
        self.received += 1
        entry.sequence = self.received
        self.entries.append(entry)
        self.resources[entry.resource or entry.path] += 1
        self._mark_overlaps(entry)
        for identifier in entry.identifiers:
            self._holders.setdefault(identifier, []).append(entry)
        self._open[entry.sequence] = (entry, has_left)
        self.max_in_progress = max(self.max_in_progress, len(self._open))

    def end_request(self, entry: LoggedRequest, now: float) -> None:
        """Log that a request has ended, answered or not. A second call changes nothing."""
        if self._open.get(entry.sequence, (None, None))[0] is not entry:
            return
        del self._open[entry.sequence]
        entry.answered = now
        for identifier in entry.identifiers:
            holders = self._holders[identifier]
            holders.remove(entry)
            if not holders:
                del self._holders[identifier]
        status = "none" if entry.status is None else str(entry.status)
        self.statuses[status] += 1
        self.outcomes[entry.outcome] += 1
        if entry.kind:
            self.kinds[entry.kind] += 1
        self._second(entry.arrived)[status] += 1
        self.series.answered(entry.arrived, status_class(entry.status), now - entry.arrived)

    def since(self, sequence: int) -> Iterator[LoggedRequest]:
        """The entries after that sequence that are still kept."""
        first = self.entries[0].sequence if self.entries else 0
        return islice(self.entries, max(0, sequence + 1 - first), None)

    def _second(self, moment: float) -> Counter[str]:
        second = int(moment)
        if second not in self.seconds and len(self.seconds) >= SECONDS_KEPT:
            del self.seconds[min(self.seconds)]
        return self.seconds.setdefault(second, Counter())

    def _mark_overlaps(self, entry: LoggedRequest) -> None:
        others = {
            other.sequence: other
            for identifier in entry.identifiers
            for other in self._holders.get(identifier, ())
        }
        for sequence, other in others.items():
            # A client that gave up has left before it tries again, but its two connections may
            # become readable in either order: look at the socket itself before saying overlap.
            if self._open[sequence][1]():
                continue
            self.overlaps += 1
            self.overlap_pairs.append((sequence, entry.sequence))
            other.overlaps += (entry.sequence,)
            entry.overlaps += (sequence,)


SHOWN = tuple(
    name for name in LoggedRequest.__slots__ if name not in ("method", "query", "rules", "reply")
)


def view(entry: LoggedRequest) -> dict[str, Any]:
    """An entry as JSON types; with its body only where headers were recorded too."""
    shown = {name: getattr(entry, name) for name in SHOWN}
    recorded = entry.headers is not None
    shown["body"] = entry.body.decode(errors="replace") if recorded else None
    return shown
