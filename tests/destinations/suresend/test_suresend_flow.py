"""SureSend, end to end: people who exist are updated, creations are counted, doubt is decided."""

from __future__ import annotations

import pytest
from gym import SCHEMAS, check_in, member, record, schema, state

from target_gleantap.sandbox.server import Sandbox

PEOPLE = schema("people", {"id": "integer", "mail": "string", "tag": "string", "stage": "string"})
PERSON = {
    "stream": "people",
    "resource": "person",
    "fields": {"name": "'Ada'", "emails": ["mail"], "tags": ["tag"], "stage": "stage"},
}
VISIT = {
    "stream": "check_ins",
    "resource": "event",
    "fields": {"type": "'visit'", "person": {"emails": ["email"]}, "company": {"name": "name"}},
}


@pytest.fixture
def sandbox():
    with Sandbox(destination="suresend", record=True) as sandbox:
        yield sandbox


@pytest.fixture
def run(run_target):
    def run(messages, **settings):
        given = {"destination": "suresend", "mappings": [PERSON, VISIT], **settings}
        return run_target([PEOPLE, *SCHEMAS[1:], *messages], **given)

    return run


def person(number, **fields):
    return record("people", id=number, mail="ada@example.com", **fields)


def test_a_person_who_exists_is_updated_and_keeps_their_tags(sandbox, run):
    told = run([person(1, tag="yoga", stage="lead"), person(2, tag="spin"), state(bookmark=2)])
    assert (told.exit_code, told.states) == (0, [{"bookmark": 2}]), told.stderr
    assert told.total("delivered") == 2
    methods = [(entry["resource"], entry["status"]) for entry in sandbox.requests]
    assert methods == [("person", 201), ("person", 200), ("person_update", 200)]
    (contact,) = sandbox.contacts
    assert contact["fields"]["tags"] == ["yoga", "spin"]
    assert contact["fields"]["stage"] == "lead"
    assert told.summary["requests"]["counts"] == {"persons created": 1, "persons updated": 1}


def test_persons_and_companies_created_by_events_are_counted(sandbox, run):
    visits = [
        check_in(number, number, email=f"{name}@example.com", name=club)
        for number, (name, club) in enumerate(
            [("ada", "Riverside"), ("ada", "RIVERSIDE"), ("ben", None)]
        )
    ]
    told = run(visits, max_in_flight=1)
    assert told.exit_code == 0, told.stderr
    assert told.summary["requests"]["counts"] == {"companies created": 1, "persons created": 2}
    assert (len(sandbox.contacts), len(sandbox.events)) == (2, 3)


def test_in_the_guides_form_events_are_delivered_too(run):
    with Sandbox(destination="suresend", variant="guide") as sandbox:
        told = run([check_in(1, 1, email="ada@example.com")], base_url=sandbox.url)
        assert (told.exit_code, told.total("delivered"), len(sandbox.events)) == (0, 1, 1)


@pytest.mark.parametrize(
    ("choice", "events", "rejected"), [("reject", 1, 1), ("retry", 2, 0)], ids=["reject", "retry"]
)
def test_each_choice_of_on_ambiguous_risks_what_the_page_says(
    sandbox, run, choice, events, rejected
):
    sandbox.faults = [{"fault": "reset_after", "times": 1}]
    visit = check_in(1, 1, email="ada@example.com")
    told = run([visit], on_ambiguous=choice, on_reject="quarantine")
    assert (told.exit_code, told.total("rejected")) == (0, rejected)
    assert len(sandbox.events) == events
    assert [each["reject"]["reason"] for each in told.rejects] == ["ambiguous"] * rejected


def test_doubt_about_a_person_is_settled_by_sending_them_again(sandbox, run):
    sandbox.faults = [{"fault": "reset_after", "first": 1, "per": "body"}]
    told = run([person(1, tag="yoga")], on_ambiguous="reject")
    assert (told.exit_code, told.total("delivered")) == (0, 1), told.stderr
    assert len(sandbox.contacts) == 1


def test_an_update_that_is_refused_rejects_the_person_with_the_vendors_words(sandbox, run):
    sandbox.faults = [{"fault": "status", "status": 422, "path": "person_update", "body": "no"}]
    told = run([person(1), person(2, stage="lead")], on_reject="quarantine")
    assert (told.exit_code, told.total("delivered"), told.total("rejected")) == (0, 1, 1)
    (reject,) = told.rejects
    assert reject["reject"]["answer"] == {"status": 422, "text": "no"}


def test_the_system_id_goes_out_and_raises_the_limit(sandbox, run):
    visits = [check_in(number, 1, email="ada@example.com") for number in range(2)]
    assert run(visits, system_id="ss_sys_example").exit_code == 0
    assert all("x-system-id" in entry["headers"] for entry in sandbox.requests)
    assert sandbox.stats["quotas"] == ["600/1m"]


def test_a_member_without_an_email_address_is_told_what_is_missing(sandbox, run_target):
    mapping = {**PERSON, "stream": "members", "fields": {"name": "id", "emails": ["email"]}}
    given = {"destination": "suresend", "mappings": [mapping], "on_reject": "quarantine"}
    told = run_target([SCHEMAS[0], member(1, email=None)], **given)
    (reject,) = told.rejects
    assert [fault["path"] for fault in reject["reject"]["faults"]] == ["emails"]
    assert sandbox.requests == []


# --- the ledger


def test_a_person_is_known_by_each_address_so_going_back_is_a_change(run, tmp_path):
    """What an update under another address undid is not taken for delivered."""
    ledger = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}"}
    fields = {"name": "'Ada'", "emails": ["mail", "other"]}
    mapping = {"stream": "staff", "resource": "person", "fields": fields}
    people = schema("staff", {"id": "integer", "mail": "string", "other": "string"})
    both = [record("staff", id=1, mail="ada@example.com", other="ada@example.org")]
    swapped = [record("staff", id=1, mail="ada@example.org", other="Ada@example.com")]

    def unchanged(messages):
        told = run([people, *messages], mappings=[mapping, PERSON, VISIT], **ledger)
        assert told.exit_code == 0, told.stderr
        return told.total("unchanged")

    assert [unchanged(each) for each in (both, both, swapped, swapped, both)] == [0, 1, 0, 1, 0]
    assert unchanged([*both, *swapped]) == 1
    assert unchanged(both) == 0
    assert unchanged([*swapped, *both, *swapped]) == 0


def test_a_company_is_created_once_and_an_event_every_time(sandbox, run, tmp_path):
    """An event has no id of its own at SureSend, so the ledger cannot tell it apart."""
    clubs = schema("clubs", {"id": "integer", "name": "string", "city": "string"})
    mapping = {"stream": "clubs", "resource": "company", "fields": {"name": "name"}}
    messages = [
        clubs,
        record("clubs", id=1, name="Riverside"),
        record("clubs", id=2, name="Hillside"),
        check_in(1, 1, email="ada@example.com"),
    ]
    ledger = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}"}
    runs = [run(messages, mappings=[mapping, PERSON, VISIT], **ledger) for _ in range(2)]
    assert [told.total("unchanged") for told in runs] == [0, 2]
    asked = [entry["resource"] for entry in sandbox.requests]
    assert (asked.count("company"), asked.count("event")) == (2, 2)
