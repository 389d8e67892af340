"""A local API that does next to nothing, fast: what is measured is who calls it.

    python server.py [--latency SECONDS] [--allow REQUESTS] [--retry-after SECONDS] [--each TEXT]
                     [--knee REQUESTS] [--at-once REQUESTS [--refuse-with STATUS]] [--runs TEXT]

Answers each POST as Gleantap does, after the latency. With `--allow`, at most so many requests in
any second are accepted, and the others answered 429 at once. With `--knee`, so many are worked on
at once, and the others queue; with `--at-once`, they are refused instead. With `--each`, a request
is as many records as its body has that text, and is answered as Klaviyo answers bulk requests. With
`--runs`, a request is also counted for the run whose name follows that text, up to the next quote.
Prints its port. GET gives what has come since the last GET, as JSON, and forgets it.

One thread and one selector: a request costs it some 20 µs, so that nobody who is measured waits for
it, and the processor is theirs. It waits in `select`, which knows microseconds: epoll waits whole
milliseconds, and 51 ms of latency where 50 were asked for would be 2 % of everybody's speed.
"""

from __future__ import annotations

import argparse
import json
import select
import selectors
import socket
import sys
import time
from collections import deque
from typing import Any

from counts import Counts

BODY = b'{"status":"success","_id":"65f1c0ffee65f1c0ffee0001"}'
ANSWER = (
    b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
ACCEPTED = ANSWER % (b"200 OK", len(BODY), BODY)
BULK_ACCEPTED = ANSWER % (b"202 Accepted", 2, b"{}")
REFUSALS = {"429": "429 Too Many Requests", "503": "503 Service Unavailable"}
BACKLOG = 1024
PIECE_BYTES = 1 << 16
HEAD_END = b"\r\n\r\n"


class Api:
    """All that is behind the port.

    Args:
        given: What the command line says.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.latency: float = given.latency
        self.allow: int = given.allow
        self.each: bytes = given.each.encode()
        self.runs: bytes = given.runs.encode()
        self.knee: int = given.knee
        self.at_once: int = given.at_once
        asked = f"Retry-After: {given.retry_after}\r\n" if given.retry_after != "none" else ""
        self.refusal = (
            f"HTTP/1.1 {REFUSALS[given.refuse_with]}\r\n{asked}Content-Length: 2\r\n\r\n{{}}"
        ).encode()
        self.accepted = BULK_ACCEPTED if self.each else ACCEPTED
        self.counts = Counts()
        self.worked = time.process_time()
        self.window: deque[float] = deque()
        self.free_at: deque[float] = deque()
        self.due: deque[tuple[float, socket.socket, int]] = deque()

    def admit(self, now: float) -> bool:
        if self.at_once and len(self.due) >= self.at_once:
            return False
        if not self.allow:
            return True
        while self.window and self.window[0] <= now - 1:
            self.window.popleft()
        if len(self.window) >= self.allow:
            return False
        self.window.append(now)
        return True

    def ready_at(self, now: float) -> float:
        """When a request that came now is answered."""
        if not self.knee:
            return now + self.latency
        start = max(now, self.free_at.popleft()) if len(self.free_at) >= self.knee else now
        self.free_at.append(start + self.latency)
        return start + self.latency

    def take(self, line: socket.socket, body: bytes) -> None:
        """A request has come whole."""
        counts, now = self.counts, time.monotonic()
        if not (counts.accepted or counts.refused or self.due):
            counts.first = now
        counts.bytes += len(body)
        if not self.admit(now):
            counts.refused += 1
            counts.count(counts.refused_in, now)
            line.send(self.refusal)
            return
        counts.count(counts.accepted_in, now)
        if self.runs:
            counts.count(counts.of.setdefault(self.run_of(body), []), now)
        records = body.count(self.each) if self.each else 1
        self.due.append((self.ready_at(now), line, records))
        counts.most = max(counts.most, len(self.due))
        if not self.latency:
            self.answer()

    def run_of(self, body: bytes) -> str:
        """Whose request this is."""
        _, _, rest = body.partition(self.runs)
        return rest.partition(b'"')[0].decode()

    def answer(self) -> float | None:
        """Answer what is due; give the seconds until something else is, if anything."""
        counts = self.counts
        while self.due:
            now = time.monotonic()
            at, line, records = self.due[0]
            if at > now:
                return at - now
            self.due.popleft()
            counts.accepted += 1
            counts.records += records
            counts.last = now
            counts.late += now - at
            try:
                line.send(self.accepted)
            except OSError:  # whoever asked has gone
                continue
        return None

    def told(self) -> bytes:
        worked = time.process_time()
        said = json.dumps({**vars(self.counts), "cpu": worked - self.worked}).encode()
        self.counts, self.worked = Counts(), worked
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)


def read(api: Api, line: socket.socket, data: bytearray) -> bool:
    """Read what has come; give whether the other side is still there."""
    try:
        piece = line.recv(PIECE_BYTES)
    except BlockingIOError:
        return True
    except OSError:
        return False
    data += piece
    while (end := data.find(HEAD_END)) >= 0:
        whole = end + len(HEAD_END) + _length(data, end)
        if len(data) < whole:
            break
        if data.startswith(b"GET"):
            line.sendall(api.told())
        else:
            api.take(line, bytes(data[end + len(HEAD_END) : whole]))
        del data[:whole]
    return bool(piece)


def _length(data: bytearray, end: int) -> int:
    head = bytes(data[:end]).lower()
    start = head.find(b"content-length:")
    if start < 0:
        return 0
    stop = head.find(b"\r", start)
    return int(head[start + 15 : stop if stop > 0 else end])


def serve(api: Api) -> None:
    ready = selectors.DefaultSelector()
    door = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    door.setblocking(False)
    ready.register(door, selectors.EVENT_READ)
    sys.stdout.write(f"{door.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        wait = api.answer()
        if wait is not None:
            select.select([ready], [], [], wait)
        for key, _ in ready.select(None if wait is None else 0):
            line: Any = key.fileobj
            if line is door:
                line, _ = door.accept()
                line.setblocking(False)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(line, selectors.EVENT_READ, bytearray())
            elif not read(api, line, key.data):
                ready.unregister(line)
                line.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--allow", type=int, default=0)
    parser.add_argument("--retry-after", default="1")
    parser.add_argument("--knee", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--refuse-with", choices=REFUSALS, default="429")
    parser.add_argument("--each", default="")
    parser.add_argument("--runs", default="")
    serve(Api(parser.parse_args()))


if __name__ == "__main__":
    main()
