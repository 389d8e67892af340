"""Only what changed is sent: across runs, within a run, and whatever the ledger is kept in."""

from __future__ import annotations

import json
import sqlite3

import pytest
from gym import CONTACT, EVENT, MEMBER, SCHEMAS, check_in, member, schema, state


def members(count, **changed):
    """Members; `m3={"city": …}` changes one."""
    return [member(number, **changed.get(f"m{number}", {})) for number in range(count)]


def test_the_second_run_sends_what_changed_and_the_third_nothing(run_target, ledger, sent):
    changed = {f"m{number}": {"city": "Springfield"} for number in range(0, 1200, 24)}
    first = [*SCHEMAS, *members(1200), state(bookmark=1)]
    second = [*SCHEMAS, *members(1200, **changed), state(bookmark=2)]
    assert run_target(first, **ledger).total("delivered") == 1200
    assert sent() == {"contact": 1200}
    run = run_target(second, **ledger)
    assert sent() == {"contact": 50}
    assert (run.total("delivered"), run.total("unchanged")) == (50, 1150)
    assert (run.exit_code, run.states) == (0, [{"bookmark": 2}])
    assert run_target(second, **ledger).total("unchanged") == 1200
    assert sent() == {}


def test_without_the_setting_everything_is_sent_and_nothing_kept(run_target, sent, tmp_path):
    for _ in range(2):
        run_target([*SCHEMAS, *members(3)])
        assert sent() == {"contact": 3}
    assert not [path for path in tmp_path.iterdir() if not path.is_dir()]


def test_the_order_of_a_records_fields_is_no_change(run_target, ledger, sent):
    mapping = {**CONTACT, "custom_attributes": ["x", "y"]}
    members = schema("members", {**MEMBER, "x": {}, "y": {}})
    one, other = {"x": {"a": 1, "b": [1.50]}, "y": 1}, {"y": 1, "x": {"b": [1.50], "a": 1}}
    for extra, count in ((one, 1), (other, 0), ({**one, "y": 2}, 1)):
        run_target([members, member(1, **extra)], **ledger, mappings=[mapping])
        assert sent()["contact"] == count


def test_a_changed_mapping_sends_what_it_affects(run_target, ledger, sent):
    messages = [*SCHEMAS, *members(9), member(9, city="Springfield"), check_in(1, 1)]
    run_target(messages, **ledger)
    sent()
    fields = {**CONTACT["fields"], "city": "upper(city)"}
    run = run_target(messages, **ledger, mappings=[{**CONTACT, "fields": fields}, EVENT])
    assert sent() == {"contact": 1}
    assert run.total("unchanged") == 10


def test_another_account_is_another_world(run_target, ledger):
    run_target([*SCHEMAS, member(1)], **ledger)
    run = run_target([*SCHEMAS, member(1)], **ledger, app_id="another")
    assert run.total("unchanged") == 0


def test_ignore_and_rebuild_send_everything_and_remember_it(run_target, ledger, sent):
    messages = [*SCHEMAS, *members(5), check_in(1, 1)]
    run_target(messages, **ledger)
    sent()
    for mode in ("ignore", "rebuild"):
        assert run_target(messages, **ledger, ledger_mode=mode).total("delivered") == 6
        assert sent() == {"contact": 5, "event": 1}
        assert run_target(messages, **ledger).total("unchanged") == 6
    changed = [*SCHEMAS, *members(5, m1={"city": "Springfield"})]
    run_target(changed, **ledger, ledger_mode="ignore")
    assert run_target(messages, **ledger).total("delivered") == 1


# --- the same key, several times in one run


def test_records_of_one_key_compare_with_the_latest_that_is_queued(run_target, ledger, sandbox):
    cities = ["A", "A", "B", "B", "A", "A"]
    messages = [*SCHEMAS, *(member(1, city=city) for city in cities), member(1, city="A")]
    run = run_target(messages, **ledger)
    (contact,) = sandbox.contacts
    assert [body["city"] for body in contact["history"]] == ["A", "B", "A"]
    assert (run.total("delivered"), run.total("unchanged")) == (3, 4)
    assert run_target([*SCHEMAS, member(1, city="A")], **ledger).total("unchanged") == 1


def test_one_that_equals_a_rejected_one_is_rejected_for_the_same_reason(
    run_target, ledger, sandbox
):
    sandbox.faults = [{"fault": "status", "status": 400, "match": {"user_id": "m1"}}]
    messages = [*SCHEMAS, member(1), member(1), member(2), member(2)]
    run = run_target(messages, **ledger)
    assert (run.exit_code, run.total("rejected")) == (1, 2)
    assert (run.total("delivered"), run.total("unchanged")) == (1, 1)
    reasons = [message["reject"] for message in run.rejects]
    assert [reject["answer"]["status"] for reject in reasons] == [400, 400]
    assert len([r for r in sandbox.requests if "user_id:m1" in r["identifiers"]]) == 1
    sandbox.faults = []
    assert run_target(messages, **ledger).total("delivered") == 1


def test_those_that_wait_for_one_whose_reject_cannot_be_kept_stand_in_the_books(
    run_target, ledger, sandbox, tmp_path
):
    full = tmp_path / "rejects"
    full.symlink_to("/dev/full")
    sandbox.faults = [{"fault": "status", "status": 400}]
    messages = [*SCHEMAS, member(1), member(1), member(1), state(bookmark=1)]
    run = run_target(messages, **ledger, rejects_path=str(full))
    assert (run.exit_code, run.states, run.total("not_attempted")) == (5, [], 3)


def test_a_slow_tap_does_not_wait_for_a_batch(start, ledger):
    process = start(**ledger)
    process.write([*SCHEMAS, member(1), state(bookmark=1)])
    process.wait_for_states(1, timeout=10)
    run = process.end()
    assert run.states == [{"bookmark": 1}]


# --- events


@pytest.mark.parametrize(
    ("policy", "way", "second"),
    [("send", "delivered", 1), ("skip", "filtered", 0), ("reject", "rejected", 0)],
)
def test_an_event_whose_id_returns_with_another_body(run_target, ledger, sent, policy, way, second):
    run_target([*SCHEMAS, check_in(1, 1), check_in(2, 1)], **ledger)
    sent()
    messages = [*SCHEMAS, check_in(1, 1), check_in(2, 1, at="2026-02-03T04:05:06Z")]
    run = run_target(messages, **ledger, on_event_conflict=policy)
    assert sent()["event"] == second
    assert (run.total("unchanged"), run.total(way)) == (1, 1)
    if policy == "reject":
        assert [message["reject"]["reason"] for message in run.rejects] == ["ledger"]


@pytest.mark.parametrize(("policy", "way"), [("skip", "filtered"), ("reject", "rejected")])
def test_the_same_within_one_run_waits_for_what_becomes_of_the_first(
    run_target, ledger, sandbox, policy, way
):
    pair = [check_in(1, 1), check_in(1, 1, at="2026-02-03T04:05:06Z")]
    run = run_target([*SCHEMAS, *pair], **ledger, on_event_conflict=policy)
    assert (run.total("delivered"), run.total(way)) == (1, 1)
    sandbox.faults = [{"fault": "status", "status": 400, "times": 1}]
    pair = [check_in(2, 1), check_in(2, 1, at="2026-02-03T04:05:06Z")]
    run = run_target([*SCHEMAS, *pair], **ledger, on_event_conflict=policy)
    assert (run.total("delivered"), run.total("rejected")) == (1, 1)
    assert {event["id"] for event in sandbox.events} == {"c1", "c2"}


def test_what_is_asked_for_explicitly_is_not_repeated_and_undoes_what_is_known(
    run_target, ledger, sandbox, sent
):
    run_target([*SCHEMAS, member(1)], **ledger)
    (contact,) = sandbox.contacts
    removal = {"stream": "check_ins", "resource": "contact_removal", "fields": {"id": "id"}}
    gone = [*SCHEMAS, check_in(1, 1, id=contact["_id"])]
    sent()
    for count in (1, 0):
        run = run_target(gone, **ledger, mappings=[CONTACT, removal])
        assert run.exit_code == 0
        assert sent()["contact_removal"] == count
    assert sandbox.contacts == []
    run_target([*SCHEMAS, member(1)], **ledger)
    assert sent() == {"contact": 1}


# --- retention


def test_events_that_come_no_more_are_forgotten(run_target, sqlite, sent):
    path = sqlite.removeprefix("sqlite:///")
    messages = [*SCHEMAS, member(1), *(check_in(number, 1) for number in range(3))]
    run_target(messages, ledger_url=sqlite)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE ledger_entries SET seen = seen - 100")
    database.close()
    kept = [*SCHEMAS, check_in(1, 1)]
    assert run_target(kept, ledger_url=sqlite, ledger_retention_days=30).total("unchanged") == 1
    sent()
    assert run_target(messages, ledger_url=sqlite).total("unchanged") == 2
    assert sent() == {"event": 2}


# --- what is in it


def test_no_personal_datum_stands_in_the_ledgers_files(run_target, sqlite, tmp_path):
    canary = {
        "id": "canaryid17",
        "first_name": "Canaryfirst",
        "last_name": "Canarylast",
        "email": "canary.mail@example.com",
        "city": "Canarytown",
        "joined": "1971-03-04T05:06:07Z",
    }
    messages = [*SCHEMAS, member(1, **canary), check_in(1, 1, member_id=canary["id"])]
    run_target(messages, ledger_url=sqlite)
    run_target([*messages, member(1, **{**canary, "city": "Canaryville"})], ledger_url=sqlite)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.name.split(".")[0] for path in files} == {"ledger"}
    for path in files:
        assert path.stat().st_mode & 0o077 == 0, path
        data = path.read_bytes().lower()
        for value in (*canary.values(), "canary", "1971-03-04", "sandbox-key", "sandbox-secret"):
            assert value.lower().encode() not in data, (path.name, value)
    assert json.dumps(canary)
