"""What a response, or a failure, means for its request. Pure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from target_gleantap.contract import Destination, Reading, Verdict, read_status
from target_gleantap.delivery.delivery import Delivery
from target_gleantap.delivery.retry import read_failure
from target_gleantap.model import Answer, Failure

LOOK_REMEDY = (
    "see at the vendor whether the job is there and what became of it, and check what these "
    "credentials may read; then run again"
)
SUCCESS = range(200, 300)
"""The class of success (RFC 9110, section 15.3)."""


def interpret(destination: Destination, delivery: Delivery, result: Answer | Failure) -> Reading:
    """Read a result.

    A success is read by the resource, which may find an error in it; anything else by its status;
    a refusal (400, 422) once more by the resource, which may find out what was refused.
    """
    if isinstance(result, Failure):
        return read_failure(result)
    bodies = [part.body for part in delivery.parts]
    # JSON may be nested deeper than Python reads it; no vendor's own response is.
    if result.status in SUCCESS:
        try:
            return _storable(delivery.read(result, bodies))
        except RecursionError:
            message = f"HTTP {result.status}: the response is nested too deeply to be read"
        except UnicodeEncodeError:
            message = f"HTTP {result.status}: the response holds half a character in an id"
        return Reading(Verdict.AMBIGUOUS, message)
    reading = read_status(result.status, destination.statuses)
    if delivery.looks:
        return _read_look(reading)
    if reading.verdict is Verdict.REJECTED:
        with suppress(RecursionError):
            return delivery.resource.refusal(result, bodies) or reading
    return reading


def _read_look(reading: Reading) -> Reading:
    """A refused question about records that were accepted refuses none of them: ask again."""
    message = f"{reading.message} (asked what became of records that it had accepted)"
    verdict = Verdict.RETRY if reading.verdict is Verdict.REJECTED else reading.verdict
    return replace(reading, verdict=verdict, message=message, remedy=LOOK_REMEDY)


def _storable(reading: Reading) -> Reading:
    """Without ids that no database stores: with a NUL or a lone surrogate."""
    bad = [name for name, text in reading.kept.items() if not _is_storable(text)]
    if not bad:
        return reading
    kept = {name: text for name, text in reading.kept.items() if name not in bad}
    return replace(reading, kept=kept)


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
