"""SureSend's operations: who is who, and what is answered, without a server."""

import msgspec
import pytest

from target_gleantap.sandbox.account.account import Account, Options
from target_gleantap.sandbox.control import views
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.vendors import load, names

VENDOR = load("suresend")
HEADERS = {"authorization": "Bearer sandbox-key", "content-type": "application/json"}
ADA = {"firstName": "Ada", "emails": [{"value": "ada@example.com"}]}
NOBODY = "6f1c2a34-9f6b-4f0e-8a52-0c5d3b7e1a90"


def api_with(**options):
    return Account(VENDOR, Options(credentials=VENDOR.credentials, **options))


@pytest.fixture
def account():
    return api_with()


@pytest.fixture
def ask(account):
    return asker(account)


def asker(account):
    def ask(method, path, *, headers=HEADERS, **body):
        path, _, query = path.partition("?")
        request = HttpRequest(method, path, query, headers, msgspec.json.encode(body))
        exchange = account.receive(request, 1, lambda: False)
        account.end_request(exchange.entry, exchange.reply.status)
        return exchange.reply.status, exchange.reply.content

    return ask


def visit(ask, *emails, **body):
    person = {"person": {"emails": list(emails)}} if emails else {}
    return ask("POST", "/events", type="visit", **person, **body)


def test_every_resource_of_the_contract_is_served():
    served = {operation.name for operation in VENDOR.operations}
    assert served >= set(VENDOR.destination.resources)
    assert "suresend" in names()


@pytest.mark.parametrize("path", ["/events", "/api/partner/events"])
def test_the_paths_may_stand_below_the_documented_base_or_not(ask, path):
    assert ask("POST", path, type="visit", person=ADA)[0] == 201


@pytest.mark.parametrize(
    ("first", "second", "created"),
    [
        ({"emails": ["ada@example.com"]}, {"emails": [{"value": "ADA@example.com"}]}, False),
        ({"phones": ["+1-212-555-0100"]}, {"phones": ["(212) 555-0100"]}, False),
        ({"emails": ["ada@example.com"]}, {"emails": ["ben@example.com"]}, True),
        (
            {"emails": ["ada@example.com", "a@example.com"]},
            {"emails": ["a@example.com"]},
            False,
        ),
        (
            {"emails": ["ada@example.com"], "phones": ["2125550100"]},
            {"emails": ["ben@example.com"], "phones": ["2125550100"]},
            False,
        ),
    ],
)
def test_an_event_matches_its_person_by_email_or_phone_or_creates_them(
    account, ask, first, second, created
):
    assert ask("POST", "/events", type="visit", person=first)[0] == 201
    status, said = ask("POST", "/events", type="visit", person=second)
    assert (status, said["wasPersonCreated"]) == (201 if created else 200, created)
    assert said["event"]["eventType"] == "visit"
    assert len(account.store.contacts) == 1 + created
    assert len(views.events(account)) == 2


def test_an_event_by_id_finds_its_person_and_no_other(account, ask):
    _, person = ask("POST", "/people", **ADA)
    status, said = visit(ask, personId=person["id"])
    assert (status, said["person"]["id"]) == (200, person["id"])
    assert views.events(account)[0]["contact"] == person["id"]
    assert visit(ask, personId=NOBODY)[0] == 422


def test_a_repeated_event_is_another_event(account, ask):
    ids = {visit(ask, "ada@example.com")[1]["event"]["id"] for _ in range(3)}
    assert len(ids) == len(views.events(account)) == 3


def test_a_company_is_matched_by_name_whatever_the_case_or_created(account, ask):
    _, first = visit(ask, "ada@example.com", company={"name": "Riverside"})
    status, second = visit(ask, "ada@example.com", company={"name": "RIVERSIDE"})
    assert (first["wasCompanyCreated"], second["wasCompanyCreated"], status) == (True, False, 200)
    status, third = visit(ask, "ada@example.com", company={"id": first["company"]["id"]})
    assert (status, third["company"]["name"]) == (200, "Riverside")
    assert visit(ask, "ada@example.com", company={"id": "another"})[0] == 422
    assert views.stats(account)["companies"] == 1


def test_the_guides_form_is_flat_and_tells_nothing_of_the_person():
    ask = asker(api_with(variant="guide"))
    status, said = visit(ask, "ada@example.com", pageUrl="https://example.com/")
    assert status == 201
    assert said.keys() == {"id", "personId", "eventType", "occurredAt", "pageUrl", "createdAt"}


def test_another_form_is_refused():
    with pytest.raises(ValueError, match="reference, guide"):
        api_with(variant="poem")


def test_a_person_who_exists_is_returned_and_not_updated(account, ask):
    status, first = ask("POST", "/people", **ADA, tags=["yoga"])
    again, second = ask("POST", "/people", **{**ADA, "firstName": "Adah"}, tags=["spin"])
    assert (status, again) == (201, 200)
    assert (second["id"], second["firstName"], second["tags"]) == (first["id"], "Ada", ["yoga"])
    (contact,) = views.contacts(account)
    assert contact["fields"]["firstName"] == "Ada"


def test_people_are_found_by_email_only(account, ask):
    for name in ("Ada", "Ben"):
        email = {"value": f"{name}@example.com"}
        ask("POST", "/people", firstName=name, emails=[email], phones=[{"value": "2125550100"}])
    assert len(account.store.contacts) == 2


@pytest.mark.parametrize(("query", "tags"), [("?mergeTags=true", ["yoga", "spin"]), ("", ["spin"])])
def test_an_update_changes_what_it_has_and_merges_tags_where_it_is_asked_to(ask, query, tags):
    _, person = ask("POST", "/people", **ADA, stage="lead", tags=["yoga"])
    status, said = ask("PUT", f"/people/{person['id']}{query}", lastName="Abbott", tags=["spin"])
    assert status == 200
    assert (said["firstName"], said["lastName"], said["stage"]) == ("Ada", "Abbott", "lead")
    assert said["tags"] == tags


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_update_with_nothing_in_a_field_clears_it(ask, nothing):
    _, person = ask("POST", "/people", **ADA, stage="lead")
    _, said = ask("PUT", f"/people/{person['id']}", stage=nothing)
    assert "stage" not in said


def test_an_update_of_nobody_is_not_found(ask):
    assert ask("PUT", f"/people/{NOBODY}", stage="lead")[0] == 404
    assert ask("GET", f"/people/{NOBODY}")[0] == 405


def test_a_person_is_found_by_a_changed_address(ask):
    _, person = ask("POST", "/people", **ADA)
    ask("PUT", f"/people/{person['id']}", emails=[{"value": "new@example.com"}])
    assert ask("POST", "/people", **ADA)[0] == 201
    _, said = visit(ask, "new@example.com")
    assert said["person"]["id"] == person["id"]


def test_a_company_is_created_each_time(account, ask):
    answers = [ask("POST", "/companies", name="Riverside") for _ in range(2)]
    assert [status for status, _ in answers] == [201, 201]
    assert {"id", "created", "updated"} <= answers[0][1].keys()
    assert views.stats(account)["companies"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/events", {"type": "visit"}, 400),
        ("POST", "/events", {"type": "visit", "person": {"firstName": "Ada"}}, 400),
        ("POST", "/events", {"type": "visit", "personId": NOBODY, "person": ADA}, 400),
        ("POST", "/people", {"firstName": "Ada", "emails": ["ada@example.com"]}, 400),
        ("POST", "/people", {**ADA, "shoe_size": 7}, 400),
        ("POST", "/companies", {}, 400),
        ("PUT", f"/people/{NOBODY}", {"shoe_size": 7}, 400),
        ("POST", "/people/one/two", {}, 404),
        ("POST", f"/people/{NOBODY}", {}, 405),
    ],
)
def test_what_the_contract_does_not_have_is_refused(account, ask, method, path, body, status):
    assert ask(method, path, **body)[0] == status
    assert account.store.contacts == {}


@pytest.mark.parametrize("token", ["", "Bearer wrong", "sandbox-key"])
def test_the_token_is_checked(ask, token):
    assert ask("POST", "/events", headers={**HEADERS, "authorization": token}, **ADA)[0] == 401


def test_requests_that_share_an_address_are_seen_to_overlap(account):
    body = {"type": "visit", "person": {"emails": ["ada@example.com", {"value": "a@example.com"}]}}
    for raw in (body, {"firstName": "Ada", "emails": [{"value": "A@example.com"}]}):
        path = "/events" if "type" in raw else "/people"
        account.receive(
            HttpRequest("POST", path, "", HEADERS, msgspec.json.encode(raw)), 1, lambda: False
        )
    assert views.stats(account)["overlaps"] == 1


@pytest.mark.parametrize(("system_id", "most"), [("", 300), ("ss_sys_example", 600)])
def test_the_documented_quota_holds_unless_another_is_set(system_id, most):
    headers = {**HEADERS, "x-system-id": system_id}
    account, statuses = api_with(), []
    ask = asker(account)
    while 429 not in statuses and len(statuses) < 1300:
        statuses.append(ask("POST", "/events", headers=headers, type="visit", person=ADA)[0])
    # A window begins on the clock: a second one may have begun meanwhile.
    assert statuses.count(201) == 1
    assert len(statuses) - 1 in range(most, 2 * most + 1)
    account.set_quotas([])
    assert ask("POST", "/events", headers=headers, type="visit", person=ADA)[0] == 200
