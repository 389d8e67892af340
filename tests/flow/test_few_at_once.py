"""A vendor that bears few requests at once gets few; nobody had to tell the target how many."""

from __future__ import annotations

import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from gym import SCHEMAS, member

MESSAGES = [*SCHEMAS, *(member(number) for number in range(600))]
BODY = b'{"status":"success","_id":"65f1c0ffee65f1c0ffee0001"}'
AT_ONCE = 4
A_SECOND = 60
LATENCY = 0.05


class Vendor(ThreadingHTTPServer):
    """Bears so many at once, or in a second, and refuses the others with a 503 or 429."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, at_once: int = 0, a_second: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.at_once, self.a_second = at_once, a_second
        self.under_way, self.lock = 0, threading.Lock()
        self.recent: deque[float] = deque()

    def bears(self) -> bool:
        with self.lock:
            now = time.monotonic()
            while self.recent and self.recent[0] <= now - 1:
                self.recent.popleft()
            if self.at_once and self.under_way >= self.at_once:
                return False
            if self.a_second and len(self.recent) >= self.a_second:
                return False
            self.recent.append(now)
            self.under_way += 1
            return True

    def done(self) -> None:
        with self.lock:
            self.under_way -= 1


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        vendor = self.server
        assert isinstance(vendor, Vendor)
        self.rfile.read(int(self.headers["Content-Length"]))
        if not vendor.bears():
            self.answer(429 if vendor.a_second else 503, b"{}")
            return
        time.sleep(LATENCY)
        vendor.done()
        self.answer(200, BODY)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def vendor():
    """Start a vendor; gives its address."""
    running: list[Vendor] = []

    def start(**bears: int) -> str:
        running.append(Vendor(**bears))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_vendor_that_refuses_beyond_a_few_at_once_gets_as_many_as_it_takes(vendor, run_target):
    run = run_target(MESSAGES, base_url=vendor(at_once=AT_ONCE), max_in_flight=32)
    assert (run.exit_code, run.total("delivered")) == (0, 600), run.stderr
    requests = run.summary["requests"]
    assert requests["statuses"].get("503", 0) <= 0.1 * 600
    assert 1 <= requests["limit"] <= 2 * AT_ONCE
    assert requests["limit_falls"] >= 1
    times = "once" if requests["limit_falls"] == 1 else f"{requests['limit_falls']} times"
    assert f"The concurrency limit was lowered {times}" in run.stderr
    assert f"at the end it was {requests['limit']}." in run.stderr


def test_a_fixed_number_is_kept_whatever_the_vendor_says(vendor, run_target):
    run = run_target(
        MESSAGES[:200], base_url=vendor(at_once=AT_ONCE), max_in_flight=32, concurrency="fixed"
    )
    requests = run.summary["requests"]
    assert (requests["limit"], requests["limit_falls"]) == (32, 0)


def test_a_quota_that_nobody_told_of_is_learned(vendor, run_target):
    """Ten seconds' worth: whoever learns nothing is refused once a second."""
    run = run_target(MESSAGES, base_url=vendor(a_second=A_SECOND), max_in_flight=16)
    assert (run.exit_code, run.total("delivered")) == (0, 600), run.stderr
    assert run.summary["requests"]["throttled"] <= 40
