"""What became of a request, in a word and in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.faults.rules import FaultRule

OUTCOMES: Mapping[str, str] = {
    "ok": "answered",
    "refused": "refused",
    "throttled": "throttled",
    "fault": "fault",
    "left": "client left",
    "open": "in progress",
}
"""What became of a request, and the word for it."""

EFFECTS: Mapping[str, str] = {
    "status": "answers with an error status",
    "throttle": "answers 429, whatever the quota",
    "failure_in_200": "answers 200 with a body that says failure",
    "html": "answers with a proxy's HTML page",
    "empty": "takes the request and answers with no body",
    "redirect": "answers with a redirect",
    "latency": "answers later",
    "reset_before": "resets the connection; the request takes no effect",
    "reset_after": "takes the request, then resets the connection",
    "half_body": "takes the request and cuts the answer in half",
    "stall": "takes the request and answers very late",
    "stall_body": "stops in the middle of the answer for a while",
    "slow_headers": "sends the answer's headers drop by drop",
    "drip": "sends the answer's body drop by drop",
    "close_idle": "answers, then closes the connection without notice",
    "wrong_length": "takes the request and tells a wrong length of the answer",
    "gzip": "answers compressed, whole or broken",
    "chunked": "answers in chunks, whole or broken",
    "endless": "takes the request and never ends its answer",
    "huge_headers": "takes the request and answers with more headers than anybody reads",
}
"""What each kind of fault does."""


def reason(entry: LoggedRequest) -> str:
    """Why a request fared as it did; empty where nothing needs saying."""
    return ". ".join(_reasons(entry))


def _reasons(entry: LoggedRequest) -> Iterator[str]:
    for rule in entry.rules:
        yield f"fault {rule.number}: {words(rule)}"
    if entry.kind == "quota":
        yield f"beyond the quota, asked to wait {_wait(entry)} s"
    if entry.outcome == "refused":
        yield refusal(entry)
    if entry.rules and entry.carried_out and entry.outcome == "fault":
        yield "it took effect all the same"
    if entry.abandoned:
        yield "the client left before the answer" + (
            ", and it took effect" if entry.carried_out else ""
        )
    if entry.overlaps:
        others = ", ".join(f"#{sequence}" for sequence in entry.overlaps)
        yield f"in progress together with {others} of the same contact"


def _wait(entry: LoggedRequest) -> str:
    return entry.reply.headers.get("Retry-After", "?") if entry.reply else "?"


def refusal(entry: LoggedRequest) -> str:
    """What the answer finds wrong, as far as it says so."""
    content = entry.reply.content if entry.reply else None
    return "; ".join(_texts(content)) or f"status {entry.status}"


def _texts(content: Any) -> Iterator[str]:
    """The words of an answer, wherever they stand in it; what is most precise where there is."""
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
    """A rule in words: its kind, its parameters and when."""
    spec = {name: value for name, value in rule.spec.items() if name not in ("fault", "off")}
    said = ", ".join(f"{name} {_text(value)}" for name, value in spec.items())
    return f"{rule.kind} ({said})" if said else rule.kind


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
