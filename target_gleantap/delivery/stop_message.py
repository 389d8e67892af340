"""The message of a run that stops: why, what was left as it was, what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from target_gleantap.contract import Destination, Reading
from target_gleantap.delivery.retry import GiveUp
from target_gleantap.model import Answer, Failure, FailureKind

_BY_FAILURE = {
    FailureKind.TLS: "check base_url, this machine's clock, and its certificates "
    "(REQUESTS_CA_BUNDLE names a file of your own)",
    FailureKind.NAME: "check the host in base_url (or that of HTTPS_PROXY, if it is set), and "
    "the DNS of this machine",
    FailureKind.REFUSED: "check base_url and the proxy settings (HTTPS_PROXY), and whether the "
    "vendor is up",
    FailureKind.BROKEN: "check whether the vendor is up, and run again",
}
_NEWER = (
    "check whether the vendor has announced a newer API, and whether there is a newer release of "
    "this target"
)
_BY_STATUS = {
    402: "check the account (plan, payment) with the vendor",
    404: "check base_url",
    405: "check base_url",
    406: _NEWER,
    407: "check the proxy settings (HTTPS_PROXY)",
    410: _NEWER,
    415: _NEWER,
    421: "check base_url",
    426: _NEWER,
    429: "lower `quotas` or raise `retry_deadline_seconds`, and check who else uses this account",
    501: _NEWER,
    505: _NEWER,
}
_UNAUTHORIZED = (401, 403)
_REDIRECTS = range(300, 400)


def stop_message(
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
        destination: The vendor.
        reading: What the last result means.
        result: The last result.
        decision: How long it was retried.
        lines: The input lines of the records that were being delivered; at least one.
        resource: Their resource.

    Returns:
        One paragraph without any value of a record.
    """
    why = f"{reading.message}{_how_long(decision)}"
    return (
        f"Records cannot be delivered to {destination.title}: {why}. "
        f"What to do: {reading.remedy or remedy(destination, result)}. "
        f"(This happened {_place(lines)}, resource {resource}. No record was rejected for "
        "this; the state covers only processed records, so the next run continues from there.)"
    )


def _place(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"at input line {lines[0]}"
    return f"in a request of {len(lines)} records, of input lines {min(lines)} to {max(lines)}"


def _how_long(decision: GiveUp) -> str:
    if decision.asked is not None:
        return (
            f", and asks to wait {decision.asked:.0f} s, longer than retry_deadline_seconds "
            f"({decision.borne:.0f})"
        )
    return f", after {decision.borne:.0f} s of retries" if decision.borne else ""


def remedy(destination: Destination, result: Answer | Failure) -> str:
    """Say what to do about a result that is not a success."""
    if isinstance(result, Failure):
        slow = result.kind is FailureKind.BROKEN and "Timeout" in result.words
        more = "; if it is only slow, raise request_timeout_seconds" if slow else ""
        return _BY_FAILURE[result.kind] + more
    if result.status in _UNAUTHORIZED:
        names = ", ".join(destination.credentials)
        return f"check the settings {names}, and what these credentials may do"
    if result.status in _REDIRECTS:
        return "check base_url: the vendor's API is at another address"
    return _BY_STATUS.get(result.status, "check whether the vendor is up, and run again")
