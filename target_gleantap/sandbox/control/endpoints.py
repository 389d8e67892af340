"""The control endpoints under /_sandbox/: read what arrived, set the failures to inject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.control.openapi import describe
from target_gleantap.sandbox.http_messages import HttpRequest, Reply

PREFIX = "/_sandbox/"


def answer(account: Account, request: HttpRequest) -> Reply:
    """Respond to a request below `/_sandbox/`."""
    name = request.path[len(PREFIX) :]
    endpoint = ENDPOINTS.get((request.method, name))
    if endpoint is None:
        known = ", ".join(f"{method} {PREFIX}{known}" for method, known in ENDPOINTS)
        return Reply(404, {"error": f"No such endpoint; there are: {known}"})
    try:
        return Reply(200, endpoint(account, request))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        return Reply(400, {"error": str(error)})


def _contacts(account: Account, _request: HttpRequest) -> Any:
    return views.contacts(account)


def _events(account: Account, _request: HttpRequest) -> Any:
    return views.events(account)


def _requests(account: Account, request: HttpRequest) -> Any:
    since = parse_qs(request.query).get("since", ["0"])[0]
    return views.requests(account, int(since))


def _openapi(account: Account, _request: HttpRequest) -> Any:
    return describe(account.vendor, account.options.credentials)


def _stats(account: Account, _request: HttpRequest) -> Any:
    return views.stats(account)


def _faults(account: Account, _request: HttpRequest) -> Any:
    return {"faults": account.faults.view()}


def _set_faults(account: Account, request: HttpRequest) -> Any:
    given = msgspec.json.decode(request.body)
    account.faults.replace_rules(given.get("faults") if isinstance(given, dict) else given)
    account.add_note(
        f"Injected failures set: {', '.join(rule.kind for rule in account.faults.rules) or 'none'}"
    )
    return {"faults": account.faults.view()}


def _no_faults(account: Account, _request: HttpRequest) -> Any:
    account.faults.replace_rules([])
    account.add_note("All injected failures removed")
    return {"faults": []}


def _set_quota(account: Account, request: HttpRequest) -> Any:
    given = msgspec.json.decode(request.body)
    quotas = given.get("quotas") if isinstance(given, dict) else given
    if not isinstance(quotas, list):
        raise ValueError('The quotas are not a list, such as ["100/1s", "2000/1m sliding"]')  # noqa: TRY004 - answered as a 400
    account.set_quotas(quotas)
    account.add_note(f"Rate limits set to {', '.join(quotas)}" if quotas else "Rate limits removed")
    return {"quotas": [window.text for window in account.limiter.windows]}


def _reset(account: Account, _request: HttpRequest) -> Any:
    account.reset()
    account.add_note("Everything forgotten")
    return {"status": "forgotten"}


ENDPOINTS: Mapping[tuple[str, str], Callable[[Account, HttpRequest], Any]] = {
    ("GET", "contacts"): _contacts,
    ("GET", "events"): _events,
    ("GET", "requests"): _requests,
    ("GET", "stats"): _stats,
    ("GET", "openapi.json"): _openapi,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _set_faults,
    ("DELETE", "faults"): _no_faults,
    ("POST", "quota"): _set_quota,
    ("POST", "reset"): _reset,
}
