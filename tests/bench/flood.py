"""A raw client, to see that the server is not what limits the others.

    python flood.py PORT CONNECTIONS COUNT

Each connection sends the same bytes again as soon as an answer has come.
"""

from __future__ import annotations

import asyncio
import sys

from server import ACCEPTED

BODY = b'{"app_id":"bench","user_id":"1"}'.ljust(450)
REQUEST = (
    b"POST /v2/ExternalApi/newContact HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-KEY: bench\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


class Flood(asyncio.Protocol):
    """One connection; `left` is shared by all."""

    def __init__(self, left: list[int], done: asyncio.Event) -> None:
        self.left = left
        self.done = done
        self.got = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        if self.left[0] > 0:
            self.left[0] -= 1
            self.transport.write(REQUEST)
        else:
            self.done.set()

    def data_received(self, piece: bytes) -> None:
        self.got += len(piece)
        if self.got == len(ACCEPTED):
            self.got = 0
            self.send()


async def flood(port: int, connections: int, count: int) -> None:
    loop = asyncio.get_running_loop()
    left, done = [count], asyncio.Event()
    for _ in range(connections):
        await loop.create_connection(lambda: Flood(left, done), "127.0.0.1", port)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(flood(*map(int, sys.argv[1:])))
