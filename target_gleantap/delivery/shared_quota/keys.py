"""What an account and its quotas are called in Redis. Pure; no secret can be read from a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Keys:
    """Where one quota stands in Redis.

    Attributes:
        log: What has been sent, and may be.
        turns: How far each run is ahead.
        hungry: Who wants more.
        hold: There while nobody may send.
        runs: Who is there; the same for all quotas of an account.
    """

    log: str
    turns: str
    hungry: str
    hold: str
    runs: str

    @classmethod
    def of(cls, account: str, name: str) -> Keys:
        """The keys of a quota; the braces keep an account's keys on one node of a cluster."""
        prefix = f"target-gleantap:{{{account}}}"
        log, turns, hungry, hold = (
            f"{prefix}:{name}:{each}" for each in ("log", "turns", "hungry", "hold")
        )
        return cls(log, turns, hungry, hold, f"{prefix}:runs")

    def __iter__(self) -> Iterator[str]:
        """List them in the order in which the script takes them."""
        return iter((self.log, self.turns, self.hungry, self.hold, self.runs))


def account_name(destination: str, parts: Iterable[str]) -> str:
    """What an account is called in Redis: a keyed hash of what tells it from others (RFC 7693).

    Args:
        destination: The vendor's name, which stands before it.
        parts: The address, and the settings that tell the account apart.
    """
    hasher = blake2b(key=b"target-gleantap quota", digest_size=16)
    for part in parts:
        text = part.encode()
        hasher.update(b"%d:%b" % (len(text), text))
    return f"{destination}:{hasher.hexdigest()}"
