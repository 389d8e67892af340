"""The outcome of a request, in a word and in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.faults.rules import FaultRule

OUTCOMES: Mapping[str, str] = {
    "ok": "accepted",
    "refused": "refused",
    "throttled": "throttled",
    "fault": "injected failure",
    "left": "client left",
    "open": "in progress",
}
"""Each outcome of a request, and the words for it."""

EFFECTS: Mapping[str, str] = {
    "status": "responds with an error status",
    "throttle": "responds 429, whatever the rate limit",
    "failure_in_200": "responds 200 with a body that means failure",
    "html": "responds with a proxy's HTML page",
    "empty": "carries out the request, responds without a body",
    "redirect": "responds with a redirect",
    "latency": "responds later",
    "reset_before": "resets the connection; the request has no effect",
    "reset_after": "carries out the request, then resets the connection",
    "half_body": "carries out the request, cuts the response in half",
    "stall": "carries out the request, responds very late",
    "stall_body": "pauses in the middle of the response",
    "slow_headers": "sends the headers of the response slowly",
    "drip": "sends the body of the response byte by byte",
    "close_idle": "responds, then closes the connection without notice",
    "wrong_length": "carries out the request, gives a wrong Content-Length",
    "gzip": "responds compressed, whole or broken",
    "chunked": "responds in chunks, whole or broken",
    "endless": "carries out the request, never ends the response",
    "huge_headers": "carries out the request, sends far too many headers",
}
"""What each kind of injected failure does."""


def reason(entry: LoggedRequest) -> str:
    """Why a request had its outcome; empty for a plain success."""
    return ". ".join(_reasons(entry))


def _reasons(entry: LoggedRequest) -> Iterator[str]:
    for rule in entry.rules:
        yield f"injected failure {rule.number}: {words(rule)}"
    if entry.kind == "quota":
        yield f"over the rate limit, told to wait {_wait(entry)} s"
    if entry.outcome == "refused":
        yield refusal(entry)
    if entry.rules and entry.carried_out and entry.outcome == "fault":
        yield "it was carried out all the same"
    if entry.abandoned:
        yield "the client left before the response" + (
            ", but it was carried out" if entry.carried_out else ""
        )
    if entry.overlaps:
        others = ", ".join(f"#{sequence}" for sequence in entry.overlaps)
        yield f"in progress together with {others} of the same contact"


def _wait(entry: LoggedRequest) -> str:
    return entry.reply.headers.get("Retry-After", "?") if entry.reply else "?"


def refusal(entry: LoggedRequest) -> str:
    """The errors that the response names."""
    content = entry.reply.content if entry.reply else None
    return "; ".join(_texts(content)) or f"status {entry.status}"


def _texts(content: Any) -> Iterator[str]:
    """The texts of a response that say most precisely what is wrong."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, dict):
        named = next((content[name] for name in ("details", "errors") if content.get(name)), None)
        named = named or content.get("detail") or content.get("message")
        yield from _texts(named)


def words(rule: FaultRule) -> str:
    """A fault rule in words: its kind, its parameters and its requests."""
    spec = {name: value for name, value in rule.spec.items() if name not in ("fault", "off")}
    said = ", ".join(f"{name} {_text(value)}" for name, value in spec.items())
    return f"{rule.kind} ({said})" if said else rule.kind


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
