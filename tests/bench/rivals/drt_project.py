"""A project of drt-core: the YAML that its documents ask for.

The mapping is SQL, as with dbt, so that no template has to be rendered for a record. A sync of
drt-core has one request in flight. `drt run --threads` carries out several syncs side by side, so
`split` gives it as many syncs, each of its share of the table: the most it can be made to do.
They read one Parquet file, each through a DuckDB in memory: two cannot open one DuckDB file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONTACTS = """
SELECT 'bench' AS app_id, CAST(id AS VARCHAR) AS user_id, first_name, last_name,
    contact.email AS email, contact.mobile AS phone, street AS address, city, state, zip, source,
    CAST(born_on AS VARCHAR) AS dob, strftime(joined_at, '%Y-%m-%d %H:%M:%S') AS created_date,
    gender, 'member' AS type, status, club AS location, sms_consent AS optin_sms,
    email_optout AS optout_email, array_to_string(interests, ',') AS tags, plan, visits
FROM '{table}'
"""
EVENTS = """
SELECT 'event-bulk-create' AS type, {
    profile: {data: {type: 'profile', attributes: {email: contact.email,
        external_id: CAST(id AS VARCHAR), first_name: first_name, last_name: last_name}}},
    events: {data: [{type: 'event', attributes: {
        metric: {data: {type: 'metric', attributes: {name: 'Membership changed'}}},
        properties: {status: status, plan: plan, club: club, visits: visits},
        time: strftime(updated_at, '%Y-%m-%dT%H:%M:%S+00:00'),
        unique_id: CAST(id AS VARCHAR)}}]}} AS attributes
FROM '{table}'
"""
BULK = (
    '{"data":{"type":"event-bulk-create-job","attributes":'
    '{"events-bulk-create":{"data":{{ rows | tojson_safe }}}}}}'
)
BATCH = 10_000
"""A connection is opened for each batch: drt-core's own 100 would cost it more."""


def write(folder: Path, table: Path, url: str, split: int, quota: int, bulk: int) -> None:
    """Write a project and its profile.

    Args:
        folder: Where; its home directory too.
        table: The Parquet file with the records.
        url: Where its syncs post.
        split: How many syncs share the table.
        quota: The requests a second that are set as its limit; 0 for none.
        bulk: How many records go into one request; 0 for one by one.
    """
    (folder / ".drt").mkdir(parents=True)
    (folder / "syncs").mkdir()
    profile = {"bench": {"type": "duckdb", "database": ":memory:"}}
    (folder / ".drt" / "profiles.yml").write_text(json.dumps(profile))
    project = {"name": "bench", "version": "0.1", "profile": "bench"}
    (folder / "drt_project.yml").write_text(json.dumps(project))
    for part in range(split):
        sql = (EVENTS if bulk else CONTACTS).replace(
            "{table}", str(table)
        ) + f"WHERE id % {split} = {part}"
        sync = _sync(f"contacts_{part}", sql, url, quota, bulk)
        (folder / "syncs" / f"contacts_{part}.yml").write_text(json.dumps(sync))


def _sync(name: str, sql: str, url: str, quota: int, bulk: int) -> dict[str, Any]:
    destination: dict[str, Any] = {
        "type": "rest_api",
        "url": url,
        "method": "POST",
        "headers": {"Content-Type": "application/json", "X-API-KEY": "bench"},
    }
    if bulk:
        destination |= {
            "body_mode": "batch",
            "batch_template": BULK,
            "max_records_per_request": bulk,
        }
    return {
        "name": name,
        "description": "Members of a gym",
        "model": sql,
        "destination": destination,
        "sync": {
            "mode": "full",
            "batch_size": BATCH,
            "rate_limit": {"requests_per_second": quota},
            "on_error": "fail",
        },
    }
