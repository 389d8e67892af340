"""One request that changes nothing: is the vendor reachable, does it accept the credentials?"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from target_gleantap.contract import Destination, Probe, Verdict, read_status
from target_gleantap.delivery.interpret import SUCCESS
from target_gleantap.delivery.retry import read_failure
from target_gleantap.delivery.stop_message import remedy
from target_gleantap.delivery.transport.client import Client
from target_gleantap.delivery.transport.multi import NEVER, Multi
from target_gleantap.delivery.transport.transfer import Request
from target_gleantap.errors import VendorError
from target_gleantap.model import Failure


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The vendor responded, and accepted the credentials.

    Attributes:
        seconds: The response time.
        open: What the response leaves unclear, in a sentence; empty where nothing.
    """

    seconds: float
    open: str = ""


def ask(destination: Destination, client: Client, probe: Probe, payload: bytes) -> ProbeResult:
    """Send the destination's own harmless request, once.

    Args:
        destination: Its contract.
        client: Sends the request.
        probe: The request.
        payload: Its body, encoded.

    Raises:
        VendorError: Saying what is wrong, and what to do.
    """
    step = probe.step
    multi: Multi[None] = Multi(client)
    with closing(multi):
        multi.send(None, Request(step.method, step.path, payload))
        ((_, result),) = multi.arrivals(NEVER)
    if isinstance(result, Failure):
        reading = read_failure(result)
    elif result.status in probe.taken:
        return ProbeResult(result.seconds, probe.taken[result.status])
    elif result.status in SUCCESS:
        reading = step.read(result, ())
    else:
        reading = read_status(result.status, destination.statuses)
    if reading.verdict is not Verdict.DELIVERED:
        raise VendorError(
            f"{destination.title} does not respond as expected: {reading.message}. "
            f"What to do: {remedy(destination, result)}."
        )
    return ProbeResult(result.seconds)
