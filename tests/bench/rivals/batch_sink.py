"""The best that singer-sdk offers for it: a BatchSink that posts its batch from a pool of threads.

python data.py messages COUNT | python batch_sink.py --config config.json

The batch is singer-sdk's own, of 10,000 records; with `bulk` it is a thousand, and one request.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bodies import TIMEOUT, bulk
from singer_sdk import BatchSink
from singer_target import TargetBench, contact_of, event_of, session

BULK = 1_000


class ContactsSink(BatchSink):
    """Posts each batch, many requests at a time."""

    def setup(self) -> None:
        self.local = threading.local()
        self.pool = ThreadPoolExecutor(self.config["in_flight"])

    def post(self, body: bytes) -> None:
        if not hasattr(self.local, "session"):
            self.local.session = session()
        self.local.session.post(self.config["url"], data=body, timeout=TIMEOUT).raise_for_status()

    @property
    def max_size(self) -> int:
        return BULK if self.config["bulk"] else super().max_size

    def process_batch(self, context: dict[str, Any]) -> None:
        records = context["records"]
        if self.config["bulk"]:
            self.post(bulk(map(event_of, records)))
            return
        for _ in self.pool.map(lambda record: self.post(contact_of(record)), records):
            pass


class TargetBatches(TargetBench):
    """Posts batch by batch."""

    default_sink_class = ContactsSink


if __name__ == "__main__":
    TargetBatches.cli()
