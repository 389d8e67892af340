"""Threads that carry requests out and bring answers back, and decide nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from target_gleantap.delivery.client import Request
from target_gleantap.model import Answer, Failure

T = TypeVar("T")

SWITCH_SECONDS = 0.001
"""How long a thread that computes may keep the interpreter from one that has something to send.
At Python's own 5 ms, what leaves at once arrives up to 40 ms apart, and overruns a quota that it
was paced for."""


class Workers(Generic[T]):
    """As many threads as there ever were requests in flight.

    Args:
        send: Carries one request out. What it raises is a defect, and `arrivals` raises it.
    """

    def __init__(self, send: Callable[[Request], Answer | Failure]) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.in_flight = 0
        self._send = send
        self._threads: list[threading.Thread] = []
        self._outbox: SimpleQueue[tuple[T, Request] | None] = SimpleQueue()
        self._inbox: SimpleQueue[tuple[T, Answer | Failure | Exception] | None] = SimpleQueue()

    @property
    def busy(self) -> bool:
        """Whether something has come back."""
        return not self._inbox.empty()

    def send(self, errand: T, request: Request) -> None:
        """Have a request carried out; `arrivals` gives its errand back with what came of it."""
        self.in_flight += 1
        if self.in_flight > len(self._threads):
            # Daemons: a request that hangs must not keep a stopped process alive.
            thread = threading.Thread(target=self._work, name="delivery", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._outbox.put((errand, request))

    def wake(self) -> None:
        """Make a waiting `arrivals` return; may be called from any thread or signal handler."""
        self._inbox.put(None)

    def arrivals(self, seconds: float) -> Iterator[tuple[T, Answer | Failure]]:
        """Wait for the first thing to come back, then take all that is there.

        Args:
            seconds: How long to wait at most; infinity for as long as it takes.
        """
        try:
            arrival = self._inbox.get(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
            while True:
                if arrival is not None:
                    self.in_flight -= 1
                    errand, result = arrival
                    if isinstance(result, Exception):
                        raise result
                    yield errand, result
                arrival = self._inbox.get_nowait()
        except Empty:
            return

    def close(self) -> None:
        """Let the threads go; wait for them where none hangs in a request."""
        for _ in self._threads:
            self._outbox.put(None)
        if not self.in_flight:
            for thread in self._threads:
                thread.join()

    def _work(self) -> None:
        while (work := self._outbox.get()) is not None:
            errand, request = work
            try:
                result: Answer | Failure | Exception = self._send(request)
            except Exception as defect:  # noqa: BLE001 - a lost thread would hang the run
                result = defect
            self._inbox.put((errand, result))
