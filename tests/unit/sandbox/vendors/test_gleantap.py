"""Gleantap's operations: who is who, and what is answered, without a server."""

import msgspec
import pytest

from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.vendors import load, names

VENDOR = load("gleantap")
KEYS = {
    "x-api-key": "sandbox-key",
    "x-secret-key": "sandbox-secret",
    "content-type": "application/json",
}
ADA = {"first_name": "Ada", "last_name": "Example"}
VISIT = {"id": "e-1", "event_type": "visit", "event_date": "2026-01-31"}


@pytest.fixture
def account():
    return Account(VENDOR, Options(credentials=VENDOR.credentials))


@pytest.fixture
def post(account):
    def post(verb, *, headers=KEYS, **body):
        raw = msgspec.json.encode({"app_id": "sandbox-app", **body})
        request = HttpRequest("POST", f"/v2/ExternalApi/{verb}", "", headers, raw)
        exchange = account.receive(request, 1, lambda: False)
        account.end_request(exchange.entry, exchange.reply.status)
        return exchange.reply.status, exchange.reply.content

    return post


def test_every_resource_of_the_contract_is_served():
    served = {operation.name for operation in VENDOR.operations}
    assert served >= set(VENDOR.destination.resources)
    assert "gleantap" in names()


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ({"user_id": "1"}, {"user_id": "1"}, 1),
        ({"user_id": "1"}, {"user_id": "2"}, 2),
        ({"email": "ada@example.com"}, {"email": "ADA@example.com"}, 1),
        ({"email": "ada@example.com"}, {"user_id": "1", "email": "ada@example.com"}, 1),
        ({"user_id": "1", "email": "a@example.com"}, {"email": "a@example.com"}, 1),
        (
            {"user_id": "1", "email": "a@example.com"},
            {"user_id": "2", "email": "a@example.com"},
            2,
        ),
        ({"email": "a@example.com"}, {"email": "a@example.com", "first_name": "Bob"}, 2),
        ({"phone": "+1 555 010 0123"}, {"phone": "5550100123"}, 1),
    ],
)
def test_a_contact_is_found_as_documented(account, post, first, second, count):
    post("newContact", **{**ADA, **first})
    post("newContact", **{**ADA, **second})
    assert len(account.store.contacts) == count


def test_an_update_merges_fields_keeps_the_id_and_all_bodies(account, post):
    status, first = post("newContact", user_id="1", city="Springfield", **ADA)
    _, second = post("newContact", user_id="1", zip="01234", **ADA)
    assert (status, first) == (200, second)
    (contact,) = views.contacts(account)
    assert contact["fields"] == {**ADA, "user_id": "1", "city": "Springfield", "zip": "01234"}
    assert [body.get("city") for body in contact["history"]] == ["Springfield", None]


def test_a_changed_email_no_longer_finds_the_contact(account, post):
    post("newContact", user_id="1", email="old@example.com", **ADA)
    post("newContact", user_id="1", email="new@example.com", **ADA)
    post("newContact", email="old@example.com", **ADA)
    assert len(account.store.contacts) == 2


def test_tags_are_added_and_removed_as_tag_action_says(account, post):
    post("newContact", user_id="1", tags="yoga,spin", **ADA)
    post("newContact", user_id="1", tags="spin, swim", tag_action="add", **ADA)
    post("newContact", user_id="1", tags="yoga", tag_action="remove", **ADA)
    assert views.contacts(account)[0]["fields"]["tags"] == "spin,swim"


def test_a_repeated_event_is_answered_the_same_and_counted(account, post):
    answers = [post("newEvent", user_id="1", **VISIT) for _ in range(2)]
    post("newEvent", user_id="1", **{**VISIT, "event_type": "purchase"})
    assert answers == [(200, {"result": "success"})] * 2
    (event,) = views.events(account)
    assert (event["received"], event["identical"]) == (3, False)
    assert event["last"]["event_type"] == "purchase"
    stats = views.stats(account)
    assert (stats["event_duplicates"], stats["event_conflicts"]) == (2, 1)


def test_an_event_leads_to_its_contact(account, post):
    _, answer = post("newContact", email="ada@example.com", **ADA)
    post("newEvent", email="ada@example.com", first_name="Ada", **VISIT)
    assert views.events(account)[0]["contact"] == answer["_id"]


def test_first_name_beside_user_id_breaks_the_contract_of_an_event(post):
    status, answer = post("newEvent", user_id="1", first_name="Ada", **VISIT)
    assert (status, answer["message"]) == (400, "Invalid request")
    assert "first_name" in answer["details"][0]


def test_removal_goes_by_the_vendors_id_only(account, post):
    _, answer = post("newContact", user_id="1", **ADA)
    assert post("removeContact", id="1")[0] == 400
    assert post("removeContact", id=answer["_id"]) == (200, {"result": "success"})
    assert account.store.contacts == {}
    assert post("newContact", user_id="1", **ADA)[1]["_id"] != answer["_id"]


def test_a_merge_leaves_from_contact_and_deletes_to_contact(account, post):
    _, one = post("newContact", user_id="1", city="Springfield", **ADA)
    _, two = post("newContact", user_id="2", zip="01234", city="Shelbyville", **ADA)
    pair = {"from_contact": one["_id"], "to_contact": two["_id"]}
    assert post("mergeContacts", **pair) == (
        200,
        {"status": True, "message": "Contacts merged successfully"},
    )
    (contact,) = views.contacts(account)
    assert contact["_id"] == one["_id"]
    assert (contact["fields"]["city"], contact["fields"]["zip"]) == ("Springfield", "01234")
    assert post("mergeContacts", **pair)[0] == 400


def test_an_optin_is_counted_and_answered(account, post):
    answer = post("optin", user_id="1", email="ada@example.com", phone="+15550100123")
    assert answer == (200, {"status": "success"})
    assert views.stats(account)["sms_optins_sent"] == 1


def test_customers_are_read_back_in_the_documented_shape(post):
    post("newContact", user_id="1", email="ada@example.com", optout_email=True, **ADA)
    post("newContact", user_id="2", **ADA)
    post("newEvent", user_id="1", **VISIT)
    _, answer = post("getCustomers", user_id="1", events=True)
    (member,) = answer["members"]
    assert (member["firstname"], member["email"]) == ("Ada", "ada@example.com")
    assert (member["email_optout"], member["sms_optout"]) == (1, 0)
    assert [event["id"] for event in member["events"]] == ["e-1"]
    _, page = post("getCustomers", limit=1, offset=1)
    assert len(page["members"]) == 1


@pytest.mark.parametrize(
    ("changed", "body", "status"),
    [
        ({"x-api-key": "wrong"}, {}, 401),
        ({"x-secret-key": ""}, {}, 401),
        ({}, {"app_id": "another"}, 401),
        ({}, {"app_id": 7}, 400),
        ({"content-type": "text/plain"}, {}, 415),
        ({}, {"email": "not an address"}, 400),
        ({}, {"optin_sms": "yes"}, 400),
    ],
)
def test_credentials_and_bodies_are_checked_and_nothing_is_kept(
    account, post, changed, body, status
):
    headers = {**KEYS, **changed}
    assert post("newContact", headers=headers, user_id="1", **ADA, **body)[0] == status
    assert account.store.contacts == {}
    assert account.request_log.entries[-1].carried_out is False


def test_all_faults_of_a_body_are_said_without_its_values(post):
    _, answer = post("newContact", email="canary", first_name="Ada", dob="canary")
    assert sorted(answer["details"]) == [
        "dob: breaks the rule properties/dob/pattern",
        "email: breaks the rule properties/email/format",
        "last_name: is missing",
    ]


def test_other_paths_and_methods_are_refused(account, post):
    assert post("newMembership")[0] == 404
    exchange = account.receive(HttpRequest("GET", "/v2/ExternalApi/newContact"), 1, lambda: False)
    assert exchange.reply.status == 405
