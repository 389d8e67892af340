"""What travels through delivery: a record's part, the request that carries parts, and its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from target_gleantap.contract import Read, Reading, Resource, Verdict
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.rate_limit.pacer import Departure
from target_gleantap.delivery.transport.transfer import Request
from target_gleantap.model import Answer, Body, Fault
from target_gleantap.telemetry.timeline import Effort

NOT_SENT = Flight(0.0, 0)
NOT_CARRIED_OUT = (Verdict.RETRY, Verdict.THROTTLED, Verdict.STOP)


@dataclass(eq=False, slots=True)
class Part:
    """What is delivered of one record.

    Attributes:
        resource: What it is.
        body: The wire body.
        payload: The same, encoded.
        identifiers: Whose it is.
        item: Whatever the owner wants back with the outcome.
        line: The input line it came from, for messages.
        in_doubt: Whether it was sent and may have been carried out, with no word of it yet.
    """

    resource: Resource
    body: Body
    payload: bytes
    identifiers: tuple[str, ...]
    item: Any
    line: int = 0
    in_doubt: bool = False


@dataclass(eq=False, slots=True)
class Delivery:
    """One request's worth of work, and how it fared so far.

    Attributes:
        parts: What it delivers, in order.
        request: What goes out next.
        read: Reads its answer.
        idempotent: Whether sending it twice is harmless.
        attempts: How often it was sent and failed, throttling not counted.
        since: When it first failed, or None.
        started: When it was first sent, or None.
        ambiguous: Whether some attempt may have been carried out without being confirmed.
        departures: Its last one, as each of its pacers counts it.
        flight: The same, as the limit sees it.
        sent: How often it was sent.
        rest: What must wait until this one has ended: the other half of a request.
        looks: Whether its request only asks what became of records that were accepted.
    """

    parts: tuple[Part, ...]
    request: Request
    read: Read
    idempotent: bool
    attempts: int = 0
    since: float | None = None
    started: float | None = None
    ambiguous: bool = False
    departures: tuple[Departure, ...] = ()
    flight: Flight = NOT_SENT
    sent: int = 0
    rest: Delivery | None = None
    looks: bool = False

    @property
    def resource(self) -> Resource:
        """What it delivers: all its parts are of one resource."""
        return self.parts[0].resource

    def effort(self, now: float) -> Effort:
        """Tell what it took to bring this to its end.

        Args:
            now: When it ended: monotonic seconds.
        """
        started = now if self.started is None else self.started
        return Effort(
            self.parts[0].line, self.resource.name, len(self.parts), now - started, self.sent
        )

    def depart(self, flight: Flight) -> None:
        """Note that the request goes out."""
        self.sent += 1
        self.flight = flight
        self.started = flight.at if self.started is None else self.started
        for part in self.parts:
            part.in_doubt = True

    def mark(self, verdict: Verdict) -> None:
        """Note what an attempt means for whether it was carried out.

        What goes on with another request has been taken so far, however that one fares.
        """
        self.ambiguous |= verdict in (Verdict.AMBIGUOUS, Verdict.CONTINUE)
        if verdict in NOT_CARRIED_OUT and not self.ambiguous:
            for part in self.parts:
                part.in_doubt = False

    def failed(self, now: float) -> float:
        """Count an attempt that failed; give the time of the first that did."""
        self.attempts += 1
        self.since = now if self.since is None else self.since
        return self.since

    def apart(self, reading: Reading) -> tuple[list[tuple[Part, Reading]], tuple[Part, ...]]:
        """Tell the parts apart by a reading that ends some of them or all.

        Returns:
            Those that have ended, each with its own reading; and those that the vendor refused
            with them and does not name, which are to go again.
        """
        parts, members = self.parts, reading.members
        if reading.verdict is not Verdict.REJECTED:
            return [(part, _own(reading, members.get(at))) for at, part in enumerate(parts)], ()
        if len(parts) == 1:
            faults = members.get(0, reading.faults)
            return [(parts[0], replace(reading, faults=faults, members={}))], ()
        named = {at: faults for at, faults in members.items() if at < len(parts)}
        ended = [(parts[at], _rejected(reading, faults)) for at, faults in named.items()]
        return ended, tuple(part for at, part in enumerate(parts) if at not in named)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a part.

    Attributes:
        part: The part.
        reading: Its verdict is DELIVERED, REJECTED, or AMBIGUOUS for one that was given up
            because sending it again might do it twice.
        answer: The last answer, if one came.
    """

    part: Part
    reading: Reading
    answer: Answer | None


def _own(reading: Reading, faults: tuple[Fault, ...] | None) -> Reading:
    return _rejected(reading, faults) if faults else reading


def _rejected(reading: Reading, faults: tuple[Fault, ...]) -> Reading:
    return Reading(Verdict.REJECTED, reading.message, faults)
