"""One account of a vendor: checks a request, carries it out, and gives the response."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec

from target_gleantap.sandbox.account.quota import Limits
from target_gleantap.sandbox.account.request_log import LoggedRequest, RequestLog
from target_gleantap.sandbox.account.store import Arrival, Store
from target_gleantap.sandbox.account.validate import BodyChecker, identify
from target_gleantap.sandbox.account.vendor import Operation, Vendor
from target_gleantap.sandbox.faults.replies import MADE_UP, throttled
from target_gleantap.sandbox.faults.rules import (
    ANSWERS_ITSELF,
    DEFAULT_SECONDS,
    FaultRule,
    FaultRules,
)
from target_gleantap.sandbox.http_messages import HttpRequest, Reply, look_up

INVALID = "Invalid request"
NOTES_KEPT = 500
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of an account.

    Attributes:
        credentials: The expected values, by the names of the vendor's settings.
        quotas: Rate limits, such as `100/1s` or `2000/1m sliding`; None for the vendor's own.
        faults: The failures to inject, as fault rules.
        latency: Seconds before each response, or the shortest and the longest.
        seed: The seed of all random choices.
        log_size: How many requests the log keeps.
        record: Whether the log keeps headers and bodies too.
        variant: The format of the responses; empty for the vendor's usual one.
    """

    credentials: Mapping[str, str]
    quotas: tuple[str, ...] | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    latency: float | tuple[float, float] = 0.0
    seed: int = 0
    log_size: int = 100_000
    record: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was received, and how to respond.

    Attributes:
        entry: The request in the request log.
        reply: The response.
        delay: Seconds before the response begins.
        transmission: The kind of failure injected into the connection, or empty.
        seconds: How long that failure takes, where it takes time.
        form: Its form, where it has several; empty for the first.
    """

    entry: LoggedRequest
    reply: Reply
    delay: float = 0.0
    transmission: str = ""
    seconds: float = 0.0
    form: str = ""


class Account:
    """A vendor's API with one account. Not thread-safe: it lives on the server's loop."""

    def __init__(self, vendor: Vendor, options: Options) -> None:
        self.vendor = vendor
        self.options = options
        self._patterns = [(operation, _pattern(operation.path)) for operation in vendor.operations]
        self._base = urlsplit(vendor.destination.base_url).path
        # Changes made by hand, and when: they explain later how a run went.
        self.notes: deque[tuple[float, str]] = deque(maxlen=NOTES_KEPT)
        self._checkers = {one.name: BodyChecker(one.schema or {}) for one in vendor.operations}
        self.faults = FaultRules(options.faults, options.seed)
        self.limiter = Limits(options.quotas)
        if options.variant and options.variant not in vendor.variants:
            raise ValueError(f"The variant must be one of: {', '.join(vendor.variants)}")
        self.reset()

    def reset(self) -> None:
        """Forget everything received. Failures and rate limits stay, and count from zero."""
        self.store = Store(self.options.variant or self.vendor.variants[0])
        self.started = time.monotonic()
        self.wall = time.time() - self.started
        self.request_log = RequestLog(self.options.log_size, self.started)
        self._sampled = self.started
        self.faults.restart()
        self.limiter = self.limiter.emptied()

    def set_quotas(self, quotas: Iterable[str]) -> None:
        """Enforce these rate limits from now on, with empty windows."""
        self.limiter = Limits(quotas)

    def add_note(self, text: str) -> None:
        """Note a change that was made by hand."""
        self.notes.append((time.monotonic(), text))

    def receive(
        self, request: HttpRequest, connection: int, has_left: Callable[[], bool]
    ) -> Exchange:
        """Receive one request: log it, choose its failure, carry it out unless that prevents it.

        Args:
            request: The request, complete.
            connection: The number of the connection.
            has_left: Whether the client has closed the connection meanwhile.
        """
        now = time.monotonic()
        operation, request = self._find(request)
        body = _decode(request.body)
        entry = self._entry(request, operation, body, now, connection)
        self.request_log.begin_request(entry, has_left)
        if now - self._sampled >= SAMPLE_SECONDS:
            self.sample_gauges(now)
        own = self.vendor.quotas(operation, request) if operation else ("", ())
        wait = self.limiter.admit_request(now, own)
        if wait:
            entry.kind = "quota"
            entry.reply = throttled(self.vendor, wait)
            return Exchange(entry, entry.reply)
        rule, latencies = self.faults.choose_rule(entry.resource, request.path, body, request.body)
        entry.rules = (*latencies, *((rule,) if rule else ()))
        for one in entry.rules:
            entry.fault, entry.kind = one.number, one.kind
        lengths = (self.options.latency, *(one.spec["seconds"] for one in latencies))
        delay = sum(self.faults.seconds(length) for length in lengths)
        reply = self._reply(request, operation, body, entry, rule)
        told = self.vendor.quota_headers(self.limiter.limiter_for(own).windows, now)
        if told and reply.status != 429:  # noqa: PLR2004 - Too Many Requests
            reply = replace(reply, headers={**told, **reply.headers})
        entry.reply = reply
        if rule is None or rule.kind in ANSWERS_ITSELF:
            return Exchange(entry, reply, delay)
        seconds = self.faults.seconds(rule.spec.get("seconds", DEFAULT_SECONDS))
        return Exchange(entry, reply, delay, rule.kind, seconds, rule.spec.get("form", ""))

    def end_request(
        self, entry: LoggedRequest, status: int | None, *, abandoned: bool = False
    ) -> None:
        """Log the end of a request: the status that the client saw, or None."""
        if entry.answered is None:
            entry.status = status
            entry.abandoned = abandoned
            self.request_log.end_request(entry, time.monotonic())

    def sample_gauges(self, now: float) -> None:
        """Record the requests in progress and how full each rate limit is, for the charts."""
        self._sampled = now
        series = self.request_log.series
        series.level(now, "in progress", self.request_log.in_progress)
        for window in self.limiter.windows:
            series.level(now, f"quota {window.text}", window.use())

    def _find(self, request: HttpRequest) -> tuple[Operation | None, HttpRequest]:
        """The operation of a request: by its path, and of several by its method.

        The path may begin with that of the documented base URL.
        """
        found: tuple[Operation | None, HttpRequest] = (None, request)
        path = request.path.removeprefix(self._base)
        for operation, pattern in self._patterns:
            match = pattern.fullmatch(path)
            if match:
                found = operation, replace(request, named=match.groupdict())
                if operation.method == request.method:
                    return found
        return found

    def _entry(
        self,
        request: HttpRequest,
        operation: Operation | None,
        body: Any,
        now: float,
        connection: int,
    ) -> LoggedRequest:
        name = operation.name if operation else ""
        identifiers = identify(operation.identifiers, body) if operation else ()
        entry = LoggedRequest(
            sequence=0,
            arrived=now,
            resource=name,
            path=request.path,
            connection=connection,
            identifiers=identifiers,
            body=request.body,
            method=request.method,
            query=request.query,
        )
        if operation and operation.event_id:
            event_id = look_up(body, operation.event_id)
            entry.event_id = event_id if isinstance(event_id, str) else None
        if self.options.record:
            secrets = self.options.credentials.values()
            entry.headers = {
                key: "***" if any(secret in value for secret in secrets) else value
                for key, value in request.headers.items()
            }
        return entry

    def _reply(
        self,
        request: HttpRequest,
        operation: Operation | None,
        body: Any,
        entry: LoggedRequest,
        rule: FaultRule | None,
    ) -> Reply:
        made_up = MADE_UP[rule.kind](rule, self.vendor) if rule and rule.kind in MADE_UP else None
        if rule and not rule.carried_out:
            return made_up or Reply(500)
        refusal = self._refusal(request, operation, body)
        if refusal or operation is None:
            return made_up or refusal or Reply(404)
        self.store.arrival = Arrival(entry.sequence, entry.arrived, operation.name)
        reply = operation.carry_out(self.store, body, request)
        entry.carried_out = reply.status < 400  # noqa: PLR2004 - the classes of RFC 9110
        entry.contact = operation.contact(self.store, body)
        return made_up or reply

    def _refusal(
        self, request: HttpRequest, operation: Operation | None, body: Any
    ) -> Reply | None:
        refuse, credentials = self.vendor.refuse, self.options.credentials
        if operation is None:
            return refuse(404, "Not found", ())
        if request.method != operation.method:
            return refuse(405, f"Use {operation.method}", ())
        if not self.vendor.keys_fit(request.headers, credentials):
            return refuse(401, "Unauthorized - Invalid API credentials", ())
        return None if operation.schema is None else self._body_refusal(request, operation, body)

    def _body_refusal(self, request: HttpRequest, operation: Operation, body: Any) -> Reply | None:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            return self.vendor.refuse(415, INVALID, ("Content-Type: is not JSON",))
        if not isinstance(body, dict):
            return self.vendor.refuse(400, INVALID, ("the body: is not a JSON object",))
        faults = self._checkers[operation.name].faults(body)
        if faults:
            return self.vendor.refuse(400, INVALID, faults)
        if not self.vendor.tenant_fits(body, self.options.credentials):
            return self.vendor.refuse(401, "Unauthorized - Invalid API credentials", ())
        return None


def _pattern(path: str) -> re.Pattern[str]:
    """The pattern of an operation's path; each name in braces matches one part of it."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
