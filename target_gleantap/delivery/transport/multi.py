"""Many requests under way at once, all of them carried by the thread that decides.

curl's own way of doing many things at once (`curl_multi_socket_action`): this thread waits for
all sockets together, and tells curl which of them is ready. No thread waits for another one's
lock, so sixty-four requests in flight cost each no more than one.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

import pycurl

from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.selector import Sockets
from target_gleantap.delivery.transport.transfer import Call, Request
from target_gleantap.model import Answer, Failure

T = TypeVar("T")

LOGGER = logging.getLogger("target-gleantap")

NEVER = float("inf")


class Lines(Generic[T]):
    """As many lines as there ever were requests in flight; one thread owns them.

    Args:
        client: How requests go.
    """

    def __init__(self, client: Client) -> None:
        self.in_flight = 0
        self._client = client
        self._multi = pycurl.CurlMulti()
        self._sockets = Sockets()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wind)
        self._curl_due = NEVER
        self._idle: list[Call] = []
        # In the order in which they went out, which is that of their deadlines.
        self._under_way: dict[Call, T] = {}
        self._by_curl: dict[pycurl.Curl, Call] = {}
        self._arrived: deque[tuple[T, Answer | Failure]] = deque()

    @property
    def busy(self) -> bool:
        """Whether something has come back."""
        if self._under_way and not self._arrived:
            self._see_to(0.0)
        return bool(self._arrived)

    def send(self, errand: T, request: Request) -> None:
        """Have a request carried out; `arrivals` gives its errand back with what came of it."""
        call = self._idle.pop() if self._idle else self._new_call()
        call.fill(request)
        self.in_flight += 1
        self._under_way[call] = errand
        self._multi.add_handle(call.curl)
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()  # the answer may have been as quick as that, and no socket would tell

    def _new_call(self) -> Call:
        call = self._client.call()
        self._by_curl[call.curl] = call
        self._multi.setopt(pycurl.M_MAXCONNECTS, len(self._by_curl))
        return call

    def wake(self) -> None:
        """Make a waiting `arrivals` return; may be called from any thread or signal handler."""
        self._sockets.ring()

    def arrivals(self, seconds: float) -> Iterator[tuple[T, Answer | Failure]]:
        """Wait for the first thing to come back, then take all that is there.

        Args:
            seconds: How long to wait at most; infinity for as long as it takes.
        """
        until, left = time.monotonic() + seconds, seconds
        while True:
            self._see_to(0.0 if self._arrived or self._sockets.rung else left)
            left = until - time.monotonic()
            if self._arrived or self._sockets.rung or left <= 0:
                break
        self._sockets.rung = False
        while self._arrived:
            self.in_flight -= 1
            yield self._arrived.popleft()

    def close(self) -> None:
        """Give up what is under way, and close all connections."""
        for call in self._under_way:
            self._multi.remove_handle(call.curl)
        self._under_way.clear()
        for curl in self._by_curl:
            curl.close()
        self._multi.close()
        self._sockets.close()

    def _wind(self, milliseconds: int) -> None:
        """Note when curl wants to be called though no socket is ready."""
        self._curl_due = NEVER if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _see_to(self, seconds: float) -> None:
        """Wait for sockets, serve those that are ready, then see what has ended or is late."""
        for descriptor, events in self._sockets.wait(self._wait(seconds)):
            self._multi.socket_action(descriptor, events)
        if self._curl_due <= time.monotonic():
            self._curl_due = NEVER
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        self._give_up_late()

    def _wait(self, seconds: float) -> float:
        if seconds <= 0:
            return 0.0
        return min(seconds, min(self._curl_due, self._deadline) - time.monotonic())

    def _collect(self) -> None:
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for curl in done:
                self._end(self._by_curl[curl], None)
            for curl, code, words in failed:
                self._end(self._by_curl[curl], (code, words))

    def _end(self, call: Call, fault: tuple[int, str] | None) -> None:
        result = call.answer() if fault is None else call.failure(*fault)
        self._put_aside(call, result)

    def _put_aside(self, call: Call, result: Answer | Failure) -> None:
        self._multi.remove_handle(call.curl)
        if LOGGER.isEnabledFor(logging.DEBUG):
            LOGGER.debug("%s: %s", call, _outline(result))
        self._arrived.append((self._under_way.pop(call), result))
        self._idle.append(call)

    @property
    def _deadline(self) -> float:
        """When the one that went out first is late."""
        first = next(iter(self._under_way), None)
        return NEVER if first is None else first.started + self._client.timeout

    def _give_up_late(self) -> None:
        """Only after what has come was read: this thread itself may have been held up."""
        while self._deadline <= time.monotonic():
            call = next(iter(self._under_way))
            self._put_aside(call, call.timed_out())


def _outline(result: Answer | Failure) -> str:
    """What a result is, without anything that the vendor says."""
    what = f"HTTP {result.status}" if isinstance(result, Answer) else f"no answer, {result.words}"
    return f"{what}, {result.seconds:.3f} s"
