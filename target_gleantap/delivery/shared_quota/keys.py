"""The names of an account's keys in Redis. Pure; no secret can be read from a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """The Redis keys of one rate limit.

    Attributes:
        log: The requests sent, and the slots given.
        turns: How many slots each run has had, for fair queueing.
        hungry: The runs that want more slots.
        hold: Exists while no run may send.
        runs: The runs that are alive; the same for all rate limits of an account.
    """

    log: str
    turns: str
    hungry: str
    hold: str
    runs: str

    @classmethod
    def of(cls, account: str, name: str) -> RedisKeys:
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
    """The account's name in Redis: a keyed hash (RFC 7693).

    Args:
        destination: The vendor's name, put before the hash.
        parts: The base URL, and the settings that identify the account.
    """
    hasher = blake2b(key=b"target-gleantap quota", digest_size=16)
    for part in parts:
        text = part.encode()
        hasher.update(b"%d:%b" % (len(text), text))
    return f"{destination}:{hasher.hexdigest()}"
