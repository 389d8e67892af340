"""What a fault of the suite is: how it is made, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stage import Live
from taps import RECORDS, STRUCK, Given, joined, token, usual

SOME, NONE = "some", "none"
"""How much was delivered, where the exact number is a matter of chance."""
END = "end of input"
ALL = RECORDS - 1
"""All records of the usual input but the one that `where` leaves out."""


@dataclass(frozen=True)
class Fault:
    """One fault. Its row in docs/chaos.md is what a run of it was seen to do.

    Attributes:
        name: What goes wrong; the first column.
        tried: What was done, in words; the second.
        exit_code: What the run must end with; negative for a signal's own end.
        said: What `ended_by` in the summary must hold.
        delivered: How many records the books must call delivered, or `some` or `none`.
        repeated: How often a record must be sent once more, or `some`.
        rejected: How many must be rejected, or `some`.
        rules: The sandbox's fault rules that bring it about.
        settings: Settings of the run, beyond the usual.
        tap: What the tap writes.
        mended: What it writes once it is mended, for the run that follows; None for the same.
        act: What is done to the run while it is under way.
        place: The name of the machine or network in which it runs (places.py).
        destination: The vendor.
        next_exit_code: What the run that follows must end with, faults taken away; None where
            there is nothing to follow up.
        memory_mb: How much memory the run may hold.
        short: Whether it is tried in the short form, too.
        refusals: Whether the vendor refuses as documented.
    """

    name: str
    tried: str
    exit_code: int = 0
    said: str = END
    delivered: int | str = ALL
    repeated: int | str = 0
    rejected: int | str = 0
    rules: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    tap: Callable[[], bytes] = lambda: joined(usual())
    mended: Callable[[], bytes] | None = None
    act: Callable[[Live], None] = Live.feed
    place: str = "here"
    destination: str = "gleantap"
    next_exit_code: int | None = 0
    memory_mb: float = 150.0
    short: bool = False
    refusals: bool = False

    @property
    def given(self) -> Given:
        return Given(self.tap())

    @property
    def steady(self) -> bool:
        """Whether the number of requests is the same each time."""
        counts = (self.delivered, self.repeated, self.rejected)
        return all(isinstance(count, int) for count in counts)

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.destination


HASTY = {"request_timeout_seconds": 1}


def on_one(kind: str, **more: Any) -> tuple[Mapping[str, Any], ...]:
    """A rule for one record of Gleantap's, a member in the middle of the input."""
    return ({"fault": kind, "match": {"last_name": token(STRUCK)}, **more},)


def passing(name: str, tried: str, kind: str, times: int = 2, **more: Any) -> Fault:
    """A fault that passes: the record is sent again until it is confirmed."""
    own = {key: more.pop(key) for key in ("settings", "short") if key in more}
    return Fault(name, tried, repeated=times, rules=on_one(kind, times=times, **more), **own)


def stopping(name: str, tried: str, said: str, kind: str = "status", **more: Any) -> Fault:
    """A fault that comes in the middle of the run and stays: the run stops."""
    own = {key: more.pop(key) for key in ("settings", "short", "place", "repeated") if key in more}
    own.setdefault("repeated", SOME)
    rules = ({"fault": kind, "after": 10, **more},)
    return Fault(name, tried, exit_code=3, said=said, delivered=SOME, rules=rules, **own)
