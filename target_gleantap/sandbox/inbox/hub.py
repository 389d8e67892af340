"""Tells the open pages that something has changed (server-sent events).

It reads counters that are kept anyway, twice a second, and only while a page is open: a request
costs nothing more for it.
"""

from __future__ import annotations

import asyncio

import msgspec

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.http_messages import Reply
from target_gleantap.sandbox.transport import wire
from target_gleantap.sandbox.transport.channel import Channel

INTERVAL = 0.5
SIGN_OF_LIFE = 10.0
MOST_UNREAD = 64 * 1024
HEAD = Reply(200, None, {"Cache-Control": "no-store"}, "text/event-stream")


class Hub:
    """The open pages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._watchers: set[Channel] = set()
        self._watch: asyncio.Task[None] | None = None

    def add_page(self, channel: Channel) -> None:
        """Take a page's connection; it gets an event at every change from now on."""
        channel.write(wire.framed(HEAD, keep=False))
        channel.write(_event(self._state()))
        self._watchers.add(channel)
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._watch_changes())
            self._watch.add_done_callback(self._ended)

    def remove_page(self, channel: Channel) -> None:
        """Forget a connection that has ended."""
        self._watchers.discard(channel)

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._watch = None

    async def _watch_changes(self) -> None:
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
        for channel in self._watchers:
            if channel.unsent < MOST_UNREAD:
                channel.write(data)

    def _state(self) -> tuple[float, ...]:
        account, request_log = self._account, self._account.request_log
        rules = sum(2 * rule.number + rule.off for rule in account.faults.rules)
        return (
            account.started,
            request_log.received,
            request_log.in_progress,
            len(account.store.contacts),
            len(account.store.events),
            len(account.notes),
            rules,
        )


def _event(state: tuple[float, ...]) -> bytes:
    return b"event: change\ndata: " + msgspec.json.encode(state) + b"\n\n"
