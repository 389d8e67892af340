"""How an answer goes over the wire: whole, late, in pieces, cut, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from target_gleantap.sandbox.transport import malformed as broken
from target_gleantap.sandbox.transport.wire import content, head

if TYPE_CHECKING:
    from target_gleantap.sandbox.account.account import Exchange
    from target_gleantap.sandbox.transport.connection import Connection

PIECES = 20


async def play(connection: Connection, exchange: Exchange, *, keep: bool) -> None:
    """Answer after a delay, in the way that the exchange names.

    The log says "answered" before the last byte leaves: a client that has read it may send its
    next request at once, and that one did not overlap.
    """
    await asyncio.sleep(exchange.delay)
    await WAYS[exchange.way](connection, exchange, keep)


def _answered(connection: Connection, exchange: Exchange, status: int | None) -> None:
    connection.site.api.close(exchange.entry, status)


async def _whole(connection: Connection, exchange: Exchange, keep: bool) -> None:
    _answered(connection, exchange, exchange.reply.status)
    connection.send(exchange.reply, keep=keep)


async def _reset(connection: Connection, exchange: Exchange, _keep: bool) -> None:
    _answered(connection, exchange, None)
    connection.reset()


async def _half_body(connection: Connection, exchange: Exchange, _keep: bool) -> None:
    _answered(connection, exchange, exchange.reply.status)
    body = content(exchange.reply)
    connection.transport.write(head(exchange.reply, keep=True) + body[: len(body) // 2])
    connection.transport.close()


async def _stall(connection: Connection, exchange: Exchange, keep: bool) -> None:
    await asyncio.sleep(exchange.seconds)
    await _whole(connection, exchange, keep)


async def _stall_body(connection: Connection, exchange: Exchange, keep: bool) -> None:
    body = content(exchange.reply)
    middle = len(body) // 2
    connection.transport.write(head(exchange.reply, keep=keep) + body[:middle])
    await asyncio.sleep(exchange.seconds)
    _answered(connection, exchange, exchange.reply.status)
    connection.transport.write(body[middle:])
    _end(connection, keep)


async def _drip(connection: Connection, exchange: Exchange, keep: bool) -> None:
    body = content(exchange.reply)
    connection.transport.write(head(exchange.reply, keep=keep))
    for place in range(len(body)):
        await asyncio.sleep(exchange.seconds / len(body))
        if place == len(body) - 1:
            _answered(connection, exchange, exchange.reply.status)
        connection.transport.write(body[place : place + 1])
    _end(connection, keep)


async def _slow_headers(connection: Connection, exchange: Exchange, keep: bool) -> None:
    lines = head(exchange.reply, keep=keep)
    step = max(1, len(lines) // PIECES)
    for start in range(0, len(lines), step):
        connection.transport.write(lines[start : start + step])
        await asyncio.sleep(exchange.seconds / PIECES)
    _answered(connection, exchange, exchange.reply.status)
    connection.transport.write(content(exchange.reply))
    _end(connection, keep)


async def _close_idle(connection: Connection, exchange: Exchange, _keep: bool) -> None:
    await _whole(connection, exchange, keep=True)
    connection.transport.close()


def _end(connection: Connection, keep: bool) -> None:
    if not keep:
        connection.transport.close()


WAYS: Mapping[str, Callable[[Connection, Exchange, bool], Awaitable[None]]] = {
    "": _whole,
    "reset_before": _reset,
    "reset_after": _reset,
    "half_body": _half_body,
    "stall": _stall,
    "stall_body": _stall_body,
    "slow_headers": _slow_headers,
    "drip": _drip,
    "close_idle": _close_idle,
    "wrong_length": broken.wrong_length,
    "gzip": broken.compressed,
    "chunked": broken.chunked,
    "endless": broken.endless,
    "huge_headers": broken.huge_headers,
}
"""The kinds of fault that befall the connection."""
