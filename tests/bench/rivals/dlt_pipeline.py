"""A pipeline of dlt's whose destination is a function that posts: its way of reverse ETL.

python dlt_pipeline.py URL IN_FLIGHT FOLDER {contact|event} < messages

The resource gives pages of a thousand records, as dlt's page on performance advises. Dlt loads as
many files at a time as there are `workers`, so the environment has it cut the data into that many
(see `contestants.py`). What is posted goes through dlt's own requests, which retries.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import dlt
from bodies import HEADERS, TIMEOUT, bulk, contact, event
from dlt.common.json import json
from dlt.sources.helpers import requests

PAGE = 1_000


@dlt.resource(name="members", max_table_nesting=0)
def members() -> Iterator[list[dict[str, Any]]]:
    """The tap's records, page by page."""
    page = []
    for line in sys.stdin.buffer:
        if b'"RECORD"' in line:
            page.append(json.loadb(line)["record"])
        if len(page) == PAGE:
            yield page
            page = []
    yield page


def destination(url: str, in_flight: int, kind: str) -> Any:
    """A destination that posts each record, or a thousand events at once."""

    def post(body: bytes) -> None:
        requests.post(url, data=body, headers=HEADERS, timeout=TIMEOUT).raise_for_status()

    def contacts(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ARG001 - dlt's signature
        for item in items:
            joined_at = str(item["joined_at"])[:19].replace("T", " ")
            post(contact(item, str(item["born_on"]), joined_at))

    def events(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ARG001 - dlt's signature
        post(bulk(event(each, str(each["updated_at"])[:19] + "+00:00") for each in items))

    chosen = {"contact": contacts, "event": events}[kind]
    return dlt.destination(
        batch_size=PAGE,
        name=kind,
        loader_parallelism_strategy="parallel",
        max_parallel_load_jobs=in_flight,
    )(chosen)


def main(url: str, in_flight: str, folder: str, kind: str) -> None:
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=folder, destination=destination(url, int(in_flight), kind)
    )
    pipeline.run(members())


if __name__ == "__main__":
    main(*sys.argv[1:])
