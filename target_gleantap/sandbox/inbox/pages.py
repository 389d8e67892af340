"""The inbox's pages: each address, and what its template is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote, urlencode

from target_gleantap.sandbox.account.account import Api
from target_gleantap.sandbox.account.vendor import Call, Reply
from target_gleantap.sandbox.faults.rules import KINDS
from target_gleantap.sandbox.inbox import actions, assets, fields, reasons, subjects
from target_gleantap.sandbox.inbox.clock import Clock
from target_gleantap.sandbox.inbox.rendering import render
from target_gleantap.sandbox.inbox.search import Filter, search
from target_gleantap.telemetry import charts

PREFIX = "/_inbox/"
LATEST = 15
NOTES = 12

Query = Mapping[str, str]


def answer(api: Api, call: Call) -> Reply:
    """Answer a call to the front page, or below `/_inbox/`."""
    path = call.path.removeprefix(PREFIX) if call.path != "/" else ""
    if call.method == "POST":
        return _act(api, path, call)
    place, _, name = path.partition("/")
    if place == "static":
        return assets.answer(name) or _missing(api, "There is no such file.")
    page = PAGES.get((place, bool(name)))
    if call.method != "GET" or page is None:
        return _missing(api, "There is no such page.")
    return page(api, unquote(name), dict(parse_qsl(call.query)))


def _act(api: Api, path: str, call: Call) -> Reply:
    form = dict(parse_qsl(call.body.decode(errors="replace")))
    try:
        said = {"done": actions.perform(api, path.removeprefix("do/"), form)}
    except actions.Refused as fault:
        said = {"refused": str(fault)}
    back = "/" if path == "do/forget" else f"{PREFIX}faults"
    return Reply(303, b"", {"Location": f"{back}?{urlencode(said)}"}, "text/plain")


def _missing(api: Api, words: str) -> Reply:
    return render(api, "missing.html", 404, title="Not found", words=words)


def _overview(api: Api, _name: str, query: Query) -> Reply:
    journal = api.journal
    found = search(api, Filter(), time.monotonic())
    return render(
        api,
        "overview.html",
        title="Overview",
        done=query.get("done", ""),
        found=found,
        entries=found.entries[:LATEST],
        contacts=subjects.contacts(api)[0][:LATEST],
        events=subjects.events(api)[0][:LATEST],
        notes=list(api.notes)[-NOTES:][::-1],
        windows=api.limiter.windows,
        journal=journal,
    )


def _series(api: Api, _name: str, _query: Query) -> Reply:
    api.sample(time.monotonic())
    view = api.journal.series.view()
    start = api.started + api.wall
    drawn = {
        "requests": charts.requests(view, start),
        "latency": charts.latency(view, start),
        "quota": charts.levels(view, start, "Quota in use", "quota "),
        "progress": charts.levels(view, start, "In progress at once", "in progress", 1),
    }
    zone = Clock(api.wall).at(time.monotonic()).utcoffset()
    said = {"zone": zone.total_seconds() if zone else 0, "charts": drawn}
    return Reply(200, said, {"Cache-Control": "no-store"})


def _contacts(api: Api, _name: str, query: Query) -> Reply:
    text = query.get("q", "").strip()
    cards, total = subjects.contacts(api, text)
    return render(api, "contacts.html", title="Contacts", cards=cards, total=total, text=text)


def _contact(api: Api, name: str, _query: Query) -> Reply:
    contact = api.store.contacts.get(name)
    if contact is None:
        return _missing(api, "This contact is not there: it was removed, merged or forgotten.")
    card = subjects.contact_card(api, contact)
    chapters = fields.history(api, contact.bodies, contact.bodies.origins)
    resource = fields.best_resource(api, card.fields)
    refused, lines, others = [], [], card.fields
    if resource:
        refused = subjects.refused_for(api, resource, card.identifiers)
        lines = subjects.lines(api, resource, card.fields, chapters, refused)
        others = subjects.undocumented(resource, card.fields)
    return render(
        api,
        "contact.html",
        title=card.title,
        card=card,
        chapters=chapters[::-1],
        lines=lines,
        others=others,
        refused=[entry for entry, _body in refused][: subjects.LATEST],
        resource=resource,
        events=[subjects.event_card(api, one) for one in api.store.events_of(contact)][::-1],
    )


def _events(api: Api, _name: str, query: Query) -> Reply:
    text = query.get("q", "").strip()
    cards, total = subjects.events(api, text)
    return render(api, "events.html", title="Events", cards=cards, total=total, text=text)


def _event(api: Api, name: str, _query: Query) -> Reply:
    event = api.store.events.get(name)
    if event is None:
        return _missing(api, "This event is not there.")
    card = subjects.event_card(api, event)
    resource = fields.resource_of(api, event.first.operation, card.body)
    held = fields.inner(card.body, resource) if resource else card.body
    first = fields.decode(event.body) or {}
    return render(
        api,
        "event.html",
        title=card.title,
        card=card,
        lines=subjects.lines(api, resource, held, (), ()) if resource else [],
        resource=resource,
        changes=fields.changes(first, card.body),
    )


def _requests(api: Api, _name: str, query: Query) -> Reply:
    now = time.monotonic()
    wanted = Filter.of(query)
    found = search(api, wanted, now)
    older = {key: value for key, value in query.items() if value and key != "before"}
    if found.more:
        older["before"] = str(found.entries[-1].sequence)
    moments = [entry.arrived for entry in found.entries]
    return render(
        api,
        "requests.html",
        title="Requests",
        wanted=wanted,
        found=found,
        notes=_notes_within(api, moments) if wanted.first or wanted.last else [],
        older=f"{PREFIX}requests?{urlencode(older)}" if found.more else "",
        outcomes=reasons.OUTCOMES,
        resources=sorted(api.journal.resources),
        kept=api.journal.entries.maxlen,
        first=api.journal.entries[0] if api.journal.entries else None,
    )


def _notes_within(api: Api, moments: list[float]) -> list[tuple[float, str]]:
    if not moments:
        return []
    first, last = min(moments) - 60, max(moments) + 60
    return [note for note in api.notes if first <= note[0] <= last]


def _request(api: Api, name: str, _query: Query) -> Reply:
    sequence = int(name) if name.isdigit() else -1
    entry = next(iter(api.journal.since(sequence - 1)), None)
    if entry is None or entry.sequence != sequence:
        return _missing(api, "This request is not in the log: it is too old, or was forgotten.")
    return render(api, "request.html", title=f"Request #{sequence}", entry=entry)


def _fields(api: Api, _name: str, _query: Query) -> Reply:
    found = [
        (resource, fields.documented(resource), fields.fill(api, resource))
        for resource in api.vendor.destination.resources.values()
        if api.journal.resources[resource.name] or not resource.explicit_only
    ]
    return render(api, "fields.html", title="Fields", resources=found, sample=fields.SAMPLE)


def _faults(api: Api, _name: str, query: Query) -> Reply:
    return render(
        api,
        "faults.html",
        title="Faults",
        done=query.get("done", ""),
        refused=query.get("refused", ""),
        rules=api.faults.rules,
        kinds=KINDS,
        presets=actions.PRESETS,
        often=actions.OFTEN,
        operations=[operation.name for operation in api.vendor.operations],
        windows=api.limiter.windows,
    )


PAGES: Mapping[tuple[str, bool], Callable[[Api, str, Query], Reply]] = {
    ("", False): _overview,
    ("contacts", False): _contacts,
    ("contacts", True): _contact,
    ("events", False): _events,
    ("events", True): _event,
    ("requests", False): _requests,
    ("requests", True): _request,
    ("fields", False): _fields,
    ("faults", False): _faults,
    ("series", False): _series,
}
"""By the first part of the address, and whether something is named after it."""
