"""What arrived, as JSON types: for the control endpoints, the page and the tests."""

from __future__ import annotations

from typing import Any

import msgspec

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.account.request_log import view


def contacts(account: Account) -> list[dict[str, Any]]:
    """Each contact with its present fields and all bodies received for it, oldest first."""
    shown = []
    for contact in account.store.contacts.values():
        history = [msgspec.json.decode(body) for body in contact.bodies]
        shown.append(
            {"_id": contact.id, "fields": account.vendor.fold(history), "history": history}
        )
    return shown


def events(account: Account) -> list[dict[str, Any]]:
    """Each event with how often it came, and its contact where one is known."""
    shown = []
    for event in account.store.events.values():
        contact = account.store.find(event.keys)
        shown.append(
            {
                "id": event.id,
                "contact": contact.id if contact else None,
                "body": msgspec.json.decode(event.body),
                "last": msgspec.json.decode(event.last) if event.last else None,
                "received": event.received,
                "identical": event.identical,
            }
        )
    return shown


def requests(account: Account, since: int = 0) -> list[dict[str, Any]]:
    """The request log after that sequence, as far as it is kept."""
    return [view(entry) for entry in account.request_log.since(since)]


def stats(account: Account) -> dict[str, Any]:
    """The counts, over everything since the start or the last reset."""
    request_log, store = account.request_log, account.store
    first = min(request_log.seconds, default=0)
    return {
        "requests": request_log.received,
        "in_progress": request_log.in_progress,
        "max_in_progress": request_log.max_in_progress,
        "by_status": dict(request_log.statuses),
        "by_resource": dict(request_log.resources),
        "by_fault": dict(request_log.kinds),
        "overlaps": request_log.overlaps,
        "overlap_pairs": [list(pair) for pair in request_log.overlap_pairs],
        "contacts": len(store.contacts),
        "events": len(store.events),
        **{name: store.counts[name] for name in COUNTS},
        **{kind: len(held) for kind, held in store.others.items()},
        "quotas": [window.text for window in account.limiter.windows],
        "per_second": [
            {"second": second - first, "by_status": dict(request_log.seconds[second])}
            for second in sorted(request_log.seconds)
        ],
    }


COUNTS = (
    "event_duplicates",
    "event_conflicts",
    "contacts_removed",
    "contacts_merged",
    "sms_optins_sent",
)
