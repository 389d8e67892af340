"""Injected responses: what a vendor, a proxy or a rate limiter would have sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Any, Protocol

from target_gleantap.sandbox.faults.rules import FaultRule
from target_gleantap.sandbox.http_messages import Reply

PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1><hr>nginx</body></html>\n"
)


class Wording(Protocol):
    """How the vendor words what it refuses."""

    @property
    def refuse(self) -> Callable[[int, str, Sequence[str]], Reply]:
        """Words a refusal: takes status, a sentence, and the errors found in the body."""

    @property
    def failure(self) -> Callable[[str], Any]:
        """The body of a 200 that means failure; takes the sentence."""


def throttled(vendor: Wording, wait: float | None, form: str = "seconds") -> Reply:
    """A 429 with Retry-After in seconds or as an HTTP date, or (`wait` None) without it."""
    headers = {}
    if wait is not None and form == "date":
        # An HTTP date has whole seconds: round up, or the client comes back too early.
        headers["Retry-After"] = formatdate(math.ceil(time.time() + wait), usegmt=True)
    elif wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    refusal = vendor.refuse(429, "Too many requests", ())
    return Reply(429, refusal.content, headers)


def _status(rule: FaultRule, vendor: Wording) -> Reply:
    status, headers = rule.spec.get("status", 500), rule.spec.get("headers", {})
    body = rule.spec.get("body", vendor.refuse(status, "Something went wrong", ()).content)
    if isinstance(body, str):
        return Reply(status, body.encode(), headers, "text/plain; charset=utf-8")
    return Reply(status, body, headers)


def _throttle(rule: FaultRule, vendor: Wording) -> Reply:
    return throttled(vendor, rule.spec.get("retry_after"), rule.spec.get("form", "seconds"))


def _failure_in_200(rule: FaultRule, vendor: Wording) -> Reply:
    message = rule.spec.get("message", "The record could not be saved")
    return Reply(200, rule.spec.get("body", vendor.failure(message)))


def _html(rule: FaultRule, _vendor: Wording) -> Reply:
    return Reply(rule.spec.get("status", 200), PAGE, media_type="text/html; charset=utf-8")


def _empty(rule: FaultRule, _vendor: Wording) -> Reply:
    return Reply(rule.spec.get("status", 200), b"")


def _redirect(rule: FaultRule, _vendor: Wording) -> Reply:
    headers = {"Location": rule.spec["location"]}
    return Reply(rule.spec.get("status", 302), b"", headers)


MADE_UP: Mapping[str, Callable[[FaultRule, Wording], Reply]] = {
    "status": _status,
    "throttle": _throttle,
    "failure_in_200": _failure_in_200,
    "html": _html,
    "empty": _empty,
    "redirect": _redirect,
}
"""The kinds of failure that respond in the vendor's place."""
