"""What the inbox's pages are made of: time, search, fields, actions, and who may look."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from target_gleantap.sandbox.access import Access, is_loopback
from target_gleantap.sandbox.account.account import Api, Options
from target_gleantap.sandbox.account.quota import parse_quota
from target_gleantap.sandbox.account.vendor import Call
from target_gleantap.sandbox.faults.rules import FaultRules, FaultRulesError
from target_gleantap.sandbox.inbox import actions, fields, pages
from target_gleantap.sandbox.inbox.clock import Clock
from target_gleantap.sandbox.inbox.search import PAGE, Filter, search
from target_gleantap.sandbox.vendors import load, names

CONTACT = "/v2/ExternalApi/newContact"
KEYS = {
    "x-api-key": "sandbox-key",
    "x-secret-key": "sandbox-secret",
    "content-type": "application/json",
}
HERE = {"host": "127.0.0.1:8130"}


@pytest.fixture
def api():
    vendor = load("gleantap")
    return Api(vendor, Options(vendor.credentials, log_size=200))


def send(api, number=1, **more):
    fields = {"app_id": "sandbox-app", "user_id": str(number), "first_name": "Ada", **more}
    members = ", ".join(f'"{name}": "{value}"' for name, value in fields.items())
    call = Call("POST", CONTACT, "", KEYS, f"{{{members}}}".encode())
    exchange = api.receive(call, 1, lambda: False)
    api.close(exchange.entry, exchange.reply.status)
    return exchange.entry


def get(api, path, query=""):
    return pages.answer(api, Call("GET", path, query, HERE))


# --- time


def test_a_minute_and_a_second_are_read_as_the_latest_ones():
    now = datetime(2026, 5, 2, 1, 0).astimezone()
    clock = Clock(now.timestamp() - 1000.0)
    yesterday = now.replace(hour=2, minute=13) - timedelta(days=1)
    assert clock.at(clock.read("02:13", 1000.0)[0]) == yesterday
    for text, length in (("00:30", 60), ("00:30:07", 1), ("2026-05-01 00:30", 60)):
        first, last = clock.read(text, 1000.0)
        assert last - first == length
    assert clock.at(clock.read("2026-05-01T00:30:07", 1000.0)[0]).day == 1


@pytest.mark.parametrize("text", ["", "soon", "25:00", "02:61", "2026-13-01 02:13", "213"])
def test_what_is_no_time_is_none(text):
    assert Clock(0.0).read(text, time.time()) is None


# --- search


def test_pages_of_the_log_follow_each_other(api):
    for number in range(PAGE + 10):
        send(api, number, last_name="Example")
    first = search(api, Filter(), time.monotonic())
    assert (first.total, len(first.entries), first.more) == (PAGE + 10, PAGE, True)
    rest = search(api, Filter(before=first.entries[-1].sequence), time.monotonic())
    assert ([one.sequence for one in rest.entries], rest.more) == (list(range(10, 0, -1)), False)


def test_all_that_is_said_of_a_request_is_searched(api):
    api.faults.replace([{"fault": "status", "status": 503, "match": {"user_id": "3"}}])
    for number, more in ((1, {"last_name": "Lovelace"}), (2, {}), (3, {"last_name": "X"})):
        send(api, number, **more)
    for text, sequences in {
        "lovelace": [1],
        "LAST_NAME: is missing": [2],
        "user_id:3": [3],
        "503": [3],
        "#2": [2],
        "newcontact": [3, 2, 1],
        "nobody": [],
    }.items():
        found = search(api, Filter(text=text), time.monotonic())
        assert [one.sequence for one in found.entries] == sequences, text
    assert search(api, Filter(outcome="refused"), time.monotonic()).total == 1
    assert search(api, Filter(resource="event"), time.monotonic()).total == 0
    everything = search(api, Filter(), time.monotonic())
    assert everything.outcomes == search(api, Filter(text="ada"), time.monotonic()).outcomes


# --- fields


def test_why_a_field_is_empty(api):
    resource = api.vendor.destination.resources["contact"]
    send(api, 1, last_name="A", city="Springfield")
    send(api, 2, last_name="B")
    rates = fields.fill(api, resource)
    assert (rates.bodies, rates.filled["city"]) == (2, 1)
    assert fields.why_empty("city", rates, (), ()).startswith("1 of the latest 2 have it")
    assert fields.why_empty("zip", rates, (), ()) == ""
    contact = next(iter(api.store.contacts.values()))
    (chapter,) = fields.history(api, contact.bodies, contact.bodies.origins)
    assert chapter.origin.sequence == 1
    assert [(one.before, one.after) for one in chapter.changes if one.name == "city"] == [
        (None, "Springfield")
    ]
    sent_empty = fields.Chapter(chapter.origin, {"zip": None}, ())
    assert fields.why_empty("zip", rates, [sent_empty], ()) == "Request #1 sent it empty."


def test_a_long_history_is_told_from_its_end(api):
    for number in range(fields.CHAPTERS + 5):
        send(api, 1, last_name=f"Example{number}")
    contact = next(iter(api.store.contacts.values()))
    chapters = fields.history(api, contact.bodies, contact.bodies.origins)
    assert len(chapters) == fields.CHAPTERS
    assert [(one.before, one.after) for one in chapters[0].changes] == [("Example4", "Example5")]


def test_a_merged_contact_keeps_where_each_body_came_from(api):
    send(api, 1, last_name="A")
    send(api, 2, last_name="B")
    first, second = api.store.contacts
    body = {"app_id": "sandbox-app", "from_contact": second, "to_contact": first}
    api.vendor.operations[3].carry_out(api.store, body, Call("POST", ""))
    merged = api.store.contacts[second]
    assert [origin.sequence for origin in merged.bodies.origins] == [1, 2]


# --- what is done by hand


def test_rules_come_and_go_and_the_others_count_on():
    rules = FaultRules([{"fault": "html", "every": 2}, {"fault": "empty"}])
    for _ in range(3):
        rules.pick("contact", "/", {}, b"")
    rules.remove(2)
    assert rules.add({"fault": "reset_before"}).number == 3
    rules.switch(1, on=False)
    assert rules.pick("contact", "/", {}, b"")[0].number == 3
    rules.switch(3, on=False)
    assert rules.pick("contact", "/", {}, b"") == (None, [])
    assert [(one["number"], one["off"], one["applied"]) for one in rules.view()] == [
        (1, True, 1),
        (3, True, 1),
    ]
    with pytest.raises(FaultRulesError, match="must be one of"):
        rules.add({"fault": "flood"})
    rules.restart()
    assert [one["applied"] for one in rules.view()] == [0, 0]


def test_a_rule_may_begin_at_rest():
    rules = FaultRules([{"fault": "html", "off": True}])
    assert rules.pick("contact", "/", {}, b"") == (None, [])
    rules.switch(1, on=True)
    assert rules.pick("contact", "/", {}, b"")[0].kind == "html"


def test_a_form_is_read_for_its_own_kind_only(api):
    form = {"fault": "latency", "seconds": "0.5-2", "status": "503", "often": "every10"}
    actions.perform(api, "add", form)
    assert api.faults.rules[0].spec == {"fault": "latency", "seconds": [0.5, 2], "every": 10}
    for name, form in (
        ("add", {"fault": "latency"}),
        ("add", {"fault": "status", "status": "many"}),
        ("add", {"json": "{"}),
        ("quota", {"quotas": "plenty"}),
        ("explode", {}),
    ):
        with pytest.raises(actions.Refused):
            actions.perform(api, name, form)
    assert [words for _, words in api.notes] == [
        "Fault 1 switched on: latency (every 10, seconds [0.5,2])"
    ]


@pytest.mark.parametrize("text", ["10/1s", "10/1s sliding"])
def test_a_window_tells_the_greatest_share_that_was_taken(text):
    window = parse_quota(text)
    for _ in range(5):
        window.take(1000.0)
    assert window.use() == 0.5
    assert window.use() == 0.0


# --- who may look


def call(**headers):
    query = headers.pop("query", "")
    return Call("GET", "/", query, {"host": "127.0.0.1:8130", **headers})


def test_without_a_token_this_machine_looks_and_no_other_site():
    access = Access()
    assert access.refusal(call()) is None
    assert access.refusal(call(origin="http://127.0.0.1:8130")) is None
    for headers in (
        {"host": "rebound.example.com"},
        {"origin": "https://example.com"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
    ):
        assert access.refusal(call(**headers)).status == 403


def test_with_a_token_nobody_looks_without_it():
    access = Access("a; b=c")
    assert access.refusal(call()).status == 401
    assert access.refusal(call(cookie="sandbox_token=wrong")).status == 401
    assert access.refusal(call(authorization="Bearer wrong")).status == 401
    assert access.refusal(call(authorization="Bearer a; b=c", host="box.example.com")) is None
    led_on = access.refusal(call(query="token=a%3B+b%3Dc"))
    assert (led_on.status, led_on.headers["Location"]) == (303, "/")
    cookie, *attributes = led_on.headers["Set-Cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert access.refusal(call(cookie=cookie)) is None
    assert access.refusal(call(cookie=cookie, origin="https://example.com")).status == 403


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("192.0.2.1", False), ("box", False)],
)
def test_addresses_of_this_machine_alone(host, own):
    assert is_loopback(host) is own


# --- every vendor's pages


@pytest.mark.parametrize("name", names())
def test_the_pages_are_there_for_every_vendor(name):
    vendor = load(name)
    api = Api(vendor, Options(vendor.credentials))
    for operation in vendor.operations:
        for body in (b"{}", b"not json", b"[1]"):
            call = Call(operation.method, operation.path, "", {}, body)
            exchange = api.receive(call, 1, lambda: False)
            api.close(exchange.entry, exchange.reply.status)
    for path in ("/", *(f"/_inbox/{page}" for page in ("contacts", "events", "fields", "faults"))):
        page = get(api, path)
        assert page.status == 200
        assert vendor.destination.title.encode() in page.content
    assert get(api, "/_inbox/requests", "outcome=refused").status == 200
    assert get(api, "/_inbox/requests/1").status == 200
    for path in ("contacts/none", "events/none", "requests/0", "requests/x", "static/x", "nothing"):
        assert get(api, f"/_inbox/{path}").status == 404
