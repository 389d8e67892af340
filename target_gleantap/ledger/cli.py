"""The command `ledger`: status, forget, export. Nothing is sent.

target-gleantap ledger status --config config.json
target-gleantap ledger forget --config config.json --stream members --key user_id=m17
target-gleantap ledger export --config config.json > ledger.jsonl
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import click

from target_gleantap import config as settings
from target_gleantap import destinations
from target_gleantap.config.files import read_config
from target_gleantap.contract.identify import key as key_of
from target_gleantap.errors import ConfigError
from target_gleantap.ledger.connect import open_ledger
from target_gleantap.ledger.fingerprints import REMOVED
from target_gleantap.ledger.maintenance import Maintenance
from target_gleantap.ledger.store import Ledger
from target_gleantap.model import Body, Fault

HEADINGS = {"keys": "delivered", "doubt": "unconfirmed"}
SETTINGS = ("ledger_url", "ledger_secret", "ledger_wait_seconds", "destination")
CONFIG = click.option(
    "--config",
    "given",
    multiple=True,
    metavar="PATH|ENV",
    help="The config of the run: files, and ENV for the environment. May be repeated.",
)


@click.group()
def ledger() -> None:
    """Look into the ledger (what was delivered before), or forget some of it."""


@ledger.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(given: tuple[str, ...], *, as_json: bool) -> None:
    """Print how many records of each stream are in the ledger, and when a run last succeeded."""
    with _opened(given) as (_, maintenance):
        holdings = [asdict(each) for each in maintenance.holdings()]
        run = maintenance.last_run()
        told = {
            "bytes": maintenance.size(),
            "last_run": {"began": _time(run[0]), "last_heard_of": _time(run[1])} if run else None,
            "holdings": [{**each, "last": _time(each["last"])} for each in holdings],
        }
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _show(told)


@ledger.command()
@CONFIG
@click.option("--stream", required=True, help="The stream, as its mappings name it.")
@click.option(
    "--key",
    "pairs",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Only the record matched by this body field, such as user_id=17. May be repeated for "
    "records that are matched by several fields, such as email and first_name.",
)
def forget(given: tuple[str, ...], stream: str, pairs: tuple[str, ...]) -> None:
    """Forget what a stream delivered, so that it is sent again when it comes next."""
    body = dict(_pair(pair) for pair in pairs)
    with _opened(given) as (opened, maintenance):
        sources = maintenance.sources(stream)
        if not sources:
            raise click.UsageError(
                f"The ledger has no stream {stream!r}; `ledger status` lists them."
            )
        keys = _keys(opened, [scope for _, scope in sources], body) if body else None
        count = maintenance.forget([number for number, _ in sources], keys)
    click.echo(f"{count} {'record' if count == 1 else 'records'} forgotten")


@ledger.command()
@CONFIG
def export(given: tuple[str, ...]) -> None:
    """Print all rows as JSON lines: hashes, the vendor's own ids, and times."""
    with _opened(given) as (_, maintenance):
        for row in maintenance.rows():
            sys.stdout.write(json.dumps(_exported(row)) + "\n")


# --- the config


@contextmanager
def _opened(given: Sequence[str]) -> Iterator[tuple[Ledger, Maintenance]]:
    config, faults = settings.read(read_config(given, os.environ))
    # Keys and mappings may be missing: nothing is sent.
    wanted = [fault for fault in faults if fault.path in SETTINGS]
    if config is None or wanted:
        raise ConfigError(wanted or faults)
    if config.ledger_url is None:
        hint = "give the config of the run with --config"
        raise ConfigError([Fault("ledger_url", "is not set", hint, rule="required")])
    opened = open_ledger(
        config.ledger_url, config.ledger_secret, wait=config.ledger_wait_seconds, create=False
    )
    try:
        yield opened, Maintenance(opened)
    finally:
        opened.close()


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise click.UsageError("--key must be FIELD=VALUE, such as user_id=17")
    return name.strip(), value


def _keys(opened: Ledger, scopes: Sequence[tuple[str, str, str]], body: Body) -> list[bytes]:
    keys, matched_by = [], []
    for scope in dict.fromkeys(scopes):
        destination, _, name = scope
        resource = destinations.load(destination).resources[name]
        parts = key_of(resource, body)
        if parts is not None:
            keys.append(opened.fingerprints.keys(scope).hash_key(parts))
        ways = (" and ".join(part.path for part in way) for way in resource.key)
        matched_by.append(f"a {name} is matched by {', else by '.join(ways)}")
    if not keys:
        raise click.UsageError(f"--key does not identify a record: {'; '.join(matched_by)}")
    return keys


# --- what is shown


def _time(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _exported(row: Mapping[str, Any]) -> dict[str, Any]:
    fingerprint = row["fingerprint"]
    state = "in doubt" if fingerprint is None else "delivered"
    return {
        "key": row["key"].hex(),
        "state": "removed" if fingerprint == REMOVED else state,
        "fingerprint": None if fingerprint is None else fingerprint.hex(),
        "kept": json.loads(row["kept"]) if row["kept"] else {},
        "delivered": _time(row["delivered"]),
        **{name: row[name] for name in ("destination", "account", "resource", "stream", "mapping")},
    }


def _show(told: Mapping[str, Any]) -> None:
    from rich.console import Console  # noqa: PLC0415 - takes longer to import than all else here
    from rich.table import Table  # noqa: PLC0415

    columns = ("destination", "account", "resource", "stream", "mapping")
    counts = ("keys", "doubt", "removed")
    table = Table(title="Records in the ledger", title_justify="left")
    for column in (*columns, "last run"):
        table.add_column(column)
    for column in counts:
        table.add_column(HEADINGS.get(column, column), justify="right")
    for row in told["holdings"]:
        words = [str(row[column]) for column in columns]
        words[1] = words[1][:8]
        table.add_row(*words, row["last"] or "never", *(f"{row[column]:,}" for column in counts))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(table)
    run = told["last_run"]
    began = f"The last run began {run['began']}. " if run else ""
    console.print(f"{began}Size of the ledger: {told['bytes'] / 1e6:.1f} MB.")
