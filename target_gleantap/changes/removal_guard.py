"""How much may be removed in one run, and what the guard said of what is gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from target_gleantap.config.config import Config
from target_gleantap.ledger.rows import Source
from target_gleantap.transform.routes import Route

if TYPE_CHECKING:
    from target_gleantap.ledger.store import Ledger

LEAST = 10
SHARE = 20
"""By default one in so many may be removed, or `LEAST` where that is more."""


class Gone(str, Enum):
    """How it is known that something is gone at the source."""

    DELETED = "deleted"
    """A record says so."""
    VANISHED = "vanished"
    """A full table no longer holds it."""


@dataclass(slots=True)
class Verdict:
    """What the guard said of what is gone.

    Attributes:
        stream: Whose it is.
        mapping: The mapping's name.
        how: How it is known.
        gone: How many there are.
        known: How many the ledger knows of that mapping.
        limit: How many a run may remove of it.
        allowed: Whether they were not too many.
        sent: How many removals were sent for them.
        before: How many of that mapping were removed in this run before.
    """

    stream: str
    mapping: str
    how: Gone
    gone: int
    known: int
    limit: int
    allowed: bool
    sent: int = 0
    before: int = 0

    @property
    def facts(self) -> str:
        """What was held back, as half a sentence."""
        return (
            f"{self.gone + self.before} of {self.known} known to mapping {self.mapping!r} of "
            f"stream {self.stream!r} are gone at the source, and a run may remove {self.limit}"
        )

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return (
            "See whether the source is whole; if they are truly gone, set max_removals to "
            f"{self.gone + self.before} for one run."
        )

    def as_dict(self) -> dict[str, Any]:
        """Render for the run summary."""
        told = asdict(self)
        del told["before"]
        return {**told, "how": self.how.value}


class Guard:
    """Stands before the removals of one run.

    Args:
        ledger: Knows how many there are.
        config: The settings.

    Attributes:
        verdicts: What it said so far.
    """

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self.verdicts: list[Verdict] = []
        self._ledger = ledger
        self._most = config.max_removals
        self._removed: Counter[Source] = Counter()

    def limit(self, source: Source) -> int:
        """How many of a mapping this run may remove."""
        if self._most is not None:
            return self._most
        known = self._ledger.counts.known(source) + self._removed[source]
        return max(LEAST, known // SHARE)

    def judge(self, route: Route, source: Source, count: int, how: Gone) -> Verdict:
        """Say whether so many more may be removed: all of them, or none.

        Args:
            route: Their mapping.
            source: The same, as the ledger knows it.
            count: How many are gone.
            how: How that is known.
        """
        limit, before = self.limit(source), self._removed[source]
        allowed = count + before <= limit
        known = self._ledger.counts.known(source)
        verdict = Verdict(
            route.stream, route.name, how, count, known, limit, allowed, before=before
        )
        if allowed:
            self._removed[source] += count
        self.verdicts.append(verdict)
        return verdict

    @property
    def held(self) -> list[Verdict]:
        """What it held back."""
        return [verdict for verdict in self.verdicts if not verdict.allowed]
