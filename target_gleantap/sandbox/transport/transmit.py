"""How a response goes over the wire: whole, late, in pieces, cut, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from target_gleantap.sandbox.transport import malformed
from target_gleantap.sandbox.transport.channel import Transmission
from target_gleantap.sandbox.transport.wire import content, head

PIECES = 20


async def transmit(sent: Transmission) -> None:
    """Wait for the delay, then send the response with the injected failure.

    The request log says "answered" before the last byte leaves: a client that has read it may
    send its next request at once, and the two requests must not count as overlapping.
    """
    await asyncio.sleep(sent.exchange.delay)
    await TRANSMITTERS[sent.exchange.transmission](sent)


async def _whole(sent: Transmission) -> None:
    sent.log_answered()
    sent.channel.send(sent.exchange.reply, keep=sent.keep)


async def _reset(sent: Transmission) -> None:
    sent.log_end(None)
    sent.channel.reset()


async def _half_body(sent: Transmission) -> None:
    sent.log_answered()
    body = content(sent.exchange.reply)
    sent.channel.write(head(sent.exchange.reply, keep=True) + body[: len(body) // 2])
    sent.channel.close()


async def _stall(sent: Transmission) -> None:
    await asyncio.sleep(sent.exchange.seconds)
    await _whole(sent)


async def _stall_body(sent: Transmission) -> None:
    body = content(sent.exchange.reply)
    middle = len(body) // 2
    sent.channel.write(head(sent.exchange.reply, keep=sent.keep) + body[:middle])
    await asyncio.sleep(sent.exchange.seconds)
    sent.log_answered()
    sent.channel.write(body[middle:])
    sent.finish()


async def _drip(sent: Transmission) -> None:
    body = content(sent.exchange.reply)
    sent.channel.write(head(sent.exchange.reply, keep=sent.keep))
    for place in range(len(body)):
        await asyncio.sleep(sent.exchange.seconds / len(body))
        if place == len(body) - 1:
            sent.log_answered()
        sent.channel.write(body[place : place + 1])
    sent.finish()


async def _slow_headers(sent: Transmission) -> None:
    lines = head(sent.exchange.reply, keep=sent.keep)
    step = max(1, len(lines) // PIECES)
    for start in range(0, len(lines), step):
        sent.channel.write(lines[start : start + step])
        await asyncio.sleep(sent.exchange.seconds / PIECES)
    sent.log_answered()
    sent.channel.write(content(sent.exchange.reply))
    sent.finish()


async def _close_idle(sent: Transmission) -> None:
    await _whole(replace(sent, keep=True))
    sent.channel.close()


TRANSMITTERS: Mapping[str, Callable[[Transmission], Awaitable[None]]] = {
    "": _whole,
    "reset_before": _reset,
    "reset_after": _reset,
    "half_body": _half_body,
    "stall": _stall,
    "stall_body": _stall_body,
    "slow_headers": _slow_headers,
    "drip": _drip,
    "close_idle": _close_idle,
    "wrong_length": malformed.send_wrong_length,
    "gzip": malformed.send_compressed,
    "chunked": malformed.send_chunked,
    "endless": malformed.send_endless,
    "huge_headers": malformed.send_huge_headers,
}
"""The kinds of failure that are injected into the connection; empty for none."""
