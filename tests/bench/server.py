"""A local API that does next to nothing, fast: what is measured is who calls it.

    python server.py [--latency SECONDS] [--allow REQUESTS] [--retry-after SECONDS]
                     [--knee REQUESTS] [--at-once REQUESTS [--refuse-with STATUS]]

Answers each POST as Gleantap does, after the latency. With `--allow`, at most so many requests in
any second are accepted, and the others answered 429 at once. With `--knee`, so many are worked on at
once, and the others queue; with `--at-once`, they are refused instead. Prints its port. GET gives
what has come since the last GET, as JSON, and forgets it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from dataclasses import dataclass, field

BODY = b'{"status":"success","_id":"65f1c0ffee65f1c0ffee0001"}'
ACCEPTED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
BACKLOG = 512
REFUSALS = {"429": "429 Too Many Requests", "503": "503 Service Unavailable"}


@dataclass
class Api:
    """What all connections share.

    Attributes:
        latency: Seconds until an answer.
        allow: Requests that are accepted in any second; 0 for all.
        throttled: The answer to the others.
        at_once: How many are accepted while others are under way; 0 for all.
        knee: How many are worked on at once; 0 for all.
        under_way: How many are.
        free_at: When each of those that are worked on will be done, in order.
        accepted, refused: How many there were of each.
    size: The bytes of all bodies.
        first: When the first request came.
        last: When the last answer left.
        window: When the accepted requests of the last second came.
    """

    latency: float
    allow: int
    throttled: bytes
    at_once: int = 0
    knee: int = 0
    under_way: int = 0
    free_at: deque[float] = field(default_factory=deque)
    accepted: int = 0
    refused: int = 0
    size: int = 0
    first: float = 0.0
    last: float = 0.0
    window: deque[float] = field(default_factory=deque)

    def admit(self, now: float) -> bool:
        if self.at_once and self.under_way >= self.at_once:
            return False
        if not self.allow:
            return True
        while self.window and self.window[0] <= now - 1:
            self.window.popleft()
        if len(self.window) >= self.allow:
            return False
        self.window.append(now)
        return True

    def work(self, now: float) -> float:
        """Take a request in; give the seconds until it is answered."""
        self.under_way += 1
        if not self.knee:
            return self.latency
        start = max(now, self.free_at.popleft()) if len(self.free_at) >= self.knee else now
        self.free_at.append(start + self.latency)
        return start + self.latency - now

    def told(self) -> bytes:
        seconds = self.last - self.first if self.accepted else 0.0
        counts = {"accepted": self.accepted, "refused": self.refused, "bytes": self.size}
        said = json.dumps({**counts, "seconds": seconds}).encode()
        self.accepted = self.refused = self.size = 0
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)


class Connection(asyncio.Protocol):
    """One kept-alive connection; reads no more of a request than its length."""

    def __init__(self, api: Api, loop: asyncio.AbstractEventLoop) -> None:
        self.api = api
        self.loop = loop
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, piece: bytes) -> None:
        data = self.data + piece if self.data else piece
        while (end := data.find(b"\r\n\r\n")) >= 0:
            if data.startswith(b"GET"):
                self.transport.write(self.api.told())
                data = data[end + 4 :]
                continue
            length = _length(data, end)
            whole = end + 4 + length
            if len(data) < whole:
                break
            data = data[whole:]
            self.api.size += length
            self.take()
        self.data = data

    def take(self) -> None:
        api, now = self.api, self.loop.time()
        if not (api.accepted or api.refused):
            api.first = now
        if not api.admit(now):
            api.refused += 1
            self.transport.write(api.throttled)
        elif api.latency:
            self.loop.call_later(api.work(now), self.accept)
        else:
            api.under_way += 1
            self.accept()

    def accept(self) -> None:
        self.api.under_way -= 1
        self.api.accepted += 1
        self.api.last = self.loop.time()
        self.transport.write(ACCEPTED)


def _length(data: bytes, end: int) -> int:
    start = data.find(b"ontent-Length: ", 0, end)
    if start < 0:
        start = data.find(b"ontent-length: ", 0, end)
    if start < 0:
        return 0
    return int(data[start + 15 : data.find(b"\r", start)])


async def serve(api: Api) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(api, loop), "127.0.0.1", 0, backlog=BACKLOG
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--allow", type=int, default=0)
    parser.add_argument("--retry-after", default="1")
    parser.add_argument("--knee", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--refuse-with", choices=REFUSALS, default="429")
    given = parser.parse_args()
    asked = f"Retry-After: {given.retry_after}\r\n" if given.retry_after != "none" else ""
    refusal = f"HTTP/1.1 {REFUSALS[given.refuse_with]}\r\n{asked}Content-Length: 2\r\n\r\n{{}}"
    api = Api(given.latency, given.allow, refusal.encode(), given.at_once, given.knee)
    asyncio.run(serve(api))


if __name__ == "__main__":
    main()
