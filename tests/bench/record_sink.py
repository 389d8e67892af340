"""What a target of singer-sdk's usual make does: a RecordSink that posts each record.

python data.py messages COUNT | python record_sink.py --config config.json
"""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from singer_sdk import RecordSink, Target
from singer_sdk import typing as th

TIMEOUT = 30.0


class ContactSink(RecordSink):
    """Posts each record."""

    def setup(self) -> None:
        self.session = requests.Session()
        self.session.headers["X-API-KEY"] = "bench"

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002 - singer-sdk's signature
        contact = record["contact"]
        body = {
            "app_id": "bench",
            "user_id": str(record["id"]),
            "first_name": record["first_name"],
            "last_name": record["last_name"],
            "email": contact["email"],
            "phone": contact["mobile"],
            "address": record["street"],
            "city": record["city"],
            "state": record["state"],
            "zip": record["zip"],
            "source": record["source"],
            "dob": record["born_on"].isoformat(),
            "created_date": record["joined_at"].strftime("%Y-%m-%d %H:%M:%S"),
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
        response = self.session.post(self.config["url"], json=body, timeout=TIMEOUT)
        response.raise_for_status()


class TargetBench(Target):
    """One sink for all streams."""

    name = "target-bench"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("url", th.StringType, required=True)
    ).to_dict()
    default_sink_class = ContactSink


if __name__ == "__main__":
    TargetBench.cli()
