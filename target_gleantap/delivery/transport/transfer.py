"""One request and its response, by curl."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import pycurl
from requests.utils import requote_uri

from target_gleantap.model import Answer, Failure, FailureKind

ANSWER_BYTES = 1 << 20
"""How much of a response is read; no vendor's response to a delivery is near it."""
TIMED_OUT = "Timeout"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the vendor.

    Attributes:
        method: The HTTP method.
        path: Below the base URL, with its leading slash.
        body: The encoded body.
    """

    method: str
    path: str
    body: bytes


class Transfer:
    """Carries one request at a time, over a connection that curl keeps.

    Args:
        curl: An easy handle with the options that are the same for every request.
        base_url: Put before the path of each request.

    Attributes:
        started: When the request was sent, in monotonic seconds.
    """

    def __init__(self, curl: pycurl.Curl, base_url: str) -> None:
        self.curl = curl
        self.started = 0.0
        self._base_url = base_url
        self._request_line = ("", "")
        self._body = b""
        self._read = 0
        self._header_lines: list[bytes] = []
        self._pieces: list[bytes] = []
        self._size = 0
        curl.setopt(pycurl.HEADERFUNCTION, self._header_lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._write_body)
        # Not POSTFIELDS: curl sends a request again by itself where a kept connection breaks,
        # unless its body would have to be read a second time. The request may have been carried
        # out, so whether it goes again is for the caller to say.
        curl.setopt(pycurl.READFUNCTION, self._read_body)

    def __str__(self) -> str:
        return " ".join(self._request_line)

    def set_request(self, request: Request) -> None:
        """Set the next request."""
        line = (request.method, request.path)
        if line != self._request_line:
            self.curl.setopt(pycurl.URL, requote_uri(self._base_url + request.path).encode())
            carries = request.body or request.method != "GET"
            self.curl.setopt(pycurl.POST if carries else pycurl.HTTPGET, 1)
            self.curl.setopt(pycurl.CUSTOMREQUEST, request.method)
            self._request_line = line
        self.curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(request.body))
        self._body, self._read, self._size = request.body, 0, 0
        self._header_lines.clear()
        self._pieces.clear()
        self.started = time.monotonic()

    def _read_body(self, size: int) -> bytes:
        start = self._read
        self._read = min(start + size, len(self._body))
        return self._body[start : self._read]

    def _write_body(self, piece: bytes) -> int | None:
        self._pieces.append(piece)
        self._size += len(piece)
        return 0 if self._size > ANSWER_BYTES else None

    def answer(self) -> Answer | Failure:
        """Give the whole response; a failure where none came."""
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        seconds = time.monotonic() - self.started
        if not status:
            return Failure(FailureKind.BROKEN, "no response", seconds)
        return Answer(status, _headers(self._header_lines), b"".join(self._pieces), seconds)

    def failure(self, code: int, words: str) -> Answer | Failure:
        """Give why no response came; one that is too long is cut, and is a response.

        Args:
            code: Curl's number of the error.
            words: Curl's message: read, and never logged, since it may hold hosts and URLs.
        """
        if code == pycurl.E_WRITE_ERROR and self._size > ANSWER_BYTES:
            return self.answer()
        kind = _KINDS.get(code, FailureKind.BROKEN if self._sent else FailureKind.REFUSED)
        if code == pycurl.E_SSL_CONNECT_ERROR and any(sign in words for sign in _LINE_BROKE):
            kind = FailureKind.REFUSED
        return self._failure(kind, _NAMES.get(code, f"curl's error {code}"))

    def timed_out(self) -> Failure:
        """Give the failure that no whole response came in time."""
        return self._failure(FailureKind.BROKEN if self._sent else FailureKind.REFUSED, TIMED_OUT)

    def _failure(self, kind: FailureKind, name: str) -> Failure:
        number = self.curl.getinfo(pycurl.OS_ERRNO)
        words = f"{name}: {os.strerror(number)}" if number else name
        return Failure(kind, words, time.monotonic() - self.started)

    @property
    def _sent(self) -> bool:
        """Whether the vendor may have received the request: curl had its connection by then."""
        return self._read > 0 or bool(not self._body and self.curl.getinfo(pycurl.PRETRANSFER_TIME))


def _names() -> dict[int, str]:
    """Curl's errors by their numbers, in words: `could not connect`."""
    names: dict[int, str] = {}
    for name, number in sorted(vars(pycurl).items()):
        # Its other interfaces count from one as well.
        if name.startswith("E_") and not name.startswith(("E_FTP_", "E_MULTI_", "E_SHARE_")):
            words = name.removeprefix("E_").replace("_", " ").lower()
            names.setdefault(number, words.replace("couldnt", "could not"))
    return names


# Curl would send the request again, and may not: a kept connection was closed by the vendor.
_NAMES = {**_names(), pycurl.E_SEND_FAIL_REWIND: "got nothing"}
_KINDS = {
    pycurl.E_COULDNT_RESOLVE_HOST: FailureKind.NAME,
    pycurl.E_PEER_FAILED_VERIFICATION: FailureKind.TLS,
    pycurl.E_SSL_CACERT_BADFILE: FailureKind.TLS,
    pycurl.E_SSL_CERTPROBLEM: FailureKind.TLS,
    pycurl.E_SSL_CIPHER: FailureKind.TLS,
    pycurl.E_SSL_CONNECT_ERROR: FailureKind.TLS,
    pycurl.E_SSL_ISSUER_ERROR: FailureKind.TLS,
}
_LINE_BROKE = ("SSL_ERROR_SYSCALL", "unexpected eof", "onnection reset")
"""Curl's messages where a connection broke during the handshake: no certificate is wrong."""


def _headers(lines: list[bytes]) -> dict[str, str]:
    """The headers of the last response: a proxy's or `100 Continue` may come before it."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            headers.clear()
        elif colon:
            key, text = name.lower(), value.strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
