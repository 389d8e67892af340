"""One client connection: bytes in, calls out, one at a time and in order.

Own code over httptools (the parser below uvicorn) because the faults need the socket itself: a
real TCP reset, an answer cut in its middle, a close without notice. Web frameworks hide it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

import httptools

from target_gleantap.sandbox.account.request_log import Entry
from target_gleantap.sandbox.account.vendor import Call, Reply
from target_gleantap.sandbox.transport import transmit as ways
from target_gleantap.sandbox.transport import wire

if TYPE_CHECKING:
    from target_gleantap.sandbox.router import Site

MAX_BODY = 16 * 1024 * 1024
NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """Reads requests, asks the site, and plays the answer."""

    transport: asyncio.Transport

    def __init__(self, site: Site) -> None:
        self.site = site
        self.number = 0
        self.streams = False
        """Whether it tells a page of changes, and serves nothing else any more."""
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Call, bool]] = deque()
        self._play: asyncio.Task[None] | None = None
        self._start()

    # --- asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        self.transport = cast("asyncio.Transport", transport)
        self.number = self.site.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cut short what was being answered."""
        del exc
        self._waiting.clear()
        if self._play:
            self._play.cancel()
        self.site.closed(self)

    def data_received(self, data: bytes) -> None:
        """Read on, and answer what has come whole."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.send(Reply(400, b"Bad request\n", media_type="text/plain"), keep=False)
        # Not from within the parser: it would take a fault of ours for one of the client's.
        self._next()

    # --- httptools calls these

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._start()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Ask for the body where the client waits to be asked."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body, unless it is far too large."""
        self._size += len(body)
        if self._size <= MAX_BODY:
            self._body.append(body)
        else:
            self._body.clear()

    def on_message_complete(self) -> None:
        """Put the request in line."""
        path, _, query = self._url.decode("latin-1").partition("?")
        method = self._parser.get_method().decode("latin-1")
        if self._size > MAX_BODY:
            self.send(Reply(413, b"Too large\n", media_type="text/plain"), keep=False)
            return
        call = Call(method, path, query, self._headers, b"".join(self._body))
        self._waiting.append((call, self._parser.should_keep_alive()))

    # --- the ways of answering call these

    def send(self, reply: Reply, *, keep: bool) -> None:
        """Send a whole answer."""
        self.transport.write(wire.head(reply, keep=keep) + wire.content(reply))
        if not keep:
            self.transport.close()

    def reset(self) -> None:
        """Close with a TCP RST: whatever the client has not read yet is lost to it."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    def is_gone(self) -> bool:
        """Whether the client has closed, told or not yet: asks the socket without reading."""
        if self.transport.is_closing():
            return True
        flag = getattr(socket, "MSG_DONTWAIT", None)
        if flag is None:  # Windows: asyncio will tell, a little later
            return False
        sock = self.transport.get_extra_info("socket")
        with socket.socket(fileno=os.dup(sock.fileno())) as peek:
            try:
                return peek.recv(1, socket.MSG_PEEK | flag) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

    # --- within

    def _start(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0

    def _next(self) -> None:
        while self._may_serve():
            call, keep = self._waiting.popleft()
            self._serve(call, keep)

    def _may_serve(self) -> bool:
        busy = self._play is not None or self.streams
        return bool(self._waiting) and not busy and not self.transport.is_closing()

    def _serve(self, call: Call, keep: bool) -> None:
        exchange = self.site.take(call, self)
        if exchange is None:
            self.streams = True
        elif isinstance(exchange, Reply):
            self.send(exchange, keep=keep)
        elif exchange.delay or exchange.way:
            play = ways.play(self, exchange, keep=keep)
            self._play = asyncio.get_running_loop().create_task(play)
            self._play.add_done_callback(partial(self._played, exchange.entry))
        else:
            self.site.api.close(exchange.entry, exchange.reply.status)
            self.send(exchange.reply, keep=keep)

    def _played(self, entry: Entry, task: asyncio.Task[None]) -> None:
        self._play = None
        # Where the client left first, the answer was cut short, or never begun.
        self.site.api.close(entry, None, abandoned=True)
        if not task.cancelled():
            task.result()
            self._next()
