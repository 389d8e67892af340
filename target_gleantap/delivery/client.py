"""One request, one answer. The only module that knows requests."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.exceptions import SSLError as TlsError

from target_gleantap.delivery.deadline import PunctualAdapter
from target_gleantap.model import Answer, Failure, FailureKind

PIECE_BYTES = 1 << 16
ANSWER_BYTES = 1 << 20
"""How much of an answer is read; no vendor's answer to a delivery is near it."""
MOST_PREPARED = 32
"""How many kinds of request a thread keeps prepared: paths that hold an id come only once."""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes to the vendor.

    Attributes:
        method: The HTTP method.
        path: Below the base URL, with its leading slash.
        body: The encoded body.
    """

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Line:
    """A thread's own connection, and a request of each kind that it fills in anew each time."""

    adapter: HTTPAdapter
    prepared: dict[tuple[str, str], requests.PreparedRequest] = field(default_factory=dict)


class Client:
    """Sends requests to one base URL, from any thread; keeps a connection for each.

    The environment's proxies and certificates (`HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`)
    are read once. No redirect is followed: keys never travel to another host. No proxy is used for
    plain http, which is for this machine only.

    Args:
        base_url: Scheme, host and base path, without a slash at the end.
        headers: Go out with every request, credentials included.
        timeout: Seconds for the connection, and then for the whole answer.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout: float) -> None:
        self._base_url = base_url
        self._headers = headers
        self._timeout = timeout
        self._settings = self._environment()
        self._local = threading.local()
        self._lines: list[_Line] = []

    def _environment(self) -> dict[str, Any]:
        with requests.Session() as session:
            settings = session.merge_environment_settings(self._base_url, {}, False, None, None)
        found = {name: settings[name] for name in ("proxies", "verify", "cert")}
        if self._base_url.startswith("http://"):
            # Only this machine is spoken to in clear; a proxy would be another one, with the keys.
            found["proxies"] = {}
        return found

    def send(self, request: Request) -> Answer | Failure:
        """Send a request and read its whole answer. Never raises for what the network does."""
        started = time.monotonic()
        try:
            line = self._line()
            prepared = self._prepare(line, request)
            response = line.adapter.send(
                prepared, stream=True, timeout=self._timeout, **self._settings
            )
            body = self._read(response)
        except (requests.RequestException, HTTPError, OSError) as fault:
            return _failure(fault, time.monotonic() - started)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body, time.monotonic() - started)

    def close(self) -> None:
        """Close every connection; a request that is under way may fail."""
        for line in self._lines:
            line.adapter.close()

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._local, "line", None)
        if line is None:
            line = _Line(PunctualAdapter(pool_connections=1, pool_maxsize=1))
            self._local.line = line
            self._lines.append(line)
        return line

    def _prepare(self, line: _Line, request: Request) -> requests.PreparedRequest:
        """Fill in the request of this kind, prepared once: preparing costs as much as sending."""
        kind = (request.method, request.path)
        prepared = line.prepared.get(kind)
        if prepared is None:
            if len(line.prepared) >= MOST_PREPARED:
                line.prepared.clear()
            prepared = requests.Request(
                request.method, self._base_url + request.path, headers=dict(self._headers)
            ).prepare()
            line.prepared[kind] = prepared
        prepared.headers["Content-Length"] = str(len(request.body))
        prepared.body = request.body
        return prepared

    def _read(self, response: requests.Response) -> bytes:
        """Read the body to its end, in a bounded size; the connection bounds the time."""
        pieces: list[bytes] = []
        size = 0
        while size <= ANSWER_BYTES and (
            piece := response.raw.read1(PIECE_BYTES, decode_content=True)
        ):
            pieces.append(piece)
            size += len(piece)
        if size > ANSWER_BYTES:
            response.close()
        else:
            response.raw.release_conn()
        return b"".join(pieces)


_NO_CONNECTION = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    NewConnectionError,
    # Nothing can be sent to such an address; base_url is checked, so it is a proxy's.
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)


def _failure(fault: Exception, seconds: float) -> Failure:
    reasons = list(_chain(fault))
    words = " / ".join(dict.fromkeys(_words(reason) for reason in reasons[-2:]))
    return Failure(_kind(reasons), words, seconds)


def _kind(reasons: list[BaseException]) -> FailureKind:
    def is_any(*kinds: type[BaseException]) -> bool:
        return any(isinstance(reason, kinds) for reason in reasons)

    if is_any(ssl.SSLEOFError, ssl.SSLZeroReturnError):
        # The line broke during the handshake: nothing is wrong with anybody's certificate.
        return FailureKind.REFUSED
    if is_any(TlsError, requests.exceptions.SSLError) or _lacks_certificates(reasons[0]):
        return FailureKind.TLS
    if is_any(NameResolutionError):
        return FailureKind.NAME
    if is_any(*_NO_CONNECTION):
        return FailureKind.REFUSED
    return FailureKind.BROKEN


def _lacks_certificates(fault: BaseException) -> bool:
    """Whether requests found no file where the environment has its certificates."""
    return type(fault) is OSError and fault.errno is None


def _chain(fault: BaseException | None) -> list[BaseException]:
    """An exception and what it was raised for, outermost first."""
    chain: list[BaseException] = []
    while fault is not None and fault not in chain:
        chain.append(fault)
        inner = getattr(fault, "reason", None)
        nested = inner if isinstance(inner, BaseException) else _argument(fault)
        fault = nested or fault.__cause__ or fault.__context__
    return chain


def _argument(fault: BaseException) -> BaseException | None:
    return next((arg for arg in fault.args if isinstance(arg, BaseException)), None)


def _words(fault: BaseException) -> str:
    """The class, and of an operating system's error its text; never a URL or a body."""
    text = fault.strerror if isinstance(fault, OSError) and fault.strerror else ""
    return f"{type(fault).__name__}: {text}" if text else type(fault).__name__
