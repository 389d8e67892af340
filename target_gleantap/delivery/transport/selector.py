"""Waiting for many sockets at once, and for a bell that any thread may ring."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from typing import Any

import pycurl

LONGEST_WAIT = 3600.0
"""Seconds; what a system waits at most differs."""
MANY = 1 << 12


class Sockets:
    """The sockets that curl waits for; one thread owns them.

    Opened by their first use: a target that is made and not run leaves nothing to close.

    Attributes:
        rung: Whether somebody rang, until the owner unsets it.
    """

    def __init__(self) -> None:
        self.rung = False
        self._watched: dict[int, int] = {}
        self._selector: selectors.BaseSelector | None = None
        self._bell: socket.socket | None = None
        self._ear: socket.socket | None = None

    def watch(self, what: int, descriptor: int, _multi: Any, _data: Any) -> None:
        """Note what curl waits for on a socket (`CURLMOPT_SOCKETFUNCTION`).

        Its numbers for reading and writing are those of selectors.
        """
        selector = self._opened()
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
        """Give the sockets that are ready, and what for, as curl numbers it.

        Args:
            seconds: How long to wait for the first of them, or for the bell; at most
                `LONGEST_WAIT`.
        """
        selector = self._opened()
        # Asked for after that: who rang while there was no bell yet has left no other trace.
        patience = 0.0 if self.rung else max(0.0, min(seconds, LONGEST_WAIT))
        found = selector.select(patience)
        ready = [(key.fd, events) for key, events in found if key.fileobj is not self._ear]
        if len(ready) < len(found):
            self._hear()
        return ready

    def ring(self) -> None:
        """End the wait; may be called from any thread or signal handler."""
        self.rung = True  # and then the bell, which may not be there yet
        if self._bell is not None:
            with suppress(OSError):  # it was rung often enough, or all is closed
                self._bell.send(b"\0")

    def close(self) -> None:
        """Wait no more."""
        if self._selector is not None:
            self._selector.close()
        for end in (self._bell, self._ear):
            if end is not None:
                end.close()

    def _opened(self) -> selectors.BaseSelector:
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
            self._ear, self._bell = socket.socketpair()
            self._ear.setblocking(False)
            self._bell.setblocking(False)
            self._selector.register(self._ear, selectors.EVENT_READ)
        return self._selector

    def _hear(self) -> None:
        self.rung = True
        if self._ear is not None:
            with suppress(BlockingIOError):
                self._ear.recv(MANY)
