"""Waits for many sockets at once; any thread may wake it."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from typing import Any

import pycurl

LONGEST_WAIT = 3600.0
"""Seconds; the longest wait that every system takes."""
MANY = 1 << 12


class Selector:
    """The sockets that curl waits for; one thread owns them.

    Opened by their first use: a target that is made and not run leaves nothing to close.

    Attributes:
        woken: Whether `wake` was called, until the owner unsets it.
    """

    def __init__(self) -> None:
        self.woken = False
        self._watched: dict[int, int] = {}
        self._selector: selectors.BaseSelector | None = None
        self._wake_sender: socket.socket | None = None
        self._wake_receiver: socket.socket | None = None

    def watch(self, what: int, descriptor: int, _multi: Any, _data: Any) -> None:
        """Note what curl waits for on a socket (`CURLMOPT_SOCKETFUNCTION`).

        Its numbers for reading and writing are those of selectors.
        """
        selector = self._open()
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(descriptor, None) is not None:
                selector.unregister(descriptor)
        elif descriptor not in self._watched:
            selector.register(descriptor, what)
            self._watched[descriptor] = what
        elif self._watched[descriptor] != what:
            selector.modify(descriptor, what)
            self._watched[descriptor] = what

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Give the sockets that are ready, each with its events in curl's numbers.

        Args:
            seconds: How long to wait for the first of them, or for `wake`; at most
                `LONGEST_WAIT`.
        """
        selector = self._open()
        # Read after `_open`: a `wake` before there was a socket left no other trace.
        timeout = 0.0 if self.woken else max(0.0, min(seconds, LONGEST_WAIT))
        found = selector.select(timeout)
        ready = [
            (key.fd, events) for key, events in found if key.fileobj is not self._wake_receiver
        ]
        if len(ready) < len(found):
            self._drain_wakes()
        return ready

    def wake(self) -> None:
        """End the wait; may be called from any thread or signal handler."""
        self.woken = True  # set before the socket is used, which may not exist yet
        if self._wake_sender is not None:
            with suppress(OSError):  # its buffer is full, or it is closed
                self._wake_sender.send(b"\0")

    def close(self) -> None:
        """Close all sockets."""
        if self._selector is not None:
            self._selector.close()
        for end in (self._wake_sender, self._wake_receiver):
            if end is not None:
                end.close()

    def _open(self) -> selectors.BaseSelector:
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
            self._wake_receiver, self._wake_sender = socket.socketpair()
            self._wake_receiver.setblocking(False)
            self._wake_sender.setblocking(False)
            self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        return self._selector

    def _drain_wakes(self) -> None:
        self.woken = True
        if self._wake_receiver is not None:
            with suppress(BlockingIOError):
                self._wake_receiver.recv(MANY)
