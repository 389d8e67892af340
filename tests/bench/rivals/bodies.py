"""From a record to the request's body, as a person writes it who writes it by hand.

Used by the RecordSink, the BatchSink and dlt's destination: mapping costs them the least there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

HEADERS = {
    "X-API-KEY": "bench",
    "X-SECRET-KEY": "bench",
    "Accept": "application/json",
    "Content-Type": "application/json",
}
TIMEOUT = 30.0


def contact(record: dict[str, Any], born_on: str, joined_at: str) -> bytes:
    """Gleantap's contact; the two dates come as text."""
    reached = record["contact"]
    return _encode(
        {
            "app_id": "bench",
            "user_id": str(record["id"]),
            "first_name": record["first_name"],
            "last_name": record["last_name"],
            "email": reached["email"],
            "phone": reached["mobile"],
            "address": record["street"],
            "city": record["city"],
            "state": record["state"],
            "zip": record["zip"],
            "source": record["source"],
            "dob": born_on,
            "created_date": joined_at,
            "gender": record["gender"],
            "type": "member",
            "status": record["status"],
            "location": record["club"],
            "optin_sms": record["sms_consent"],
            "optout_email": record["email_optout"],
            "tags": ",".join(record["interests"]),
            "plan": record["plan"],
            "visits": record["visits"],
        }
    )


def event(record: dict[str, Any], time: str) -> dict[str, Any]:
    """A member of Klaviyo's bulk request of events."""
    identity = str(record["id"])
    profile = {
        "email": record["contact"]["email"],
        "external_id": identity,
        "first_name": record["first_name"],
        "last_name": record["last_name"],
    }
    one = {
        "metric": {"data": {"type": "metric", "attributes": {"name": "Membership changed"}}},
        "properties": {name: record[name] for name in ("status", "plan", "club", "visits")},
        "time": time,
        "unique_id": identity,
    }
    attributes = {
        "profile": {"data": {"type": "profile", "attributes": profile}},
        "events": {"data": [{"type": "event", "attributes": one}]},
    }
    return {"type": "event-bulk-create", "attributes": attributes}


def bulk(events: Iterable[dict[str, Any]]) -> bytes:
    """Klaviyo's bulk request."""
    attributes = {"events-bulk-create": {"data": list(events)}}
    return _encode({"data": {"type": "event-bulk-create-job", "attributes": attributes}})


def _encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
