"""What a target of singer-sdk's usual make does: a RecordSink that posts each record.

python data.py messages COUNT | python record_sink.py --config config.json
"""

from __future__ import annotations

from typing import Any

from bodies import TIMEOUT
from singer_sdk import RecordSink
from singer_target import TargetBench, contact_of, session


class ContactSink(RecordSink):
    """Posts each record."""

    def setup(self) -> None:
        self.session = session()

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002 - singer-sdk's signature
        body = contact_of(record)
        self.session.post(self.config["url"], data=body, timeout=TIMEOUT).raise_for_status()


class TargetRecord(TargetBench):
    """Posts one by one."""

    default_sink_class = ContactSink


if __name__ == "__main__":
    TargetRecord.cli()
