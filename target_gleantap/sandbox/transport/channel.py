"""What the sandbox does with a client's connection, whatever class holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from target_gleantap.sandbox.account.account import Exchange
from target_gleantap.sandbox.http_messages import Reply


class Channel(Protocol):
    """The open connection of one client."""

    number: int
    """1 for the first connection since the start."""

    @property
    def unsent(self) -> int:
        """How many bytes wait in the write buffer, because the client reads slowly."""

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""

    def send(self, reply: Reply, *, keep: bool) -> None:
        """Send a whole response; close the connection after it unless `keep` is set."""

    def close(self) -> None:
        """Close the connection once everything is sent."""

    def reset(self) -> None:
        """Close the connection with a TCP RST."""

    def abort(self) -> None:
        """Close the connection at once; unsent bytes are lost."""

    def has_left(self) -> bool:
        """Whether the client has closed the connection."""


@dataclass(frozen=True, slots=True)
class Transmission:
    """One response on its way to the client.

    Attributes:
        channel: The client's connection.
        exchange: The response, and the failure that is injected into it.
        keep: Whether the connection stays open afterwards.
        log_end: Writes the end of the request into the request log; takes the status that the
            client sees, or None.
    """

    channel: Channel
    exchange: Exchange
    keep: bool
    log_end: Callable[[int | None], None]

    def log_answered(self) -> None:
        """Log that the client gets the status of the response."""
        self.log_end(self.exchange.reply.status)

    def finish(self) -> None:
        """Close the connection, unless it stays open."""
        if not self.keep:
            self.channel.close()
