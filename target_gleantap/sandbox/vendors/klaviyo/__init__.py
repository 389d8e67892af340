"""Klaviyo as the sandbox plays it: every known revision, over the target's own contract files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from target_gleantap.contract import Identifier, IdentifierKind
from target_gleantap.destinations import load
from target_gleantap.destinations.klaviyo.revisions import (
    EVENT_BULK_SINCE,
    KNOWN,
    PROFILE_BULK_SINCE,
    PROFILE_IMPORT_SINCE,
    Revision,
)
from target_gleantap.model import Body
from target_gleantap.sandbox.account.quota import QuotaWindow
from target_gleantap.sandbox.account.store import Store
from target_gleantap.sandbox.account.vendor import Operation, Vendor
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.vendors.klaviyo import errors, events, imports
from target_gleantap.sandbox.vendors.klaviyo.profiles import fold

CarryOut = Callable[[Store, Body, HttpRequest], Reply]

BODY_BYTES = 5_000_000
EVENT_QUOTAS = ("350/1s", "3500/1m")
PROFILE_QUOTAS = ("75/1s", "750/1m")
BULK_QUOTAS = ("10/1s", "150/1m")
QUOTAS = {"event": EVENT_QUOTAS, "profile": PROFILE_QUOTAS, "accounts": ("1/1s", "15/1m")}

NESTED = "data.attributes.profile.data"
IN_BULK = "data.attributes.events-bulk-create.data.attributes.profile.data"
IN_IMPORT = "data.attributes.profiles.data"


def _identifiers(*resources: str) -> tuple[Identifier, ...]:
    found = []
    for above in resources:
        found += [
            Identifier("email", f"{above}.attributes.email", IdentifierKind.EMAIL),
            Identifier("phone", f"{above}.attributes.phone_number", IdentifierKind.PHONE),
            Identifier("external_id", f"{above}.attributes.external_id"),
            Identifier("klaviyo_id", f"{above}.id"),
        ]
    return tuple(found)


FLAT = (
    Identifier("email", "data.attributes.profile.$email", IdentifierKind.EMAIL),
    Identifier("phone", "data.attributes.profile.$phone_number", IdentifierKind.PHONE),
)


def keys_fit(headers: Mapping[str, str], credentials: Mapping[str, str]) -> bool:
    """Whether the Authorization header carries the private key."""
    return headers.get("authorization") == f"Klaviyo-API-Key {credentials['api_key']}"


def _served(
    store: Store, body: Body, request: HttpRequest, *, since: str, carry_out: CarryOut
) -> Reply:
    """Carry out a request if its revision has the operation, at this path, in this media type."""
    name = request.headers.get("revision", "")
    if name not in KNOWN:
        return errors.refuse_parameter("The revision must be a valid revision", "revision")
    revision = Revision(name)
    plain = request.path.rstrip("/")
    if name < since or request.path != revision.path(plain):
        return errors.refuse(404, "The revision has no such endpoint", ())
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and media_type != revision.media_type:
        return errors.refuse(415, f"The revision takes {revision.media_type}", ())
    if len(request.body) > BODY_BYTES:
        return errors.refuse(413, "The maximum payload size is 5MB", ())
    return carry_out(store, body, request)


def show_account(_store: Store, _body: Any, _request: HttpRequest) -> Reply:
    """Return the account."""
    account = {"type": "account", "id": "Sandbx", "attributes": {"test_account": True}}
    return Reply(200, {"data": [account]}, media_type=imports.MEDIA_TYPE)


def _operations(
    name: str, path: str, since: str, carry_out: CarryOut, **more: Any
) -> tuple[Operation, ...]:
    """An operation at both forms of its address; a revision has one of them."""
    more = {"schema": {"type": "object"}, **more}
    serve = partial(_served, since=since, carry_out=carry_out)
    return tuple(
        Operation(name=name, path=one, carry_out=serve, **more) for one in (path, f"{path}/")
    )


def quotas(operation: Operation, _request: HttpRequest) -> tuple[str, tuple[str, ...]]:
    """Every endpoint has limits of its own."""
    return operation.name, QUOTAS.get(operation.name, BULK_QUOTAS)


def quota_headers(windows: Sequence[QuotaWindow], now: float) -> Mapping[str, str]:
    """The headers about the longest window, in every response except a 429."""
    if not windows:
        return {}
    steady = max(windows, key=lambda window: window.seconds)
    return {
        "RateLimit-Limit": str(steady.requests),
        "RateLimit-Remaining": str(steady.left(now)),
        "RateLimit-Reset": str(math.ceil(steady.reset(now))),
    }


JOBS = "/api/profile-bulk-import-jobs"

VENDOR = Vendor(
    destination=load("klaviyo"),
    operations=(
        *_operations(
            "event",
            "/api/events",
            KNOWN[0],
            events.create_event,
            answers=(202,),
            silent=(202,),
            identifiers=(*_identifiers(NESTED), *FLAT),
            contact=events.contact_of,
            event_id="data.attributes.unique_id",
        ),
        *_operations(
            "event_bulk",
            "/api/event-bulk-create-jobs",
            EVENT_BULK_SINCE,
            events.create_events,
            answers=(202,),
            silent=(202,),
            identifiers=_identifiers(IN_BULK),
        ),
        *_operations(
            "profile",
            "/api/profile-import",
            PROFILE_IMPORT_SINCE,
            imports.import_profile,
            answers=(200, 201),
            identifiers=_identifiers("data"),
            contact=imports.contact_of,
        ),
        *_operations(
            "profile_bulk",
            JOBS,
            PROFILE_BULK_SINCE,
            imports.start_job,
            answers=(202,),
            identifiers=_identifiers(IN_IMPORT),
        ),
        *_operations(
            "import_job",
            f"{JOBS}/{{id}}",
            PROFILE_BULK_SINCE,
            imports.look_at_job,
            method="GET",
            schema=None,
        ),
        *_operations(
            "import_errors",
            f"{JOBS}/{{id}}/import-errors",
            PROFILE_BULK_SINCE,
            imports.list_errors,
            method="GET",
            schema=None,
        ),
        *_operations(
            "accounts", "/api/accounts", KNOWN[0], show_account, method="GET", schema=None
        ),
    ),
    credentials={"api_key": "pk_sandbox"},
    keys_fit=keys_fit,
    tenant_fits=lambda _body, _credentials: True,
    refuse=errors.refuse,
    failure=lambda message: errors.refuse(400, message, ()).content,
    fold=fold,
    quotas=quotas,
    quota_headers=quota_headers,
    variants=("pointers", errors.NO_POINTERS),
)
