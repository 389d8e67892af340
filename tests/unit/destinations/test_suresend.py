"""SureSend's contract: who a body is about, what an answer means, what the settings change."""

import json
from datetime import date

import pytest

from target_gleantap.contract import STATUSES, IdentifierKind, Quota, Verdict, read_status
from target_gleantap.destinations import load
from target_gleantap.model import Answer

SURESEND = load("suresend")
EVENT, PERSON, COMPANY = (SURESEND.resources[name] for name in ("event", "person", "company"))
PERSON_ID = "6f1c2a34-9f6b-4f0e-8a52-0c5d3b7e1a90"
ADA = {"firstName": "Ada", "emails": [{"value": "ada@example.com"}], "tags": ["yoga"]}
REFERENCE = {
    "event": {"id": "e-1", "eventType": "visit"},
    "person": {"id": PERSON_ID, "firstName": "Ada"},
    "wasPersonCreated": False,
}
GUIDE = {"id": "e-1", "personId": PERSON_ID, "eventType": "visit", "createdAt": "2026-01-01"}


def answer(status, said):
    return Answer(status, {}, said if isinstance(said, bytes) else json.dumps(said).encode())


def event(status, said):
    return EVENT.read(answer(status, said), ({"type": "visit"},))


def person(status, said):
    return PERSON.read(answer(status, said), (ADA,))


# --- events


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("said", [REFERENCE, GUIDE, {"data": REFERENCE, "success": True}])
def test_both_statuses_and_all_forms_of_the_answer_are_delivered(status, said):
    reading = event(status, said)
    assert (reading.verdict, reading.counts) == (Verdict.DELIVERED, {})
    assert reading.kept == {"suresend_id": PERSON_ID}


@pytest.mark.parametrize(
    ("flags", "counts"),
    [
        ({"wasPersonCreated": True}, {"persons created": 1}),
        ({"wasCompanyCreated": True}, {"companies created": 1}),
        (
            {"wasPersonCreated": True, "wasCompanyCreated": True},
            {"persons created": 1, "companies created": 1},
        ),
        ({"wasPersonCreated": False, "wasCompanyCreated": None}, {}),
        ({"wasPersonCreated": "true"}, {}),
    ],
)
def test_what_the_vendor_created_is_counted(flags, counts):
    assert event(201, {**REFERENCE, **flags}).counts == counts


def test_an_answer_without_content_is_delivered():
    assert event(204, b"").verdict is Verdict.DELIVERED
    assert COMPANY.read(answer(204, b""), ({},)).verdict is Verdict.DELIVERED


@pytest.mark.parametrize(
    "said",
    [b"", b"<html>", b"\xff", b"[" * 100_000, [], "ok", None, {}, {"event": None}, {"id": 7}],
    ids=repr,
)
@pytest.mark.parametrize("read", [event, person])
def test_an_answer_that_names_nothing_is_in_doubt(read, said):
    assert read(200, said).verdict is Verdict.AMBIGUOUS


@pytest.mark.parametrize("resource", [EVENT, PERSON, COMPANY])
def test_a_success_that_says_it_is_none_is_a_reject_without_the_vendors_words(resource):
    reading = resource.read(answer(200, {"success": False, "message": "canary"}), (ADA,))
    assert reading.verdict is Verdict.REJECTED
    assert "canary" not in f"{reading}"
    assert [str(fault) for fault in reading.faults] == [reading.message]


# --- people and companies


def test_a_person_who_was_created_is_delivered():
    reading = person(201, {"id": PERSON_ID})
    assert (reading.verdict, reading.step) == (Verdict.DELIVERED, None)
    assert reading.counts == {"persons created": 1}


@pytest.mark.parametrize("said", [{"id": PERSON_ID}, {"person": {"id": PERSON_ID}}])
def test_a_person_who_was_returned_is_updated_with_what_the_mapping_gave(said):
    reading = person(200, said)
    assert reading.verdict is Verdict.CONTINUE
    step = reading.step
    assert (step.method, step.path) == ("PUT", f"/people/{PERSON_ID}?mergeTags=true")
    assert (step.body, step.idempotent, step.after_seconds) == (ADA, True, 0)
    for update in (answer(200, {"id": PERSON_ID}), answer(204, b"")):
        read = step.read(update, (ADA,))
        assert (read.verdict, read.counts) == (Verdict.DELIVERED, {"persons updated": 1})
    assert step.read(answer(200, b"<html>"), (ADA,)).verdict is Verdict.AMBIGUOUS


@pytest.mark.parametrize("found", ["../events", "a/b", "a?b=c", "", "x" * 65])
def test_an_id_that_is_none_never_gets_into_a_path(found):
    reading = person(200, {"id": found})
    assert (reading.verdict, reading.step) == (Verdict.AMBIGUOUS, None)


def test_companies_are_counted_where_the_status_says_created():
    made = {"id": "c-1", "name": "Riverside"}
    readings = [COMPANY.read(answer(status, made), ({},)) for status in (201, 200)]
    assert [reading.counts for reading in readings] == [{"companies created": 1}, {}]
    assert all(reading.verdict is Verdict.DELIVERED for reading in readings)
    assert COMPANY.read(answer(201, {"ok": True}), ({},)).verdict is Verdict.AMBIGUOUS


def test_only_a_person_may_be_sent_again():
    assert [EVENT.idempotent, PERSON.idempotent, COMPANY.idempotent] == [False, True, False]


def test_what_is_refused_ends_by_the_common_table():
    assert SURESEND.statuses is STATUSES
    assert read_status(422, SURESEND.statuses).verdict is Verdict.REJECTED


# --- who it is about


def test_events_and_people_share_the_spaces_of_their_addresses():
    spaces = {
        resource.name: {
            (one.space, one.kind) for one in resource.identifiers if one.space != "suresend_id"
        }
        for resource in (EVENT, PERSON)
    }
    assert spaces["event"] == spaces["person"]
    assert spaces["event"] == {("email", IdentifierKind.EMAIL), ("phone", IdentifierKind.PHONE)}


def test_both_forms_of_an_address_are_looked_for():
    paths = {one.path for one in EVENT.identifiers}
    assert paths == {
        "personId",
        "person.emails",
        "person.emails.value",
        "person.phones",
        "person.phones.value",
    }


# --- settings


def settings(**given):
    return {"api_key": "a-token", "system_id": None, **given}


def test_a_system_id_doubles_the_quota_and_goes_into_a_header():
    plain = SURESEND.configure(SURESEND, settings())
    system = SURESEND.configure(SURESEND, settings(system_id="ss_sys_example"))
    assert (plain.quotas, system.quotas) == ((Quota(300, 60),), (Quota(600, 60),))
    assert "X-System-Id" not in SURESEND.sign(settings())
    headers = SURESEND.sign(settings(system_id="ss_sys_example"))
    assert headers["X-System-Id"] == "ss_sys_example"
    assert headers["Authorization"] == "Bearer a-token"


def test_a_system_id_of_another_form_is_warned_of_without_its_value():
    for system_id, count in ((None, 0), ("ss_sys_example", 0), ("canary", 1)):
        found = SURESEND.inspect(settings(system_id=system_id), date(2026, 1, 1))
        assert (found.faults, len(found.warnings)) == ((), count)
        assert "canary" not in "".join(found.warnings)


def test_a_run_never_asks_for_what_is_not_confirmed():
    assert "occurredAt" not in EVENT.schema["properties"]
