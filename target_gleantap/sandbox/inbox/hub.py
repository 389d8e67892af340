"""Tells the pages that are open that something has changed (server-sent events).

It looks at counters that are kept anyway, twice a second, and only while somebody watches: a
request costs nothing more for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from target_gleantap.sandbox.account.vendor import Reply
from target_gleantap.sandbox.transport import wire

if TYPE_CHECKING:
    from target_gleantap.sandbox.account.account import Api
    from target_gleantap.sandbox.transport.connection import Connection

INTERVAL = 0.5
SIGN_OF_LIFE = 10.0
MOST_UNREAD = 64 * 1024
HEAD = Reply(200, None, {"Cache-Control": "no-store"}, "text/event-stream")


class Hub:
    """The open pages."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._watchers: set[Connection] = set()
        self._watch: asyncio.Task[None] | None = None

    def open(self, connection: Connection) -> None:
        """Take a page's connection; it is told from now on."""
        connection.transport.write(wire.framed(HEAD, keep=False))
        connection.transport.write(_event(self._state()))
        self._watchers.add(connection)
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._tell())
            self._watch.add_done_callback(self._ended)

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._watchers.discard(connection)

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._watch = None

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        told, said_at = self._state(), loop.time()
        while self._watchers:
            await asyncio.sleep(INTERVAL)
            state = self._state()
            if state != told:
                self._write(_event(state))
            elif loop.time() - said_at >= SIGN_OF_LIFE:
                self._write(b": still here\n\n")
            else:
                continue
            told, said_at = state, loop.time()

    def _write(self, data: bytes) -> None:
        for connection in self._watchers:
            if connection.transport.get_write_buffer_size() < MOST_UNREAD:
                connection.transport.write(data)

    def _state(self) -> tuple[float, ...]:
        api, journal = self._api, self._api.journal
        rules = sum(2 * rule.number + rule.off for rule in api.faults.rules)
        return (
            api.started,
            journal.received,
            journal.in_progress,
            len(api.store.contacts),
            len(api.store.events),
            len(api.notes),
            rules,
        )


def _event(state: tuple[float, ...]) -> bytes:
    return b"event: change\ndata: " + msgspec.json.encode(state) + b"\n\n"
