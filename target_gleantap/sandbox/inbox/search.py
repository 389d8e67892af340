"""Search the request log by outcome, time and text."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.inbox.clock import Clock
from target_gleantap.sandbox.inbox.reasons import OUTCOMES
from target_gleantap.sandbox.transport.wire import content
from target_gleantap.telemetry.series import bin_of, quantile

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests to find; an empty condition does not count.

    Attributes:
        text: A text in the address, the body, a refusal, the identifiers or the failure.
        resource: The operation.
        outcome: The outcome, a key of `reasons.OUTCOMES`.
        first: From this time on.
        last: Up to the end of this time.
        before: Only requests before this number, for the next page.
    """

    text: str = ""
    resource: str = ""
    outcome: str = ""
    first: str = ""
    last: str = ""
    before: int = 0

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filter:
        """Read the conditions from the query of an address."""
        before = query.get("before", "")
        wanted = query.get("outcome", "")
        return cls(
            query.get("q", "").strip(),
            query.get("resource", ""),
            wanted if wanted in OUTCOMES else "",
            query.get("from", "").strip(),
            query.get("to", "").strip(),
            int(before) if before.isdigit() else 0,
        )


@dataclass(slots=True)
class Found:
    """The result of a search.

    Attributes:
        entries: One page of requests, the latest first.
        more: Whether there are older ones.
        total: How many there are in all.
        outcomes: How many had each outcome.
        kinds: How many had each kind of failure.
        lengths: How long they took, as a histogram.
        unread: Times that are not valid.
    """

    entries: list[LoggedRequest] = field(default_factory=list)
    more: bool = False
    total: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    unread: tuple[str, ...] = ()

    def count(self, entry: LoggedRequest) -> None:
        """Count a request."""
        self.total += 1
        self.outcomes[entry.outcome] += 1
        if entry.kind:
            self.kinds[entry.kind] += 1
        if entry.answered is not None:
            self.lengths[bin_of(entry.answered - entry.arrived)] += 1

    def show(self, entry: LoggedRequest, before: int) -> None:
        """Put a request on the page, if it belongs there."""
        if before and entry.sequence >= before:
            return
        if len(self.entries) < PAGE:
            self.entries.append(entry)
        else:
            self.more = True

    def quantile(self, share: float) -> float | None:
        """The seconds that this share of the requests did not exceed."""
        return quantile(self.lengths, share)


def search(account: Account, wanted: Filter, now: float) -> Found:
    """Search the log."""
    found = Found()
    stretch = _stretch(account, wanted, now)
    found.unread = tuple(
        text
        for text in (wanted.first, wanted.last)
        if text and not Clock(account.wall).read(text, now)
    )
    if wanted == replace(Filter(), before=wanted.before):
        return _everything(account, wanted)
    for entry in _within(account.request_log.entries, stretch):
        if not _matches(entry, wanted):
            continue
        found.count(entry)
        found.show(entry, wanted.before)
    return found


def _everything(account: Account, wanted: Filter) -> Found:
    """All requests: counted already, so that an open page does not search the whole log."""
    request_log = account.request_log
    found = Found(total=request_log.received)
    found.outcomes.update(request_log.outcomes)
    found.outcomes["open"] += request_log.in_progress
    found.outcomes = +found.outcomes
    found.kinds.update(request_log.kinds)
    found.lengths = request_log.series.histogram()
    for entry in reversed(request_log.entries):
        found.show(entry, wanted.before)
        if found.more:
            break
    return found


def _stretch(account: Account, wanted: Filter, now: float) -> tuple[float, float]:
    """The period to search; a start alone means its own minute or second."""
    clock = Clock(account.wall)
    first, last = clock.read(wanted.first, now), clock.read(wanted.last, now)
    if first and not wanted.last:
        return first
    return first[0] if first else float("-inf"), last[1] if last else float("inf")


def _within(
    entries: Iterable[LoggedRequest], stretch: tuple[float, float]
) -> Iterator[LoggedRequest]:
    """The entries of a period, the latest first."""
    kept = list(entries)
    first = bisect_left(kept, stretch[0], key=lambda entry: entry.arrived)
    end = bisect_left(kept, stretch[1], key=lambda entry: entry.arrived)
    return reversed(kept[first:end])


def _matches(entry: LoggedRequest, wanted: Filter) -> bool:
    if wanted.resource and wanted.resource != (entry.resource or "none"):
        return False
    if wanted.outcome and wanted.outcome != entry.outcome:
        return False
    return not wanted.text or _holds(entry, wanted.text.casefold())


def _holds(entry: LoggedRequest, text: str) -> bool:
    if text.startswith("#"):
        return text[1:] == str(entry.sequence)
    short = " ".join(
        (
            entry.path,
            entry.query,
            *entry.identifiers,
            entry.contact or "",
            entry.event_id or "",
            entry.kind,
            str(entry.status or ""),
        )
    )
    if text in short.casefold() or text in entry.body.decode(errors="replace").casefold():
        return True
    if entry.reply is None or entry.outcome != "refused":
        return False
    return text in content(entry.reply).decode(errors="replace").casefold()
