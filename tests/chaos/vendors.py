"""What the runs send to each vendor: the mappings, and the account that expects them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taps import CANARY, NOBODY

WHERE = f"first_name != '{NOBODY}'"


@dataclass(frozen=True)
class Vendor:
    """One destination, as the chaos suite uses it.

    Attributes:
        credentials: Secrets that must not stand anywhere but in requests.
        settings: The destination's own.
        mappings: Members and visits to its resources.
        asked_for: The operations that this brings about; no other may be called.
        fields: All that a body may hold at its top.
    """

    credentials: Mapping[str, str]
    settings: Mapping[str, Any]
    mappings: tuple[Mapping[str, Any], ...]
    asked_for: frozenset[str]


def _entry(stream: str, resource: str, **fields: Any) -> dict[str, Any]:
    where = {"where": WHERE} if stream == "members" else {}
    return {"stream": stream, "resource": resource, **where, "fields": fields}


VENDORS = {
    "gleantap": Vendor(
        {name: f"{CANARY}-{name}" for name in ("api_key", "secret_key", "app_id")},
        {},
        (
            _entry(
                "members",
                "contact",
                user_id="id",
                first_name="first_name",
                last_name="last_name",
                email="email",
            ),
            _entry(
                "visits",
                "event",
                id="id",
                user_id="member_id",
                event_type="'visit'",
                event_date="at",
            ),
        ),
        frozenset({"contact", "event"}),
    ),
    "klaviyo": Vendor(
        {"api_key": f"pk_{CANARY}"},
        # Few requests, each of many records.
        {
            "event_mode": "bulk",
            "profile_mode": "bulk",
            "batch_size_rows": 60,
            "batch_wait_seconds": 1,
        },
        (
            _entry("members", "profile", email="email", last_name="last_name"),
            _entry(
                "visits",
                "event",
                profile={"email": "email"},
                metric="'Visit'",
                unique_id="id",
            ),
        ),
        frozenset({"event_bulk", "profile_bulk", "import_job", "import_errors"}),
    ),
    "suresend": Vendor(
        {"api_key": f"{CANARY}-key"},
        {},
        (
            _entry("members", "person", name="last_name", emails=["email"]),
            _entry("visits", "event", type="'visit'", person={"emails": ["email"]}, message="id"),
        ),
        frozenset({"person", "person_update", "event"}),
    ),
}
