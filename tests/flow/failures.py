"""What the vendor answers, and what must come of it: each row of docs/failures.md, as a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DELIVERED = "delivered"
RETRIED = "tried again until it is confirmed"
HELD = "waits with all the others; none of its attempts is used up"
REJECTED = "rejected, with the vendor's words beside it"
UNTOUCHED = "not rejected; the next run sends it again"

GOES_ON = "goes on"
REJECTS = "delivers all the others; exit code 1, or 0 with `on_reject: quarantine`"
STOPS = "stops at once; exit code 3"
GIVES_UP = "stops at the deadline; exit code 3"

ONE = {"match": {"user_id": "m2"}}
"""Rules with this are for the second of the three records."""


@dataclass(frozen=True)
class Case:
    """One answer of the vendor.

    Attributes:
        answer: What the vendor answers; the first column of the table.
        record: What becomes of the record.
        run: What becomes of the run.
        remedy: What to do.
        rules: The sandbox's fault rules that bring it about.
        settings: Settings of the run.
        said: What the message of a run that stops must hold.
        resent: Whether the record reaches the vendor more than once.
    """

    answer: str
    record: str
    run: str
    remedy: str = "nothing"
    rules: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    resent: bool = False

    @property
    def row(self) -> str:
        """The case as a row of the table."""
        return f"| {self.answer} | {self.record} | {self.run} | {self.remedy} |"

    @property
    def exit_code(self) -> int:
        return {GOES_ON: 0, REJECTS: 1, STOPS: 3, GIVES_UP: 3}[self.run]


def _rule(kind: str, **more: Any) -> tuple[Mapping[str, Any], ...]:
    return ({"fault": kind, **ONE, **more},)


def _refused(answer: str, remedy: str, **rule: Any) -> Case:
    return Case(answer, REJECTED, REJECTS, remedy, _rule("status", **rule))


def _stopped(status: int, meaning: str, remedy: str, *said: str) -> Case:
    rules = _rule("status", status=status)
    words = (f"HTTP {status}", *said)
    return Case(f"{status} ({meaning})", UNTOUCHED, STOPS, remedy, rules, said=words)


def _retried(answer: str, kind: str, **rule: Any) -> Case:
    settings = rule.pop("settings", {})
    rules = _rule(kind, **{"times": 2, **rule})
    return Case(answer, RETRIED, GOES_ON, rules=rules, settings=settings, resent=True)


def _held(answer: str, **rule: Any) -> Case:
    return Case(answer, HELD, GOES_ON, rules=_rule("throttle", times=1, **rule), resent=True)


def _past_deadline(answer: str, remedy: str, kind: str, *said: str, **rule: Any) -> Case:
    return Case(
        answer,
        UNTOUCHED,
        GIVES_UP,
        remedy,
        _rule(kind, **rule),
        {"retry_deadline_seconds": 1},
        said,
        resent=True,
    )


CLOSED = ({"fault": "close_idle"},)
MEND = "mend the mapping or the data, then replay the rejects file"
KEYS = "check `api_key`, `secret_key` and `app_id`, and what they are allowed to do"
NEWER = "see whether the vendor has a newer API, and this target a newer release"
URL = "check `base_url`"
UP = "see whether the vendor is up, and run again"
SLOWER = "lower `quotas` or raise `retry_deadline_seconds`; see who else uses the account"

CASES = (
    Case("200 that says `success`", DELIVERED, GOES_ON),
    Case(
        '200 that says failure, such as `{"status": "error"}`',
        REJECTED,
        REJECTS,
        MEND,
        _rule("failure_in_200", message="The record could not be saved"),
    ),
    Case(
        "200 with JSON that says neither",
        REJECTED,
        REJECTS,
        MEND,
        _rule("failure_in_200", body={"ok": True}),
    ),
    _retried("200 with HTML (a proxy's page), then success", "html"),
    _retried("200 with nothing in it, then success", "empty"),
    _past_deadline("200 with HTML, past the deadline", UP, "html", "the answer is not JSON"),
    _refused("400 with text", MEND, status=400, body="last_name is too long"),
    _refused("400 with JSON", MEND, status=400, body={"status": "error", "message": "bad date"}),
    _refused("409, 413, 422, and every other 4xx that is not below", MEND, status=422),
    _stopped(401, "unauthorized", KEYS, "api_key", "secret_key", "app_id"),
    _stopped(402, "payment required", "see to the account with the vendor", "account"),
    _stopped(403, "forbidden", KEYS, "api_key", "secret_key", "app_id"),
    _stopped(404, "not found", URL, "base_url"),
    _stopped(405, "method not allowed; so does 421", URL, "base_url"),
    _stopped(407, "proxy authentication", "check `HTTPS_PROXY`", "HTTPS_PROXY"),
    _stopped(410, "gone; so do 406, 415, 426, 501 and 505", NEWER, "newer API"),
    _stopped(431, "headers too large", UP),
    Case(
        "301, 302, 303, 307, 308: a redirect, also to another host; none is followed",
        UNTOUCHED,
        STOPS,
        URL,
        _rule("redirect", status=307, location="{elsewhere}"),
        said=("redirect", "base_url"),
    ),
    _retried("408 or 425, then success", "status", status=425),
    _held("429 with `Retry-After` in seconds", retry_after=1),
    _held("429 with `Retry-After` as a date", retry_after=1, form="date"),
    _held("429 without `Retry-After`"),
    Case(
        "429 with a `Retry-After` past the deadline",
        UNTOUCHED,
        STOPS,
        SLOWER,
        _rule("throttle", retry_after=3600),
        said=("3600", "retry_deadline_seconds", "quotas"),
    ),
    _past_deadline("429 for longer than the deadline", SLOWER, "throttle", "quotas"),
    _retried("500, 502, 503, 504 or another 5xx, then success", "status", status=500),
    _retried("503 with `Retry-After`", "status", status=503, headers={"Retry-After": "1"}, times=1),
    _past_deadline("5xx past the deadline", UP, "status", "HTTP 503", status=503),
    _retried("the connection breaks before the request is carried out", "reset_before"),
    _retried("the connection breaks after it is carried out", "reset_after"),
    _retried("half of an answer", "half_body"),
    Case("the connection is closed between two requests", DELIVERED, GOES_ON, rules=CLOSED),
    _retried(
        "no answer within `request_timeout_seconds`",
        "stall",
        seconds=30,
        times=1,
        settings={"request_timeout_seconds": 1},
    ),
    _retried(
        "an answer that drips on past `request_timeout_seconds`",
        "stall_body",
        seconds=30,
        times=1,
        settings={"request_timeout_seconds": 1},
    ),
    _retried(
        "headers that drip on past `request_timeout_seconds`",
        "slow_headers",
        seconds=20,
        times=1,
        settings={"request_timeout_seconds": 1},
    ),
    _past_deadline("the connection breaks, past the deadline", UP, "reset_before", "no complete"),
)
