"""Why a field is empty, and which request changed it."""

from __future__ import annotations

from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.inbox import fields


def test_why_a_field_is_empty(account, send):
    resource = account.vendor.destination.resources["contact"]
    send(1, last_name="A", city="Springfield")
    send(2, last_name="B")
    rates = fields.fill(account, resource)
    assert (rates.bodies, rates.filled["city"]) == (2, 1)
    assert fields.why_empty("city", rates, (), ()).startswith("1 of the latest 2 have it")
    assert fields.why_empty("zip", rates, (), ()) == ""
    contact = next(iter(account.store.contacts.values()))
    (chapter,) = fields.history(account, contact.bodies, contact.bodies.arrivals)
    assert chapter.arrival.sequence == 1
    assert [(one.before, one.after) for one in chapter.changes if one.name == "city"] == [
        (None, "Springfield")
    ]
    sent_empty = fields.Chapter(chapter.arrival, {"zip": None}, ())
    assert fields.why_empty("zip", rates, [sent_empty], ()) == "Request #1 sent it empty."


def test_a_long_history_is_told_from_its_end(account, send):
    for number in range(fields.CHAPTERS + 5):
        send(1, last_name=f"Example{number}")
    contact = next(iter(account.store.contacts.values()))
    chapters = fields.history(account, contact.bodies, contact.bodies.arrivals)
    assert len(chapters) == fields.CHAPTERS
    assert [(one.before, one.after) for one in chapters[0].changes] == [("Example4", "Example5")]


def test_a_merged_contact_keeps_where_each_body_came_from(account, send):
    send(1, last_name="A")
    send(2, last_name="B")
    first, second = account.store.contacts
    body = {"app_id": "sandbox-app", "from_contact": second, "to_contact": first}
    account.vendor.operations[3].carry_out(account.store, body, HttpRequest("POST", ""))
    merged = account.store.contacts[second]
    assert [arrival.sequence for arrival in merged.bodies.arrivals] == [1, 2]
