"""Templates to pages. Every value is escaped; the filters of the templates are defined here."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.http_messages import Reply
from target_gleantap.sandbox.inbox import reasons
from target_gleantap.sandbox.inbox.clock import Clock
from target_gleantap.sandbox.transport import wire

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TONES = {
    "ok": "good",
    "refused": "bad",
    "throttled": "warn",
    "fault": "warn",
    "left": "bad",
    "open": "",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("target_gleantap.sandbox.inbox"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        value=_value,
        pretty=_pretty,
        words=reasons.words,
        length=_length,
        answer=_answer,
    )
    environment.globals.update(
        reason=reasons.reason,
        outcomes_said=reasons.OUTCOMES,
        effects=reasons.EFFECTS,
        tones=TONES,
    )
    return environment


def render(account: Account, template: str, status: int = 200, **context: Any) -> Reply:
    """A page out of a template."""
    clock = Clock(account.wall)
    page = _environment().get_template(template)
    text = page.render(
        account=account,
        vendor=account.vendor.destination.title,
        clock=clock,
        now=time.monotonic(),
        **context,
    )
    return Reply(status, text.encode(), HEADERS, "text/html; charset=utf-8")


def _value(value: Any) -> str:
    """A value in one line."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _pretty(raw: bytes) -> str:
    """An indented JSON body; as it is where it is not JSON."""
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw.decode(errors="replace")


def _answer(entry: LoggedRequest) -> str:
    """The body of the response to a request."""
    return _pretty(wire.content(entry.reply)) if entry.reply else ""


def _length(seconds: float | None) -> str:
    """A duration, short."""
    if seconds is None:
        return "\u2013"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds < 0.000_1:  # noqa: PLR2004 - what a page shows
        return "< 0.1 ms"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"  # noqa: PLR2004 - a decimal where it matters
