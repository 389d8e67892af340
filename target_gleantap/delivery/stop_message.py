"""What to tell who is woken at night: why the run stopped, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from target_gleantap.contract import Destination, Reading
from target_gleantap.delivery.retry import GiveUp
from target_gleantap.model import Answer, Failure, FailureKind

_BY_FAILURE = {
    FailureKind.TLS: "check base_url, this machine's clock, and its certificates "
    "(REQUESTS_CA_BUNDLE names a file of your own)",
    FailureKind.NAME: "check the host in base_url (or that of HTTPS_PROXY, where it is set), and "
    "this machine's name resolution",
    FailureKind.REFUSED: "check base_url and the proxy settings (HTTPS_PROXY), and whether the "
    "vendor is up",
    FailureKind.BROKEN: "see whether the vendor is up, and run again",
}
_NEWER = (
    "see whether the vendor has announced a newer API, and whether there is a newer release of "
    "this target"
)
_BY_STATUS = {
    402: "see to the account with the vendor",
    404: "check base_url",
    405: "check base_url",
    406: _NEWER,
    407: "check the proxy settings (HTTPS_PROXY)",
    410: _NEWER,
    415: _NEWER,
    421: "check base_url",
    426: _NEWER,
    429: "lower `quotas` or raise `retry_deadline_seconds`, and see who else uses this account",
    501: _NEWER,
    505: _NEWER,
}
_UNAUTHORIZED = (401, 403)
_REDIRECTS = range(300, 400)


def advise(
    destination: Destination,
    reading: Reading,
    result: Answer | Failure,
    decision: GiveUp,
    *,
    lines: Sequence[int],
    resource: str,
) -> str:
    """Say why the run stops, what was left as it was, and what to do.

    Args:
        destination: Who was asked.
        reading: What the last result means.
        result: The last result.
        decision: How long it was borne.
        lines: The input lines of the records that were being delivered; at least one.
        resource: Their resource.

    Returns:
        One paragraph without any value of a record.
    """
    return (
        f"{destination.title} cannot be delivered to: {reading.message}{_patience(decision)}. "
        f"What to do: {remedy(destination, result)}. "
        f"(Seen {_place(lines)}, to be delivered as {resource}. No record was rejected for "
        "this; the state stays at the last settled point, so the next run goes on from there.)"
    )


def _place(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"at input line {lines[0]}"
    return f"in a request of {len(lines)} records, of input lines {min(lines)} to {max(lines)}"


def _patience(decision: GiveUp) -> str:
    if decision.asked is not None:
        return (
            f", and asks to wait {decision.asked:.0f} s, which is past retry_deadline_seconds "
            f"({decision.borne:.0f})"
        )
    return f", still so after {decision.borne:.0f} s of trying" if decision.borne else ""


def remedy(destination: Destination, result: Answer | Failure) -> str:
    """Say what to do about a result that is no success."""
    if isinstance(result, Failure):
        slow = result.kind is FailureKind.BROKEN and "Timeout" in result.words
        more = "; where it is only slow, raise request_timeout_seconds" if slow else ""
        return _BY_FAILURE[result.kind] + more
    if result.status in _UNAUTHORIZED:
        names = ", ".join(destination.credentials)
        return f"check the settings {names}, and what these credentials are allowed to do"
    if result.status in _REDIRECTS:
        return "check base_url: the vendor's API answers at another address"
    return _BY_STATUS.get(result.status, "see whether the vendor is up, and run again")
