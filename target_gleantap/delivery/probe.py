"""One request that changes nothing: whether the vendor can be reached, and takes the keys."""

from __future__ import annotations

from contextlib import closing

from target_gleantap.contract import Destination, Step, Verdict, read_status
from target_gleantap.delivery.advice import remedy
from target_gleantap.delivery.call import Request
from target_gleantap.delivery.client import Client
from target_gleantap.delivery.interpret import SUCCESS
from target_gleantap.delivery.lines import NEVER, Lines
from target_gleantap.delivery.retry import read_failure
from target_gleantap.errors import VendorError
from target_gleantap.model import Failure


def probe(destination: Destination, client: Client, step: Step, payload: bytes) -> float:
    """Send the destination's own harmless request, once.

    Args:
        destination: Whom to ask.
        client: Sends.
        step: The request.
        payload: Its body, encoded.

    Returns:
        How long the answer took, in seconds.

    Raises:
        VendorError: Saying what is in the way, and what to do.
    """
    lines: Lines[None] = Lines(client)
    with closing(lines):
        lines.send(None, Request(step.method, step.path, payload))
        ((_, result),) = lines.arrivals(NEVER)
    if isinstance(result, Failure):
        reading = read_failure(result)
    elif result.status in SUCCESS:
        reading = step.read(result, ())
    else:
        reading = read_status(result.status, destination.statuses)
    if reading.verdict is not Verdict.DELIVERED:
        raise VendorError(
            f"{destination.title} does not answer as it should: {reading.message}. "
            f"What to do: {remedy(destination, result)}."
        )
    return result.seconds
