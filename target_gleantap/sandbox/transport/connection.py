"""One client connection: bytes in, requests out, one at a time and in order.

Own code over httptools (the parser below uvicorn) because the injected failures need the socket
itself: a real TCP reset, a response cut in its middle, a close without notice. Web frameworks hide
it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from functools import partial
from typing import Protocol, cast

import httptools

from target_gleantap.sandbox.account.account import Exchange
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.transport import wire
from target_gleantap.sandbox.transport.channel import Channel, Transmission
from target_gleantap.sandbox.transport.transmit import transmit

MAX_BODY = 16 * 1024 * 1024
NO_LINGER = struct.pack("ii", 1, 0)


class Service(Protocol):
    """What answers the requests of all connections."""

    def add_connection(self, channel: Channel) -> int:
        """Note a new connection; return its number."""

    def remove_connection(self, channel: Channel) -> None:
        """Note that a connection has ended."""

    def route(self, request: HttpRequest, channel: Channel) -> Exchange | Reply | None:
        """Answer a request; None where the connection serves only events from now on."""

    def end_request(
        self, entry: LoggedRequest, status: int | None, *, abandoned: bool = False
    ) -> None:
        """Log the end of a request that the vendor's API answered."""


class Connection(asyncio.Protocol):
    """Reads requests, has them answered, and sends the responses.

    Attributes:
        number: 1 for the first connection since the start.
        streams: Whether it tells a page of changes, and serves nothing else any more.
    """

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self.number = 0
        self.streams = False
        self._service = service
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[HttpRequest, bool]] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._start()

    # --- asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        self.transport = cast("asyncio.Transport", transport)
        self.number = self._service.add_connection(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cut short the response that was being sent."""
        del exc
        self._waiting.clear()
        if self._sending:
            self._sending.cancel()
        self._service.remove_connection(self)

    def data_received(self, data: bytes) -> None:
        """Read on, and answer the requests that are complete."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.send(Reply(400, b"Bad request\n", media_type="text/plain"), keep=False)
        # Not from within the parser: it would take an error of ours for one of the client's.
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
        """Ask for the body where the client waits for that."""
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
        request = HttpRequest(method, path, query, self._headers, b"".join(self._body))
        self._waiting.append((request, self._parser.should_keep_alive()))

    # --- a Channel, for what answers

    @property
    def unsent(self) -> int:
        """How many bytes wait in the write buffer."""
        return self.transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.transport.write(data)

    def send(self, reply: Reply, *, keep: bool) -> None:
        """Send a whole response."""
        self.transport.write(wire.head(reply, keep=keep) + wire.content(reply))
        if not keep:
            self.transport.close()

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self.transport.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def reset(self) -> None:
        """Close with a TCP RST: what the client has not read yet is lost to it."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    def has_left(self) -> bool:
        """Whether the client has closed the connection: asks the socket without reading."""
        if self.transport.is_closing():
            return True
        flag = getattr(socket, "MSG_DONTWAIT", None)
        if flag is None:  # Windows: asyncio notices it a little later
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
            request, keep = self._waiting.popleft()
            self._serve(request, keep)

    def _may_serve(self) -> bool:
        busy = self._sending is not None or self.streams
        return bool(self._waiting) and not busy and not self.transport.is_closing()

    def _serve(self, request: HttpRequest, keep: bool) -> None:
        exchange = self._service.route(request, self)
        if exchange is None:
            self.streams = True
        elif isinstance(exchange, Reply):
            self.send(exchange, keep=keep)
        elif exchange.delay or exchange.transmission:
            self._send_later(exchange, keep)
        else:
            self._service.end_request(exchange.entry, exchange.reply.status)
            self.send(exchange.reply, keep=keep)

    def _send_later(self, exchange: Exchange, keep: bool) -> None:
        log_end = partial(self._service.end_request, exchange.entry)
        sending = transmit(Transmission(self, exchange, keep, log_end))
        self._sending = asyncio.get_running_loop().create_task(sending)
        self._sending.add_done_callback(partial(self._sent, exchange.entry))

    def _sent(self, entry: LoggedRequest, task: asyncio.Task[None]) -> None:
        self._sending = None
        # Where the client left first, the response was cut short, or never begun.
        self._service.end_request(entry, None, abandoned=True)
        if not task.cancelled():
            task.result()
            self._next()
