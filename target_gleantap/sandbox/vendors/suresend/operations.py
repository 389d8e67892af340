"""What SureSend's operations do to an account, and their responses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from target_gleantap.model import Body
from target_gleantap.sandbox.account.store import Contact, Store
from target_gleantap.sandbox.account.validate import without_nulls
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.vendors.suresend import people

REFERENCE, GUIDE = "reference", "guide"
"""The two documented formats of the response to an event."""

FLAT = ("pageUrl", "pageTitle")


def refuse(status: int, message: str, faults: Sequence[str]) -> Reply:
    """Word a refusal; no page shows one."""
    said: dict[str, Any] = {"success": False, "message": message}
    if faults:
        said["details"] = list(faults)
    return Reply(status, said)


def create_event(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Create the event; match or create its person, and its company."""
    body = without_nulls(body)
    person, company = people.find(store, body), _company(store, body)
    if person is None and "personId" in body:
        return refuse(422, "Invalid request", ("personId: no such person",))
    if company is None and "id" in body.get("company", {}):
        return refuse(422, "Invalid request", ("company.id: no such company",))
    new_person, new_company = person is None, company is None and "company" in body
    person = person or people.create(store, body["person"])
    if new_company:
        company = people.create_company(store, body["company"])
    event_id = store.new_id("event", people.uuid)
    store.add_event(event_id, request.body, (f"id={person.id}",))
    moment = people.now()
    event = {
        "id": event_id,
        "personId": person.id,
        "eventType": body["type"],
        "occurredAt": moment,
        **{name: body[name] for name in FLAT if name in body},
        "createdAt": moment,
    }
    status = 201 if new_person or new_company else 200
    if store.variant == GUIDE:
        return Reply(status, event)
    said = {"event": event, "person": _view(person), "wasPersonCreated": new_person}
    if company is not None:
        said |= {"company": company, "wasCompanyCreated": new_company}
    return Reply(status, said)


def _company(store: Store, body: Body) -> Body | None:
    return people.find_company(store, body["company"]) if "company" in body else None


def create_person(store: Store, body: Body, _request: HttpRequest) -> Reply:
    """Create a person; one who has an e-mail address of the body is returned as they are."""
    person = store.find(people.keys_of(body, ("emails",)))
    if person is not None:
        return Reply(200, _view(person))
    return Reply(201, _view(people.create(store, body)))


def list_people(store: Store, _body: Body, request: HttpRequest) -> Reply:
    """List people, `limit` at most. No page shows the response; the form is a public client's."""
    limit = int(parse_qs(request.query).get("limit", ["25"])[0])
    people_there = islice(store.contacts.values(), limit)
    return Reply(200, {"success": True, "data": [_view(person) for person in people_there]})


def update_person(store: Store, body: Body, request: HttpRequest) -> Reply:
    """Change the fields that the body has, and no others."""
    person = store.contacts.get(request.named["id"])
    if person is None:
        return refuse(404, "Not found", ())
    if parse_qs(request.query).get("mergeTags") == ["true"] and isinstance(body.get("tags"), list):
        held = people.fields_of(person).get("tags") or []
        body = {**body, "tags": list(dict.fromkeys([*held, *body["tags"]]))}
    people.lay_over(store, person, people.with_objects(body))
    return Reply(200, _view(person))


def create_company(store: Store, body: Body, _request: HttpRequest) -> Reply:
    """Create a company; the docs do not say whether one of that name is reused."""
    return Reply(201, people.create_company(store, body))


def _view(person: Contact) -> Body:
    return {"id": person.id, **people.fields_of(person), **person.identity}
