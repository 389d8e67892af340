"""Responses in an odd form, or cut off: each request was carried out all the same."""

from __future__ import annotations

import asyncio
import gzip
import time
from functools import cache

from target_gleantap.sandbox.transport.channel import Transmission
from target_gleantap.sandbox.transport.wire import content, framed

BOMB_MEMBERS = 100
BOMB_BYTES = 10_000_000
"""A gzip stream may have many members: a gigabyte, made of one member that is packed once."""
PIECE = b" " * 65_536
MOST_WAITING = 1 << 20
LONG_HEADER = "x" * 1_000_000
MANY_HEADERS = 1000
MORE = 100


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES), 9) * BOMB_MEMBERS


async def send_wrong_length(sent: Transmission) -> None:
    """Announce more bytes than are sent, or (`less`) fewer: the rest belongs to no response."""
    sent.log_answered()
    body = content(sent.exchange.reply)
    less = sent.exchange.form == "less"
    length = len(body) // 2 if less else len(body) + MORE
    head = framed(sent.exchange.reply, f"Content-Length: {length}", keep=True)
    sent.channel.write(head + body)
    if not less:
        sent.channel.close()


async def send_compressed(sent: Transmission) -> None:
    """Compress the body unasked; `broken` cuts it short, `bomb` is a gigabyte of zeros."""
    sent.log_answered()
    reply, form = sent.exchange.reply, sent.exchange.form
    body = _bomb() if form == "bomb" else gzip.compress(content(reply))
    if form == "broken":
        body = body[: len(body) // 2]
    lines = ("Content-Encoding: gzip", f"Content-Length: {len(body)}")
    sent.channel.write(framed(reply, *lines, keep=sent.keep) + body)
    sent.finish()


async def send_chunked(sent: Transmission) -> None:
    """Send the body in chunks; `broken` gives a chunk length that is not a number."""
    sent.log_answered()
    reply = sent.exchange.reply
    body = content(reply)
    middle = len(body) // 2
    broken = sent.exchange.form == "broken"
    data = framed(reply, "Transfer-Encoding: chunked", keep=sent.keep) + _chunk(body[:middle])
    data += b"no length\r\n" if broken else _chunk(body[middle:]) + _chunk(b"")
    sent.channel.write(data)
    if broken or not sent.keep:
        sent.channel.close()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def send_endless(sent: Transmission) -> None:
    """Send a body that does not end, as fast as the client reads it."""
    until = time.monotonic() + sent.exchange.seconds
    sent.channel.write(framed(sent.exchange.reply, keep=False))
    while time.monotonic() < until:
        if sent.channel.unsent < MOST_WAITING:
            sent.channel.write(PIECE)
        await asyncio.sleep(0.001)
    sent.log_answered()
    sent.channel.close()


async def send_huge_headers(sent: Transmission) -> None:
    """Send one header that is far too long, or (`many`) far too many headers."""
    sent.log_answered()
    body = content(sent.exchange.reply)
    lines = [f"X-Padding-{number}: x" for number in range(MANY_HEADERS)]
    if sent.exchange.form != "many":
        lines = [f"X-Padding: {LONG_HEADER}"]
    length = f"Content-Length: {len(body)}"
    head = framed(sent.exchange.reply, *lines, length, keep=sent.keep)
    sent.channel.write(head + body)
    sent.finish()
