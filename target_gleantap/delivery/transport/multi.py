"""Many requests in flight at once, in one thread.

curl's multi interface (`curl_multi_socket_action`): this thread waits for all sockets together and
tells curl which of them are ready. No thread waits for a lock, so 64 requests in flight cost no
more CPU each than one.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

import pycurl

from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.selector import Selector
from target_gleantap.delivery.transport.transfer import Request, Transfer
from target_gleantap.model import Answer, Failure

T = TypeVar("T")

LOGGER = logging.getLogger("target-gleantap")

NEVER = float("inf")


class Multi(Generic[T]):
    """curl's multi handle with as many transfers as there ever were requests in flight.

    One thread owns it.

    Args:
        client: Makes the transfers.
    """

    def __init__(self, client: Client) -> None:
        self.in_flight = 0
        self._client = client
        self._multi = pycurl.CurlMulti()
        self._selector = Selector()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._selector.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._curl_due = NEVER
        self._idle: list[Transfer] = []
        # In the order in which they went out, which is that of their deadlines.
        self._under_way: dict[Transfer, T] = {}
        self._by_curl: dict[pycurl.Curl, Transfer] = {}
        self._arrived: deque[tuple[T, Answer | Failure]] = deque()

    @property
    def busy(self) -> bool:
        """Whether a response has arrived."""
        if self._under_way and not self._arrived:
            self._drive(0.0)
        return bool(self._arrived)

    def send(self, tag: T, request: Request) -> None:
        """Send a request; `arrivals` gives its tag back with the result."""
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        transfer.set_request(request)
        self.in_flight += 1
        self._under_way[transfer] = tag
        self._multi.add_handle(transfer.curl)
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()  # the response may be there already, and no socket would report it

    def _new_transfer(self) -> Transfer:
        transfer = self._client.transfer()
        self._by_curl[transfer.curl] = transfer
        self._multi.setopt(pycurl.M_MAXCONNECTS, len(self._by_curl))
        return transfer

    def wake(self) -> None:
        """Make a waiting `arrivals` return; may be called from any thread or signal handler."""
        self._selector.wake()

    def arrivals(self, seconds: float) -> Iterator[tuple[T, Answer | Failure]]:
        """Wait for the first result, then give all that have arrived.

        Args:
            seconds: How long to wait at most; infinity for as long as it takes.
        """
        until, left = time.monotonic() + seconds, seconds
        while True:
            self._drive(0.0 if self._arrived or self._selector.woken else left)
            left = until - time.monotonic()
            if self._arrived or self._selector.woken or left <= 0:
                break
        self._selector.woken = False
        while self._arrived:
            self.in_flight -= 1
            yield self._arrived.popleft()

    def close(self) -> None:
        """Abort what is in flight, and close all connections."""
        for transfer in self._under_way:
            self._multi.remove_handle(transfer.curl)
        self._under_way.clear()
        for curl in self._by_curl:
            curl.close()
        self._multi.close()
        self._selector.close()

    def _set_timer(self, milliseconds: int) -> None:
        """Note when curl is to be called without a ready socket (`CURLMOPT_TIMERFUNCTION`)."""
        self._curl_due = NEVER if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _drive(self, seconds: float) -> None:
        """Wait for sockets, serve those that are ready, then collect what has ended or is late."""
        for descriptor, events in self._selector.wait(self._wait(seconds)):
            self._multi.socket_action(descriptor, events)
        if self._curl_due <= time.monotonic():
            self._curl_due = NEVER
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        self._time_out_late()

    def _wait(self, seconds: float) -> float:
        if seconds <= 0:
            return 0.0
        return min(seconds, min(self._curl_due, self._deadline) - time.monotonic())

    def _collect(self) -> None:
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for curl in done:
                self._on_done(self._by_curl[curl], None)
            for curl, code, words in failed:
                self._on_done(self._by_curl[curl], (code, words))

    def _on_done(self, transfer: Transfer, fault: tuple[int, str] | None) -> None:
        result = transfer.answer() if fault is None else transfer.failure(*fault)
        self._finish(transfer, result)

    def _finish(self, transfer: Transfer, result: Answer | Failure) -> None:
        self._multi.remove_handle(transfer.curl)
        if LOGGER.isEnabledFor(logging.DEBUG):
            LOGGER.debug("%s: %s", transfer, _outline(result))
        self._arrived.append((self._under_way.pop(transfer), result))
        self._idle.append(transfer)

    @property
    def _deadline(self) -> float:
        """When the oldest request in flight times out."""
        first = next(iter(self._under_way), None)
        return NEVER if first is None else first.started + self._client.timeout

    def _time_out_late(self) -> None:
        """Time out late requests, after all responses were read: this thread may have been busy."""
        while self._deadline <= time.monotonic():
            transfer = next(iter(self._under_way))
            self._finish(transfer, transfer.timed_out())


def _outline(result: Answer | Failure) -> str:
    """A result for the log, without any text of the vendor."""
    what = f"HTTP {result.status}" if isinstance(result, Answer) else f"no response, {result.words}"
    return f"{what}, {result.seconds:.3f} s"
