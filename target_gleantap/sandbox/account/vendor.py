"""What the sandbox must know of a vendor: `vendors/<destination>/` holds one `VENDOR`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_gleantap.contract import Destination, Identifier
from target_gleantap.model import Body
from target_gleantap.sandbox.account.quota import QuotaWindow
from target_gleantap.sandbox.account.store import Store
from target_gleantap.sandbox.http_messages import HttpRequest, Reply


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does.

    Attributes:
        name: The resource's name, or the vendor's own word for a read.
        path: The request's path below the base URL; a name in braces stands for any one part.
        schema: The JSON Schema of the whole wire body; None for a request without a body.
        carry_out: Takes the store, the checked body and the request; returns the response.
        identifiers: The contact's identifiers, to find requests that overlap.
        contact: Finds the id of the contact that a body is about, or None.
        event_id: The body field with the event's own id, or empty.
        method: The HTTP method.
        answers: The statuses of its responses, besides the refusals that all operations share.
        silent: Those of them that come without a body.
    """

    name: str
    path: str
    schema: Mapping[str, Any] | None
    carry_out: Callable[[Store, Body, HttpRequest], Reply]
    identifiers: tuple[Identifier, ...] = ()
    contact: Callable[[Store, Body], str | None] = lambda _store, _body: None
    event_id: str = ""
    method: str = "POST"
    answers: tuple[int, ...] = (200,)
    silent: tuple[int, ...] = ()


def _no_headers(_windows: Sequence[QuotaWindow], _now: float) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor as the sandbox plays it.

    Attributes:
        destination: The contract that is served.
        operations: All that it does.
        credentials: The settings that carry the credentials, with the sandbox's own values.
        keys_fit: Whether the headers carry the expected credentials.
        tenant_fits: Whether the body names the expected account.
        refuse: Makes a refusal of a status, a sentence, and the errors found in the body.
        failure: The body of a 200 that means failure; takes the sentence.
        fold: Makes a contact's present fields out of all bodies received for it.
        quotas: The documented rate limits of a request: the name that they are counted under,
            and the limits. They hold unless others are set.
        quota_headers: The headers about the limits in a response other than 429; takes the
            windows in force and the time.
        variants: The formats of its responses where its pages show several, the usual first.
    """

    destination: Destination
    operations: tuple[Operation, ...]
    credentials: Mapping[str, str]
    keys_fit: Callable[[Mapping[str, str], Mapping[str, str]], bool]
    tenant_fits: Callable[[Body, Mapping[str, str]], bool]
    refuse: Callable[[int, str, Sequence[str]], Reply]
    failure: Callable[[str], Any]
    fold: Callable[[Sequence[Body]], Body]
    quotas: Callable[[Operation, HttpRequest], tuple[str, tuple[str, ...]]] = (
        lambda _operation, _request: (
            "",
            (),
        )
    )
    quota_headers: Callable[[Sequence[QuotaWindow], float], Mapping[str, str]] = _no_headers
    variants: tuple[str, ...] = ("",)
