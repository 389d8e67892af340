"""A page to look in: what is held, and the latest requests. Plain HTML, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import Any

import msgspec

from target_gleantap.sandbox import views
from target_gleantap.sandbox.api import Api
from target_gleantap.sandbox.vendor import Reply

LATEST = 50
COUNTED = ("requests", "contacts", "events", "overlaps")
STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:80rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .5rem;"
    "text-align:left;vertical-align:top}td{font-family:monospace;overflow-wrap:anywhere}"
)


def render(api: Api) -> Reply:
    """The page as it stands now."""
    stats = views.stats(api)
    title = f"{api.vendor.destination.title} sandbox"
    parts = [
        f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>",
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>",
        f"<p>{', '.join(f'{stats[name]} {name}' for name in COUNTED)}</p>",
        _table("Latest requests", ("", "path", "status", "event", "fault"), _requests(api)),
        _table("Contacts, newest first", ("_id", "bodies", "fields"), _contacts(api)),
        _table("Events, newest first", ("id", "received", "body"), _events(api)),
    ]
    return Reply(200, "\n".join(parts).encode(), media_type="text/html; charset=utf-8")


def _table(caption: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>{caption}</h2><table><tr>{head}</tr>{body}</table>"


def _text(cell: Any) -> str:
    if isinstance(cell, (dict, list)):
        cell = msgspec.json.encode(cell).decode()
    return escape("" if cell is None else str(cell))


def _requests(api: Api) -> Iterable[Sequence[Any]]:
    for entry in islice(reversed(api.journal.entries), LATEST):
        yield entry.sequence, entry.path, entry.status, entry.event_id, entry.kind


def _contacts(api: Api) -> Iterable[Sequence[Any]]:
    for contact in islice(reversed(api.store.contacts.values()), LATEST):
        history = [msgspec.json.decode(body) for body in contact.bodies]
        yield contact.id, len(history), api.vendor.fold(history)


def _events(api: Api) -> Iterable[Sequence[Any]]:
    for event in islice(reversed(api.store.events.values()), LATEST):
        yield event.id, event.received, msgspec.json.decode(event.last or event.body)
