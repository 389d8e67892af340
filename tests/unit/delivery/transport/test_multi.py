"""Requests over real sockets, to a server that does exactly what each test says."""

import gzip
import socket
import threading
import time
from contextlib import suppress

import pytest

from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import Multi
from target_gleantap.delivery.transport.selector import Selector
from target_gleantap.delivery.transport.transfer import ANSWER_BYTES, Request
from target_gleantap.model import Answer, Failure, FailureKind

LONG = 20.0
"""Seconds; nothing here waits for it."""
HEADERS = {"User-Agent": "a test", "X-API-KEY": "a key"}
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Vendor:
    """Answers one request after the other by a script: bytes, or None to hang up.

    Attributes:
        heads: The first line and headers of each request that came whole, from any connection.
    """

    def __init__(self, *script):
        self.heads = []
        self._script = list(script)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            while head := self._read(lines):
                self.heads.append(head)
                reply = self._script.pop(0) if self._script else FINE
                if reply is None:
                    return
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)

    @staticmethod
    def _read(lines):
        head = []
        while (line := lines.readline()) not in (b"", b"\r\n"):
            head.append(line.decode().rstrip())
        sizes = [int(line.split(":")[1]) for line in head if line.startswith("Content-Length")]
        lines.read(sum(sizes))
        return head

    def close(self):
        with suppress(OSError):  # it is closed
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def vendor():
    opened = []

    def open_one(*script):
        opened.append(Vendor(*script))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def lines_to():
    opened = []

    def open_some(url, timeout=LONG):
        opened.append(Multi(Client(url, HEADERS, timeout)))
        return opened[-1]

    yield open_some
    for each in opened:
        each.close()


def send(lines, path="/", body=b"{}"):
    lines.send(None, Request("POST", path, body))
    ((_, result),) = lines.arrivals(LONG)
    return result


@pytest.mark.parametrize("size", [2, 3_000_000])
def test_what_may_have_been_carried_out_is_not_sent_again_unasked(vendor, lines_to, size):
    """curl does that with what broke on a connection that it had kept."""
    there = vendor(FINE, None)
    lines = lines_to(there.url)
    assert isinstance(send(lines), Answer)
    result = send(lines, body=b"x" * size)
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.BROKEN
    assert len(there.heads) == 2


def test_an_answer_that_has_come_counts_though_this_thread_was_held_up(vendor, lines_to):
    """A stdout that nobody reads, or a slow disk, makes no request late."""
    there = vendor()
    lines = lines_to(there.url, timeout=0.5)
    assert send(lines).status == 200
    lines.send(None, Request("POST", "/", b"{}"))
    time.sleep(1)
    ((_, result),) = lines.arrivals(LONG)
    assert isinstance(result, Answer)


def dripping():
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(200):
        time.sleep(0.05)
        yield b"X-%d: more\r\n" % number


def test_headers_that_drip_on_past_the_time_of_a_request_end_it(vendor, lines_to):
    result = send(lines_to(vendor(dripping()).url, timeout=0.5))
    assert isinstance(result, Failure)
    assert (result.kind, result.words) == (FailureKind.BROKEN, "Timeout")


def test_an_answer_without_end_is_read_no_further_than_it_could_matter(vendor, lines_to):
    size = ANSWER_BYTES * 20
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % size
    lines = lines_to(vendor([head, b"x" * size]).url)
    result = send(lines)
    assert (result.status, len(result.body) < 2 * ANSWER_BYTES) == (400, True)
    assert send(lines).status == 200


def test_a_small_answer_that_unpacks_to_a_large_one_is_cut_too(vendor, lines_to):
    packed = gzip.compress(b"x" * (ANSWER_BYTES * 20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    result = send(lines_to(vendor(head + packed).url))
    assert (result.status, len(result.body) < 2 * ANSWER_BYTES) == (200, True)


def test_headers_are_those_of_the_last_answer_and_what_comes_twice_is_joined(vendor, lines_to):
    early = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
    late = b"HTTP/1.1 429 Slow\r\nRateLimit: a\r\nRATELIMIT: b\r\nContent-Length: 0\r\n\r\n"
    result = send(lines_to(vendor(early + late).url))
    assert (result.status, result.headers) == (429, {"ratelimit": "a, b", "content-length": "0"})


def test_a_request_says_no_more_than_it_was_told_to(vendor, lines_to):
    there = vendor()
    send(lines_to(there.url), path="/a b/ü?c=d")
    (first, *headers) = there.heads[0]
    assert first == "POST /a%20b/%C3%BC?c=d HTTP/1.1"
    names = {line.split(":")[0] for line in headers}
    assert names == {*HEADERS, "Host", "Accept", "Accept-Encoding", "Content-Length"}


def test_the_environments_proxy_is_used_but_not_where_it_says_so(vendor, lines_to, monkeypatch):
    proxy = vendor(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    assert isinstance(send(lines_to("https://vendor.invalid")), Failure)
    assert proxy.heads[0][0] == "CONNECT vendor.invalid:443 HTTP/1.1"
    monkeypatch.setenv("no_proxy", ".invalid")
    assert send(lines_to("https://vendor.invalid")).kind is FailureKind.NAME
    assert len(proxy.heads) == 1


def test_no_proxy_sees_what_goes_in_clear_to_this_machine(vendor, lines_to, monkeypatch):
    proxy, there = vendor(), vendor()
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    assert send(lines_to(there.url)).status == 200
    assert (len(proxy.heads), len(there.heads)) == (0, 1)


def test_a_proxy_that_opens_no_tunnel_has_not_carried_the_request(vendor, lines_to, monkeypatch):
    proxy = vendor(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//user:a-secret@"))
    result = send(lines_to("https://vendor.invalid"))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.REFUSED
    assert "a-secret" not in result.words


def test_a_refused_connection_is_told_in_words(vendor, lines_to):
    there = vendor()
    there.close()
    result = send(lines_to(there.url))
    assert isinstance(result, Failure)
    assert (result.kind, result.words) == (
        FailureKind.REFUSED,
        "could not connect: Connection refused",
    )


def test_a_wake_before_there_is_a_socket_is_not_lost(monkeypatch):
    """The first line of a tap that was read at that very moment waited a second."""
    sockets = Selector()
    opened = socket.socketpair
    monkeypatch.setattr(socket, "socketpair", lambda: (sockets.wake(), opened())[1])
    began = time.monotonic()
    assert sockets.wait(LONG) == []
    assert sockets.woken
    assert time.monotonic() - began < LONG / 2
    sockets.close()


def test_a_waiting_thread_is_woken_by_another(vendor, lines_to):
    lines = lines_to(vendor().url)
    timer = threading.Timer(0.2, lines.wake)
    timer.start()
    assert list(lines.arrivals(float("inf"))) == []
    timer.join()
    lines.wake()
    assert not lines.busy
    assert list(lines.arrivals(float("inf"))) == []
