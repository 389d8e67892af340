"""Klaviyo in the sandbox: revisions, all or nothing, jobs, and errors that point."""

from dataclasses import replace

import msgspec
import pytest

from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.vendors import load, names
from target_gleantap.sandbox.vendors.klaviyo import imports

VENDOR = load("klaviyo")
NEWEST = "2026-07-15"
JSON_API = "application/vnd.api+json"


def headers_at(revision=NEWEST, **changed):
    media_type = JSON_API if revision >= "2024-10-15" else "application/json"
    given = {"authorization": "Klaviyo-API-Key pk_sandbox", "content-type": media_type}
    return {**given, "revision": revision, **changed}


@pytest.fixture
def account():
    return Account(VENDOR, Options(credentials=VENDOR.credentials))


@pytest.fixture
def ask(account):
    def ask(path, body=None, *, method="POST", headers=None, query=""):
        raw = b"" if body is None else msgspec.json.encode(body)
        request = HttpRequest(method, path, query, headers or headers_at(), raw)
        exchange = account.receive(request, 1, lambda: False)
        account.end_request(exchange.entry, exchange.reply.status)
        return exchange.reply

    return ask


def profile(**fields):
    own = {"id": fields.pop("id")} if "id" in fields else {}
    return {"type": "profile", **own, "attributes": fields}


def attributes(unique_id, metric="Checked in", **more):
    name = {"data": {"type": "metric", "attributes": {"name": metric}}}
    return {"metric": name, "properties": {}, "unique_id": unique_id, **more}


def event(unique_id, email="ann@example.com"):
    inner = {"profile": {"data": profile(email=email)}, **attributes(unique_id)}
    return {"data": {"type": "event", "attributes": inner}}


def bulk(*groups):
    data = [
        {
            "type": "event-bulk-create",
            "attributes": {
                "profile": {"data": profile(email=email)},
                "events": {"data": [{"type": "event", "attributes": one} for one in events]},
            },
        }
        for email, events in groups
    ]
    inner = {"events-bulk-create": {"data": data}}
    return {"data": {"type": "event-bulk-create-job", "attributes": inner}}


def profiles(*resources):
    inner = {"profiles": {"data": list(resources)}}
    return {"data": {"type": "profile-bulk-import-job", "attributes": inner}}


def pointers(reply):
    return [error.get("source", {}).get("pointer") for error in reply.content["errors"]]


def test_it_can_be_stood_in_for():
    assert "klaviyo" in names()


def test_an_event_is_accepted_without_a_body_and_creates_its_profile(account, ask):
    reply = ask("/api/events", event("e-1"))
    assert (reply.status, reply.content) == (202, b"")
    (kept,) = views.events(account)
    (contact,) = views.contacts(account)
    assert (kept["id"], kept["contact"], kept["received"]) == ("e-1", contact["_id"], 1)
    assert contact["fields"] == {"email": "ann@example.com"}
    assert account.request_log.entries[-1].identifiers == ("email:ann@example.com",)


def test_a_repeated_event_is_dropped_without_a_word(account, ask):
    assert [ask("/api/events", event("e-1")).status for _ in range(2)] == [202, 202]
    ask("/api/events", event("e-1", email="bob@example.com"))
    assert [(one["received"], one["identical"]) for one in views.events(account)] == [
        (2, True),
        (1, True),
    ]
    assert views.stats(account)["event_duplicates"] == 1


@pytest.mark.parametrize("revision", ["2022-10-17", "2023-01-24", "2023-06-15"])
def test_before_2023_07_15_events_are_flat(account, ask, revision):
    whose = {"$email": "ann@example.com", "$city": "Springfield", "plan": "gold"}
    inner = {"profile": whose, "metric": {"name": "Checked in"}, "properties": {}}
    flat = {"data": {"type": "event", "attributes": inner}}
    assert ask("/api/events/", flat, headers=headers_at(revision)).status == 202
    assert ask("/api/events/", event("e-1"), headers=headers_at(revision)).status == 400
    assert views.contacts(account)[0]["fields"] == {
        "email": "ann@example.com",
        "location": {"city": "Springfield"},
        "properties": {"plan": "gold"},
    }
    assert ask("/api/events", flat).status == 400


@pytest.mark.parametrize(
    ("path", "revision", "changed", "status"),
    [
        ("/api/events", NEWEST, {"authorization": "Klaviyo-API-Key pk_other"}, 401),
        ("/api/events", NEWEST, {"revision": "2026-07-14"}, 400),
        ("/api/events", NEWEST, {"content-type": "application/json"}, 415),
        ("/api/events/", NEWEST, {}, 404),
        ("/api/events", "2024-07-15", {}, 404),
        ("/api/event-bulk-create-jobs/", "2024-02-15", {}, 404),
        ("/api/profile-import/", "2023-12-15", {}, 404),
        ("/api/profile-bulk-import-jobs/", "2023-10-15", {}, 404),
    ],
)
def test_key_revision_media_type_and_address_have_to_fit(
    account, ask, path, revision, changed, status
):
    reply = ask(path, event("e-1"), headers={**headers_at(revision), **changed})
    assert reply.status == status
    assert {"code", "title", "detail", "id"} <= reply.content["errors"][0].keys()
    assert views.events(account) == []


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        (
            {"profile": {"data": profile(email="nobody")}},
            "/data/attributes/profile/data/attributes/email",
        ),
        (
            {"profile": {"data": profile(phone_number="0123")}},
            "/data/attributes/profile/data/attributes/phone_number",
        ),
        ({"profile": {"data": profile(first_name="Ann")}}, "/data/attributes/profile/data"),
        ({"value": "9.99"}, "/data/attributes/value"),
        ({"time": "yesterday"}, "/data/attributes/time"),
        (attributes("e", metric="m" * 128), "/data/attributes/metric/data/attributes/name"),
        ({"properties": {"refused": True}}, "/data/attributes/properties/refused"),
        (
            {"profile": {"data": profile(email="a@refused.example.com")}},
            "/data/attributes/profile/data/attributes/email",
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(account, ask, changed, pointer):
    body = event("e-1")
    body["data"]["attributes"].update(changed)
    reply = ask("/api/events", body)
    assert (reply.status, pointers(reply)) == (400, [pointer])
    assert views.contacts(account) == []


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": {"attributes": {"profile": 1}}}])
@pytest.mark.parametrize(
    "path",
    [
        "/api/events",
        "/api/event-bulk-create-jobs",
        "/api/profile-import",
        "/api/profile-bulk-import-jobs",
    ],
)
def test_no_body_breaks_the_sandbox(ask, path, body):
    assert ask(path, body).status == 400


def test_one_bad_event_fails_a_whole_request(account, ask):
    bad = attributes("e-3", properties={"refused": True})
    path = "/api/event-bulk-create-jobs"
    groups = [
        ("ann@example.com", [attributes("e-1")]),
        ("bob@example.com", [attributes("e-2"), bad]),
    ]
    above = "/data/attributes/events-bulk-create/data"
    assert pointers(ask(path, bulk(*groups))) == [
        f"{above}/1/attributes/events/data/1/attributes/properties/refused"
    ]
    assert views.events(account) == []
    groups[1][1].remove(bad)
    assert ask(path, bulk(*groups)).status == 202
    assert [one["id"] for one in views.events(account)] == ["e-1", "e-2"]
    assert "profile" in views.events(account)[0]["body"]["data"]["attributes"]


def test_a_refused_profile_is_pointed_at_once_for_all_its_events(ask):
    group = ("a@refused.example.com", [attributes("e-1"), attributes("e-2")])
    assert pointers(ask("/api/event-bulk-create-jobs", bulk(group))) == [
        "/data/attributes/events-bulk-create/data/0/attributes/profile/data/attributes/email"
    ]


def test_a_unique_id_that_is_repeated_in_a_request_fails_it(ask):
    path, above = "/api/event-bulk-create-jobs", "/data/attributes/events-bulk-create/data"
    twice = bulk(("ann@example.com", [attributes("e-1")]), ("Ann@example.com", [attributes("e-1")]))
    assert pointers(ask(path, twice)) == [
        f"{above}/1/attributes/events/data/0/attributes/unique_id"
    ]
    assert ask(path, bulk(("ann@example.com", [attributes("e-1")]))).status == 202
    assert ask(path, bulk(("ann@example.com", [attributes("e-1")]))).status == 202


def test_more_than_a_thousand_events_are_too_many(ask):
    group = ("ann@example.com", [attributes(f"e-{number}") for number in range(1001)])
    assert ask("/api/event-bulk-create-jobs", bulk(group)).status == 400


def test_pointers_can_be_switched_off():
    account = Account(VENDOR, Options(credentials=VENDOR.credentials, variant="no_pointers"))
    raw = msgspec.json.encode(event("e-1", email="a@refused.example.com"))
    reply = account.receive(
        HttpRequest("POST", "/api/events", "", headers_at(), raw), 1, lambda: False
    ).reply
    assert (reply.status, pointers(reply)) == (400, [None])


def test_a_profile_is_created_then_updated_and_null_clears(account, ask):
    first = ask("/api/profile-import", {"data": profile(email="a@example.com", title="Coach")})
    second = ask(
        "/api/profile-import",
        {"data": profile(email="A@example.com", title=None, properties={"plan": "gold"})},
    )
    assert (first.status, second.status) == (201, 200)
    assert first.content["data"]["id"] == second.content["data"]["id"]
    (contact,) = views.contacts(account)
    assert contact["fields"] == {"email": "A@example.com", "properties": {"plan": "gold"}}
    assert len(contact["history"]) == 2


def test_a_profile_of_more_than_100_kb_is_too_large(ask):
    body = {"data": profile(email="a@example.com", title="x" * 100_000)}
    assert ask("/api/profile-import", body).status == 413


def test_a_job_runs_for_a_moment_and_lists_its_errors_in_pages(account, ask, monkeypatch):
    good = profile(email="ann@example.com")
    bad = [profile(email=f"{number}@refused.example.com") for number in range(3)]
    reply = ask("/api/profile-bulk-import-jobs", profiles(good, *bad))
    assert (reply.status, reply.content["data"]["attributes"]["status"]) == (202, "queued")
    path = f"/api/profile-bulk-import-jobs/{reply.content['data']['id']}"
    monkeypatch.setattr(imports, "JOB_SECONDS", 0.0)
    state = ask(path, method="GET").content["data"]["attributes"]
    assert (state["status"], state["total_count"], state["failed_count"]) == ("complete", 4, 3)
    errors = ask(f"{path}/import-errors", method="GET", query="page%5Bsize%5D=2").content
    assert [one["attributes"]["source"]["pointer"] for one in errors["data"]] == [
        f"/data/attributes/profiles/data/{place}/attributes/email" for place in (1, 2)
    ]
    following = errors["links"]["next"].partition("?")[2]
    rest = ask(f"{path}/import-errors", method="GET", query=following).content
    assert len(rest["data"]) == 1
    assert "next" not in rest["links"]
    assert [contact["fields"]["email"] for contact in views.contacts(account)] == [
        "ann@example.com"
    ]


def test_a_bulk_import_is_all_or_nothing_as_far_as_the_contract_goes(account, ask):
    reply = ask(
        "/api/profile-bulk-import-jobs",
        profiles(profile(email="a@example.com"), profile(phone_number="1")),
    )
    assert pointers(reply) == ["/data/attributes/profiles/data/1/attributes/phone_number"]
    assert views.contacts(account) == []


def test_a_job_that_nobody_started_is_not_found(ask):
    assert ask("/api/profile-bulk-import-jobs/none", method="GET").status == 404
    assert ask("/api/profile-bulk-import-jobs/none/import-errors", method="GET").status == 404


def test_the_documented_quotas_hold_and_are_told(account, ask, monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 120.5)
    account.reset()
    told = ask("/api/events", event("e-0")).headers
    assert told == {
        "RateLimit-Limit": "3500",
        "RateLimit-Remaining": "3499",
        "RateLimit-Reset": "60",
    }
    statuses = [ask("/api/events", event(f"e-{number}")).status for number in range(1, 350)]
    assert set(statuses) == {202}
    reply = ask("/api/events", event("e-350"))
    assert (reply.status, dict(reply.headers)) == (429, {"Retry-After": "1"})
    assert reply.content["errors"][0]["code"] == "throttled"
    assert ask("/api/profile-import", {"data": profile(email="a@example.com")}).status == 201


def test_quotas_that_are_set_take_the_place_of_the_documented_ones():
    options = replace(Options(credentials=VENDOR.credentials), quotas=())
    account = Account(VENDOR, options)
    raw = msgspec.json.encode(event("e-1"))
    reply = account.receive(
        HttpRequest("POST", "/api/events", "", headers_at(), raw), 1, lambda: False
    ).reply
    assert reply.headers == {}
