"""Answers in an odd form, or in one that breaks off: each was carried out all the same."""

from __future__ import annotations

import asyncio
import gzip
import time
from functools import cache
from typing import TYPE_CHECKING

from target_gleantap.sandbox.transport.wire import content, framed

if TYPE_CHECKING:
    from target_gleantap.sandbox.account.account import Exchange
    from target_gleantap.sandbox.transport.connection import Connection

BOMB_MEMBERS = 100
BOMB_BYTES = 10_000_000
"""A gzip stream may have many members: a gigabyte, of one that is packed once."""
PIECE = b" " * 65_536
MOST_WAITING = 1 << 20
LONG_HEADER = "x" * 1_000_000
MANY_HEADERS = 1000
MORE = 100


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES), 9) * BOMB_MEMBERS


def _log(connection: Connection, exchange: Exchange) -> None:
    connection.site.api.close(exchange.entry, exchange.reply.status)


def _send(connection: Connection, data: bytes, *, keep: bool) -> None:
    connection.transport.write(data)
    if not keep:
        connection.transport.close()


async def wrong_length(connection: Connection, exchange: Exchange, _keep: bool) -> None:
    """Tell of more than comes, or (`less`) of less: what follows belongs to no answer."""
    _log(connection, exchange)
    body = content(exchange.reply)
    less = exchange.form == "less"
    length = len(body) // 2 if less else len(body) + MORE
    head = framed(exchange.reply, f"Content-Length: {length}", keep=True)
    _send(connection, head + body, keep=less)


async def compressed(connection: Connection, exchange: Exchange, keep: bool) -> None:
    """Pack the body, though nobody asked; cut it short; or answer with a gigabyte of nothing."""
    _log(connection, exchange)
    body = _bomb() if exchange.form == "bomb" else gzip.compress(content(exchange.reply))
    if exchange.form == "broken":
        body = body[: len(body) // 2]
    lines = ("Content-Encoding: gzip", f"Content-Length: {len(body)}")
    _send(connection, framed(exchange.reply, *lines, keep=keep) + body, keep=keep)


async def chunked(connection: Connection, exchange: Exchange, keep: bool) -> None:
    """Send the body in chunks; broken ones say a length that is none."""
    _log(connection, exchange)
    body = content(exchange.reply)
    middle = len(body) // 2
    broken = exchange.form == "broken"
    data = framed(exchange.reply, "Transfer-Encoding: chunked", keep=keep) + _chunk(body[:middle])
    data += b"no length\r\n" if broken else _chunk(body[middle:]) + _chunk(b"")
    _send(connection, data, keep=keep and not broken)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def endless(connection: Connection, exchange: Exchange, _keep: bool) -> None:
    """Send a body that has no end, as fast as the client takes it."""
    until = time.monotonic() + exchange.seconds
    connection.transport.write(framed(exchange.reply, keep=False))
    while time.monotonic() < until:
        if connection.transport.get_write_buffer_size() < MOST_WAITING:
            connection.transport.write(PIECE)
        await asyncio.sleep(0.001)
    _log(connection, exchange)
    connection.transport.close()


async def huge_headers(connection: Connection, exchange: Exchange, keep: bool) -> None:
    """Answer with one header that is too long, or (`many`) with too many of them."""
    _log(connection, exchange)
    body = content(exchange.reply)
    lines = [f"X-Padding-{number}: x" for number in range(MANY_HEADERS)]
    if exchange.form != "many":
        lines = [f"X-Padding: {LONG_HEADER}"]
    head = framed(exchange.reply, *lines, f"Content-Length: {len(body)}", keep=keep)
    _send(connection, head + body, keep=keep)
