"""One account of a vendor: takes a request, checks it, carries it out, and says how to answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from target_gleantap.sandbox.checks import Checker, identify, look_up
from target_gleantap.sandbox.faults import ANSWERS_ITSELF, DEFAULT_SECONDS, FaultRules, Rule
from target_gleantap.sandbox.journal import Entry, Journal
from target_gleantap.sandbox.quota import Limiter
from target_gleantap.sandbox.replies import MADE_UP, throttled
from target_gleantap.sandbox.store import Store
from target_gleantap.sandbox.vendor import Call, Operation, Reply, Vendor

INVALID = "Invalid request"


@dataclass(frozen=True, slots=True)
class Options:
    """How an account is set up.

    Attributes:
        credentials: The expected values, by the names of the vendor's settings.
        quotas: Limits, such as `100/1s` or `2000/1m sliding`.
        faults: Fault rules.
        latency: Seconds before each answer, or a pair to draw from.
        seed: What chance starts from.
        log_size: How many requests the log keeps.
        record: Whether the log keeps headers and bodies too.
    """

    credentials: Mapping[str, str]
    quotas: tuple[str, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    latency: float | tuple[float, float] = 0.0
    seed: int = 0
    log_size: int = 100_000
    record: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was taken, and how it is to be answered.

    Attributes:
        entry: Its place in the log.
        reply: What to answer.
        delay: Seconds before the answer begins.
        way: The kind of fault that befalls the connection, or empty.
        seconds: How long that takes, where it takes time.
    """

    entry: Entry
    reply: Reply
    delay: float = 0.0
    way: str = ""
    seconds: float = 0.0


class Api:
    """A vendor's API with one account. Not thread-safe: it lives on the server's loop."""

    def __init__(self, vendor: Vendor, options: Options) -> None:
        self.vendor = vendor
        self.options = options
        self._operations = {operation.path: operation for operation in vendor.operations}
        self._checkers = {one.path: Checker(one.schema) for one in vendor.operations}
        self.faults = FaultRules(options.faults, options.seed)
        self.limiter = Limiter(options.quotas)
        self.reset()

    def reset(self) -> None:
        """Forget everything received. Fault rules and quotas stay, and count from the start."""
        self.store = Store()
        self.journal = Journal(self.options.log_size)
        self.started = time.monotonic()
        self.faults.replace([rule.spec for rule in self.faults.rules])
        self.limit(window.text for window in self.limiter.windows)

    def limit(self, quotas: Iterable[str]) -> None:
        """Enforce these quotas from now on, with empty windows."""
        self.limiter = Limiter(quotas)

    def receive(self, call: Call, connection: int, gone: Callable[[], bool]) -> Exchange:
        """Take one request: log it, choose its fault, carry it out where it is to be.

        Args:
            call: The request.
            connection: The number of the connection.
            gone: Says whether the client has closed the connection meanwhile.
        """
        now = time.monotonic()
        operation = self._operations.get(call.path)
        body = _decode(call.body)
        entry = self._entry(call, operation, body, now, connection)
        self.journal.begin(entry, gone)
        wait = self.limiter.admit(now)
        if wait:
            entry.kind = "quota"
            return Exchange(entry, throttled(self.vendor, wait))
        rule, latencies = self.faults.pick(entry.resource, call.path, body, call.body)
        for one in (*latencies, *((rule,) if rule else ())):
            entry.fault, entry.kind = one.number, one.kind
        lengths = (self.options.latency, *(one.spec["seconds"] for one in latencies))
        delay = sum(self.faults.seconds(length) for length in lengths)
        reply = self._reply(call, operation, body, entry, rule)
        if rule is None or rule.kind in ANSWERS_ITSELF:
            return Exchange(entry, reply, delay)
        seconds = self.faults.seconds(rule.spec.get("seconds", DEFAULT_SECONDS))
        return Exchange(entry, reply, delay, rule.kind, seconds)

    def close(self, entry: Entry, status: int | None, *, abandoned: bool = False) -> None:
        """Log the end of a request."""
        if entry.answered is None:
            entry.status = status
            entry.abandoned = abandoned
            self.journal.end(entry, time.monotonic())

    def _entry(
        self, call: Call, operation: Operation | None, body: Any, now: float, connection: int
    ) -> Entry:
        name = operation.name if operation else ""
        identifiers = identify(operation.identifiers, body) if operation else ()
        entry = Entry(0, now, name, call.path, connection, identifiers)
        if operation and operation.event_id:
            event_id = look_up(body, operation.event_id)
            entry.event_id = event_id if isinstance(event_id, str) else None
        if self.options.record:
            secrets = set(self.options.credentials.values())
            entry.body = call.body
            entry.headers = {
                key: "***" if value in secrets else value for key, value in call.headers.items()
            }
        return entry

    def _reply(
        self, call: Call, operation: Operation | None, body: Any, entry: Entry, rule: Rule | None
    ) -> Reply:
        made_up = MADE_UP[rule.kind](rule, self.vendor) if rule and rule.kind in MADE_UP else None
        if rule and not rule.carried_out:
            return made_up or Reply(500)
        refusal = self._refusal(call, operation, body)
        if refusal or operation is None:
            return made_up or refusal or Reply(404)
        reply = operation.carry_out(self.store, body, call.body)
        entry.carried_out = reply.status < 400  # noqa: PLR2004 - the classes of RFC 9110
        entry.contact = operation.contact(self.store, body)
        return made_up or reply

    def _refusal(self, call: Call, operation: Operation | None, body: Any) -> Reply | None:
        refuse, credentials = self.vendor.refuse, self.options.credentials
        if operation is None:
            return refuse(404, "Not found", ())
        if call.method != operation.method:
            return refuse(405, f"Use {operation.method}", ())
        if not self.vendor.keys_fit(call.headers, credentials):
            return refuse(401, "Unauthorized - Invalid API credentials", ())
        return self._body_refusal(call, body)

    def _body_refusal(self, call: Call, body: Any) -> Reply | None:
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            return self.vendor.refuse(415, INVALID, ("Content-Type: is not JSON",))
        if not isinstance(body, dict):
            return self.vendor.refuse(400, INVALID, ("the body: is not a JSON object",))
        faults = self._checkers[call.path].faults(body)
        if faults:
            return self.vendor.refuse(400, INVALID, faults)
        if not self.vendor.tenant_fits(body, self.options.credentials):
            return self.vendor.refuse(401, "Unauthorized - Invalid API credentials", ())
        return None


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
