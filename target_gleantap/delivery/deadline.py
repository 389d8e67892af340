"""Connections that hold a whole answer to its deadline, however slowly its headers come.

A socket's own timeout is for each piece: who sends one byte a second is never too late by it, and
a request that drips for ever would hold its contact, its batch and its place among those in flight.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

AT_ONCE = 0.001
LATE_READS = 16
"""How often what is there already is still read past the deadline: this machine may have been busy,
or asleep, since it came. A whole answer is read in two or three goes."""


class _Until(io.RawIOBase):
    """Reads from a socket until its timeout has passed in all, not for each piece."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._raw = line.makefile("rb", buffering=0)
        self._timeout = line.gettimeout()
        self._until = None if self._timeout is None else time.monotonic() + self._timeout
        self._late = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._until is None:
            return self._raw.readinto(buffer)
        left = self._until - time.monotonic()
        self._late += left <= 0
        if self._late > LATE_READS:
            raise TimeoutError
        self._line.settimeout(max(left, AT_ONCE))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._line.settimeout(self._timeout)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _File:
    """What http.client asks a socket for: a file to read one answer from."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Until(self._line))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_File(sock), *args, **kwargs)  # type: ignore[arg-type] # makefile is all


class _Plain(HTTPConnection):
    response_class = _Response


class _Secure(HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class PunctualAdapter(HTTPAdapter):
    """requests' adapter, over such connections; through proxies, too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of such connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pools of a proxy of such connections."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
