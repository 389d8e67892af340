"""The inbox's pages: each address, and the values for its template."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote, urlencode

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.faults.rules import KINDS
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.inbox import actions, assets, fields, reasons, subjects
from target_gleantap.sandbox.inbox.clock import Clock
from target_gleantap.sandbox.inbox.rendering import render
from target_gleantap.sandbox.inbox.search import Filter, search
from target_gleantap.telemetry import charts

PREFIX = "/_inbox/"
LATEST = 15
NOTES = 12

Query = Mapping[str, str]


def answer(account: Account, request: HttpRequest) -> Reply:
    """Respond to a request for the front page, or below `/_inbox/`."""
    path = request.path.removeprefix(PREFIX) if request.path != "/" else ""
    if request.method == "POST":
        return _act(account, path, request)
    place, _, name = path.partition("/")
    if place == "static":
        return assets.answer(name) or _missing(account, "There is no such file.")
    page = PAGES.get((place, bool(name)))
    if request.method != "GET" or page is None:
        return _missing(account, "There is no such page.")
    return page(account, unquote(name), dict(parse_qsl(request.query)))


def _act(account: Account, path: str, request: HttpRequest) -> Reply:
    form = dict(parse_qsl(request.body.decode(errors="replace")))
    try:
        said = {"done": actions.perform(account, path.removeprefix("do/"), form)}
    except actions.Refused as fault:
        said = {"refused": str(fault)}
    back = "/" if path == "do/forget" else f"{PREFIX}faults"
    return Reply(303, b"", {"Location": f"{back}?{urlencode(said)}"}, "text/plain")


def _missing(account: Account, words: str) -> Reply:
    return render(account, "missing.html", 404, title="Not found", words=words)


def _overview(account: Account, _name: str, query: Query) -> Reply:
    request_log = account.request_log
    found = search(account, Filter(), time.monotonic())
    return render(
        account,
        "overview.html",
        title="Overview",
        done=query.get("done", ""),
        found=found,
        entries=found.entries[:LATEST],
        contacts=subjects.contacts(account)[0][:LATEST],
        events=subjects.events(account)[0][:LATEST],
        notes=list(account.notes)[-NOTES:][::-1],
        windows=account.limiter.windows,
        request_log=request_log,
    )


def _series(account: Account, _name: str, _query: Query) -> Reply:
    account.sample_gauges(time.monotonic())
    view = account.request_log.series.view()
    start = account.started + account.wall
    drawn = {
        "requests": charts.requests(view, start),
        "latency": charts.latency(view, start),
        "quota": charts.levels(view, start, "Rate limit in use", "quota "),
        "progress": charts.levels(view, start, "In progress at once", "in progress", 1),
    }
    zone = Clock(account.wall).at(time.monotonic()).utcoffset()
    said = {"zone": zone.total_seconds() if zone else 0, "charts": drawn}
    return Reply(200, said, {"Cache-Control": "no-store"})


def _contacts(account: Account, _name: str, query: Query) -> Reply:
    text = query.get("q", "").strip()
    cards, total = subjects.contacts(account, text)
    return render(account, "contacts.html", title="Contacts", cards=cards, total=total, text=text)


def _contact(account: Account, name: str, _query: Query) -> Reply:
    contact = account.store.contacts.get(name)
    if contact is None:
        return _missing(account, "There is no such contact: it was removed, merged or forgotten.")
    card = subjects.contact_card(account, contact)
    chapters = fields.history(account, contact.bodies, contact.bodies.arrivals)
    resource = fields.best_resource(account, card.fields)
    refused, lines, others = [], [], card.fields
    if resource:
        refused = subjects.refused_for(account, resource, card.identifiers)
        lines = subjects.lines(account, resource, card.fields, chapters, refused)
        others = subjects.undocumented(resource, card.fields)
    return render(
        account,
        "contact.html",
        title=card.title,
        card=card,
        chapters=chapters[::-1],
        lines=lines,
        others=others,
        refused=[entry for entry, _body in refused][: subjects.LATEST],
        resource=resource,
        events=[subjects.event_card(account, one) for one in account.store.events_of(contact)][
            ::-1
        ],
    )


def _events(account: Account, _name: str, query: Query) -> Reply:
    text = query.get("q", "").strip()
    cards, total = subjects.events(account, text)
    return render(account, "events.html", title="Events", cards=cards, total=total, text=text)


def _event(account: Account, name: str, _query: Query) -> Reply:
    event = account.store.events.get(name)
    if event is None:
        return _missing(account, "There is no such event.")
    card = subjects.event_card(account, event)
    resource = fields.resource_of(account, event.first.operation, card.body)
    held = fields.inner(card.body, resource) if resource else card.body
    first = fields.decode(event.body) or {}
    return render(
        account,
        "event.html",
        title=card.title,
        card=card,
        lines=subjects.lines(account, resource, held, (), ()) if resource else [],
        resource=resource,
        changes=fields.changes(first, card.body),
    )


def _requests(account: Account, _name: str, query: Query) -> Reply:
    now = time.monotonic()
    wanted = Filter.from_query(query)
    found = search(account, wanted, now)
    older = {key: value for key, value in query.items() if value and key != "before"}
    if found.more:
        older["before"] = str(found.entries[-1].sequence)
    moments = [entry.arrived for entry in found.entries]
    return render(
        account,
        "requests.html",
        title="Requests",
        wanted=wanted,
        found=found,
        notes=_notes_within(account, moments) if wanted.first or wanted.last else [],
        older=f"{PREFIX}requests?{urlencode(older)}" if found.more else "",
        outcomes=reasons.OUTCOMES,
        resources=sorted(account.request_log.resources),
        kept=account.request_log.entries.maxlen,
        first=account.request_log.entries[0] if account.request_log.entries else None,
    )


def _notes_within(account: Account, moments: list[float]) -> list[tuple[float, str]]:
    if not moments:
        return []
    first, last = min(moments) - 60, max(moments) + 60
    return [note for note in account.notes if first <= note[0] <= last]


def _request(account: Account, name: str, _query: Query) -> Reply:
    sequence = int(name) if name.isdigit() else -1
    entry = next(iter(account.request_log.since(sequence - 1)), None)
    if entry is None or entry.sequence != sequence:
        return _missing(account, "This request is not in the log: it is too old, or was forgotten.")
    return render(account, "request.html", title=f"Request #{sequence}", entry=entry)


def _fields(account: Account, _name: str, _query: Query) -> Reply:
    found = [
        (resource, fields.documented(resource), fields.fill(account, resource))
        for resource in account.vendor.destination.resources.values()
        if account.request_log.resources[resource.name] or not resource.explicit_only
    ]
    return render(account, "fields.html", title="Fields", resources=found, sample=fields.SAMPLE)


def _faults(account: Account, _name: str, query: Query) -> Reply:
    return render(
        account,
        "faults.html",
        title="Failures",
        done=query.get("done", ""),
        refused=query.get("refused", ""),
        rules=account.faults.rules,
        kinds=KINDS,
        presets=actions.PRESETS,
        often=actions.OFTEN,
        operations=[operation.name for operation in account.vendor.operations],
        windows=account.limiter.windows,
    )


PAGES: Mapping[tuple[str, bool], Callable[[Account, str, Query], Reply]] = {
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
