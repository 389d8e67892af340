"""What arrived, as JSON types: for the control endpoints, the page and the tests."""

from __future__ import annotations

from typing import Any

import msgspec

from target_gleantap.sandbox.account.account import Api
from target_gleantap.sandbox.account.request_log import view


def contacts(api: Api) -> list[dict[str, Any]]:
    """Each contact with its present fields and all bodies received for it, oldest first."""
    shown = []
    for contact in api.store.contacts.values():
        history = [msgspec.json.decode(body) for body in contact.bodies]
        shown.append({"_id": contact.id, "fields": api.vendor.fold(history), "history": history})
    return shown


def events(api: Api) -> list[dict[str, Any]]:
    """Each event with how often it came, and its contact where one is known."""
    shown = []
    for event in api.store.events.values():
        contact = api.store.find(event.keys)
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


def requests(api: Api, since: int = 0) -> list[dict[str, Any]]:
    """The log after that sequence, as far as it is kept."""
    return [view(entry) for entry in api.journal.since(since)]


def stats(api: Api) -> dict[str, Any]:
    """The counts, over everything since the start or the last reset."""
    journal, store = api.journal, api.store
    first = min(journal.seconds, default=0)
    return {
        "requests": journal.received,
        "in_progress": journal.in_progress,
        "max_in_progress": journal.max_in_progress,
        "by_status": dict(journal.statuses),
        "by_resource": dict(journal.resources),
        "by_fault": dict(journal.kinds),
        "overlaps": journal.overlaps,
        "overlap_pairs": [list(pair) for pair in journal.overlap_pairs],
        "contacts": len(store.contacts),
        "events": len(store.events),
        **{name: store.counts[name] for name in COUNTS},
        **{kind: len(held) for kind, held in store.others.items()},
        "quotas": [window.text for window in api.limiter.windows],
        "per_second": [
            {"second": second - first, "by_status": dict(journal.seconds[second])}
            for second in sorted(journal.seconds)
        ],
    }


COUNTS = (
    "event_duplicates",
    "event_conflicts",
    "contacts_removed",
    "contacts_merged",
    "sms_optins_sent",
)
