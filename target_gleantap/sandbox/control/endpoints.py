"""The control endpoints under /_sandbox/: look at what arrived, set what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from target_gleantap.sandbox.account.account import Api
from target_gleantap.sandbox.account.vendor import Call, Reply
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.control.openapi import describe

PREFIX = "/_sandbox/"


def answer(api: Api, call: Call) -> Reply:
    """Answer a call below `/_sandbox/`."""
    name = call.path[len(PREFIX) :]
    endpoint = ENDPOINTS.get((call.method, name))
    if endpoint is None:
        known = ", ".join(f"{method} {PREFIX}{known}" for method, known in ENDPOINTS)
        return Reply(404, {"error": f"No such endpoint; there are: {known}"})
    try:
        return Reply(200, endpoint(api, call))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        return Reply(400, {"error": str(error)})


def _contacts(api: Api, _call: Call) -> Any:
    return views.contacts(api)


def _events(api: Api, _call: Call) -> Any:
    return views.events(api)


def _requests(api: Api, call: Call) -> Any:
    since = parse_qs(call.query).get("since", ["0"])[0]
    return views.requests(api, int(since))


def _openapi(api: Api, _call: Call) -> Any:
    return describe(api.vendor, api.options.credentials)


def _stats(api: Api, _call: Call) -> Any:
    return views.stats(api)


def _faults(api: Api, _call: Call) -> Any:
    return {"faults": api.faults.view()}


def _set_faults(api: Api, call: Call) -> Any:
    given = msgspec.json.decode(call.body)
    api.faults.replace(given.get("faults") if isinstance(given, dict) else given)
    api.note(f"Fault rules set: {', '.join(rule.kind for rule in api.faults.rules) or 'none'}")
    return {"faults": api.faults.view()}


def _no_faults(api: Api, _call: Call) -> Any:
    api.faults.replace([])
    api.note("All faults removed")
    return {"faults": []}


def _set_quota(api: Api, call: Call) -> Any:
    given = msgspec.json.decode(call.body)
    quotas = given.get("quotas") if isinstance(given, dict) else given
    if not isinstance(quotas, list):
        raise ValueError('The quotas are not a list, such as ["100/1s", "2000/1m sliding"]')  # noqa: TRY004 - answered as a 400
    api.limit(quotas)
    api.note(f"Quotas set to {', '.join(quotas)}" if quotas else "Quotas lifted")
    return {"quotas": [window.text for window in api.limiter.windows]}


def _reset(api: Api, _call: Call) -> Any:
    api.reset()
    api.note("Everything forgotten")
    return {"status": "forgotten"}


ENDPOINTS: Mapping[tuple[str, str], Callable[[Api, Call], Any]] = {
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
