"""How an answer goes over the wire: whole, late, in pieces, cut, or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from target_gleantap.sandbox.vendor import Reply

if TYPE_CHECKING:
    from target_gleantap.sandbox.api import Exchange
    from target_gleantap.sandbox.connection import Connection

PIECES = 20


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@cache
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n"


def content(reply: Reply) -> bytes:
    """The body's bytes."""
    if isinstance(reply.content, bytes):
        return reply.content
    return b"" if reply.content is None else msgspec.json.encode(reply.content)


def endless_head(reply: Reply) -> bytes:
    """The status line and the headers of an answer whose end is the connection's."""
    return _head(reply, ["Connection: close\r\n"])


def head(reply: Reply, *, keep: bool) -> bytes:
    """The status line and the headers, with the full length of the body."""
    lines = [f"Content-Length: {len(content(reply))}\r\n"]
    if not keep:
        lines.append("Connection: close\r\n")
    return _head(reply, lines)


def _head(reply: Reply, more: list[str]) -> bytes:
    lines = [
        _status_line(reply.status),
        f"Date: {_date(int(time.time()))}\r\n",
        f"Content-Type: {reply.media_type}\r\n",
    ]
    lines += [f"{name}: {value}\r\n" for name, value in reply.headers.items()]
    return "".join([*lines, *more, "\r\n"]).encode("latin-1")


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
    "close_idle": _close_idle,
}
"""The kinds of fault that befall the connection."""
