"""Who may use the sandbox: this machine, or whoever has the token."""

from __future__ import annotations

from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from target_gleantap.sandbox.http_messages import HttpRequest, Reply

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "sandbox_token"


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Access:
    """Lets in, or refuses.

    Without a token, whoever asks for one of this machine's own names is let in: a web page of
    another site must not read what arrived here, nor change anything, also not by a name of its
    own that leads to this machine. With one, nobody is let in without it.

    Args:
        token: What must be shown; empty for none.
    """

    def __init__(self, token: str = "") -> None:
        self._token = token

    def refusal(self, request: HttpRequest) -> Reply | None:
        """Say why a request is not let in; None where it is."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if origin is not None and _split(origin).netloc != host:
            return _no("Another site may not look into the sandbox, nor change it")
        if self._token:
            return self._without_token(request)
        if _split(f"//{host}").hostname not in LOOPBACK:
            return _no("The sandbox answers only to this machine's own names")
        return None

    def _without_token(self, request: HttpRequest) -> Reply | None:
        if self._fits(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return None
        if self._fits(_cookie(request)):
            return None
        if self._fits(dict(parse_qsl(request.query)).get("token", "")):
            cookie = f"{COOKIE}={quote(self._token, safe='')}; Path=/; HttpOnly; SameSite=Strict"
            # Sent on without it, so that it does not stay in the address and the history.
            return Reply(303, b"", {"Location": request.path, "Set-Cookie": cookie}, "text/plain")
        return Reply(401, {"error": "The token is missing: open the address that was printed"})

    def _fits(self, given: str) -> bool:
        return compare_digest(given.encode(), self._token.encode())


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # brackets around what is no IPv6 address
        return urlsplit("")


def _cookie(request: HttpRequest) -> str:
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return unquote(cookie.value) if cookie else ""


def _no(words: str) -> Reply:
    return Reply(403, {"error": words})
