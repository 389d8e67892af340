"""What the two sinks of singer-sdk share: retries, dates, and the target around them."""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from bodies import HEADERS, contact, event
from requests.adapters import HTTPAdapter
from singer_sdk import Target
from singer_sdk import typing as th
from urllib3.util import Retry

RETRIES = Retry(
    total=10, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None
)


def session() -> requests.Session:
    """A session that repeats what failed, as urllib3 does it: `Retry-After` is kept."""
    made = requests.Session()
    made.headers.update(HEADERS)
    made.mount("http://", HTTPAdapter(max_retries=RETRIES))
    return made


def contact_of(record: dict[str, Any]) -> bytes:
    """The body; singer-sdk has made dates of the record's texts."""
    joined_at = record["joined_at"].strftime("%Y-%m-%d %H:%M:%S")
    return contact(record, record["born_on"].isoformat(), joined_at)


def event_of(record: dict[str, Any]) -> dict[str, Any]:
    """The same as an event."""
    return event(record, record["updated_at"].strftime("%Y-%m-%dT%H:%M:%S+00:00"))


class TargetBench(Target):
    """One sink for all streams."""

    name = "target-bench"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("url", th.StringType, required=True),
        th.Property("in_flight", th.IntegerType, default=1),
        th.Property("bulk", th.BooleanType, default=False),
    ).to_dict()
