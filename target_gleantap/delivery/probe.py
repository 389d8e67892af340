"""One request that changes nothing: whether the vendor can be reached, and takes the keys."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from target_gleantap.contract import Destination, Probe, Verdict, read_status
from target_gleantap.delivery.interpret import SUCCESS
from target_gleantap.delivery.retry import read_failure
from target_gleantap.delivery.stop_message import remedy
from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import NEVER, Lines
from target_gleantap.delivery.transport.transfer import Request
from target_gleantap.errors import VendorError
from target_gleantap.model import Failure


@dataclass(frozen=True, slots=True)
class Reached:
    """The vendor answered, and took the credentials.

    Attributes:
        seconds: How long the answer took.
        open: What the answer leaves open, in our words; empty where nothing.
    """

    seconds: float
    open: str = ""


def ask(destination: Destination, client: Client, probe: Probe, payload: bytes) -> Reached:
    """Ask the destination's own harmless question, once.

    Args:
        destination: Whom to ask.
        client: Sends.
        probe: The question.
        payload: The body of its request, encoded.

    Returns:
        How it was answered.

    Raises:
        VendorError: Saying what is in the way, and what to do.
    """
    step = probe.step
    lines: Lines[None] = Lines(client)
    with closing(lines):
        lines.send(None, Request(step.method, step.path, payload))
        ((_, result),) = lines.arrivals(NEVER)
    if isinstance(result, Failure):
        reading = read_failure(result)
    elif result.status in probe.taken:
        return Reached(result.seconds, probe.taken[result.status])
    elif result.status in SUCCESS:
        reading = step.read(result, ())
    else:
        reading = read_status(result.status, destination.statuses)
    if reading.verdict is not Verdict.DELIVERED:
        raise VendorError(
            f"{destination.title} does not answer as it should: {reading.message}. "
            f"What to do: {remedy(destination, result)}."
        )
    return Reached(result.seconds)
