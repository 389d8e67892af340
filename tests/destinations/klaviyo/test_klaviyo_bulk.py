"""Requests of many records, from a tap's lines to the sandbox and the rejects file."""

import json
import time

import pytest

from target_gleantap.sandbox.server import Sandbox


@pytest.fixture(params=["pointers", "no_pointers"])
def sandbox(request):
    with Sandbox(destination="klaviyo", variant=request.param) as sandbox:
        yield sandbox


def lines(stream, records):
    properties = {name: {} for record in records for name in record}
    schema = {"type": "object", "properties": properties}
    head = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]}
    body = [{"type": "RECORD", "stream": stream, "record": record} for record in records]
    return [head, *body, {"type": "STATE", "value": {"at": len(records)}}]


EVENTS = {
    "stream": "check_ins",
    "resource": "event",
    "fields": {
        "profile": {"email": "email"},
        "metric": "'Checked in'",
        "properties": {"refused": "bad", "number": "id"},
    },
}
PROFILES = {
    "stream": "members",
    "resource": "profile",
    "fields": {"email": "email", "properties": {"number": "id"}},
}
BULK = {
    "destination": "klaviyo",
    "event_mode": "bulk",
    "profile_mode": "bulk",
    "on_reject": "quarantine",
}


def test_of_many_events_only_the_bad_ones_are_rejected(run_target, sandbox):
    records = [{"id": n, "email": f"m{n % 40}@example.com"} for n in range(120)]
    bad = [7, 99]
    for number in bad:
        records[number]["bad"] = True
    run = run_target(lines("check_ins", records), mappings=[EVENTS], **BULK)
    assert run.exit_code == 0
    assert sorted(reject["record"]["id"] for reject in run.rejects) == bad
    assert run.states[-1] == {"at": 120}
    arrived = [
        event["body"]["data"]["attributes"]["properties"]["number"] for event in sandbox.events
    ]
    assert sorted(arrived) == [n for n in range(120) if n not in bad]
    assert all(event["received"] == 1 for event in sandbox.events)
    assert sandbox.stats["overlaps"] == 0


@pytest.mark.parametrize("sandbox", ["pointers"], indirect=True)
def test_nobody_overtakes_those_that_go_again_for_one_that_was_refused(start, sandbox):
    sandbox.faults = [{"fault": "latency", "seconds": 0.6}]
    run = start(**BULK, mappings=[EVENTS], batch_wait_seconds=1)
    whose = {"email": "m1@example.com"}
    run.write(
        lines("check_ins", [{"id": 1, **whose, "bad": None}, {"id": 2, **whose, "bad": True}])
    )
    until = time.monotonic() + 10
    while not sandbox.requests and time.monotonic() < until:
        time.sleep(0.01)
    run.write(lines("check_ins", [{"id": 3, **whose, "bad": None}]))
    ended = run.end()
    assert ended.exit_code == 0, ended.stderr
    assert [reject["record"]["id"] for reject in ended.rejects] == [2]
    assert sandbox.stats["overlaps"] == 0


def test_an_import_job_is_followed_and_its_errors_become_rejects(run_target, sandbox):
    records = [{"id": n, "email": f"m{n % 30}@example.com"} for n in range(60)]
    records[5]["email"] = records[40]["email"] = "canary@refused.example.com"
    run = run_target(lines("members", records), mappings=[PROFILES], **BULK)
    assert run.exit_code == 0
    assert {reject["record"]["id"] for reject in run.rejects} == {5, 40}
    assert "canary" not in run.stderr + json.dumps(run.summary)
    numbers = {
        one["fields"]["email"]: one["fields"]["properties"]["number"] for one in sandbox.contacts
    }
    assert [numbers[f"m{n}@example.com"] for n in range(30) if n != 10] == [
        n + 30 for n in range(30) if n != 10
    ]


def test_a_job_never_holds_a_profile_twice_and_is_filled_all_the_same(run_target, sandbox):
    """Nothing says in which order a job takes its profiles, so each contact's changes go by turns.

    Every contact comes three times: by both of its identifiers, by one, and by the other.
    """
    known_by = [("id", "email"), ("id",), ("email",)]
    records = [
        {
            "n": n,
            "id": f"x{n % 50}" if "id" in known_by[n // 50] else None,
            "email": f"m{n % 50}@example.com" if "email" in known_by[n // 50] else None,
        }
        for n in range(150)
    ]
    fields = {"external_id": "id", "email": "email", "properties": {"number": "n"}}
    mapping = {"stream": "members", "resource": "profile", "fields": fields}
    run = run_target(lines("members", records), mappings=[mapping], **BULK)
    assert (run.exit_code, run.total("delivered")) == (0, 150)
    jobs = [one for one in sandbox.requests if one["path"].endswith("jobs")]
    assert len(jobs) == 3, "each contact's changes in three jobs, and all contacts side by side"
    assert sandbox.stats["overlaps"] == 0
    latest = {one["fields"]["properties"]["number"] for one in sandbox.contacts}
    assert latest == set(range(100, 150))


def test_a_refusal_nested_without_end_is_narrowed_down_to_halves(run_target, sandbox):
    sandbox.faults = [{"fault": "status", "status": 400, "body": "[" * 100_000, "first": 1}]
    records = [{"id": n, "email": f"m{n}@example.com", "bad": None} for n in range(4)]
    run = run_target(lines("check_ins", records), mappings=[EVENTS], **BULK)
    assert (run.exit_code, run.total("delivered")) == (0, 4)


def test_a_job_that_was_taken_is_in_doubt_until_its_end_is_known(run_target, sandbox):
    """The import had begun when looking after it failed: its profiles may be in."""
    sandbox.faults = [{"fault": "status", "status": 403, "after": 1}]
    records = [{"id": n, "email": f"m{n}@example.com"} for n in range(4)]
    run = run_target(lines("members", records), mappings=[PROFILES], **BULK)
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert (run.total("not_attempted"), run.total("in_doubt")) == (4, 4)


@pytest.mark.parametrize("sandbox", ["pointers"], indirect=True)
def test_what_stops_a_run_is_told_of_all_the_lines_in_the_request(run_target, sandbox):
    sandbox.faults = [{"fault": "status", "status": 401}]
    records = [{"id": n, "email": f"m{n}@example.com", "bad": None} for n in range(3)]
    run = run_target(lines("check_ins", records), mappings=[EVENTS], **BULK)
    assert run.exit_code == 3
    assert "in a request of 3 records, of input lines 2 to 4" in run.stderr


def test_what_the_schema_and_what_the_limits_say_is_told_at_once(run_target):
    fields = {"profile": {"email": "email"}, "metric": "metric", "time": "time"}
    mapping = {"stream": "check_ins", "resource": "event", "fields": fields}
    record = {"id": 1, "email": "ann@example.com", "metric": None, "time": "1950-01-01T00:00:00Z"}
    run = run_target(lines("check_ins", [record]), mappings=[mapping], **BULK)
    (reject,) = run.rejects
    assert {fault["path"] for fault in reject["reject"]["faults"]} == {"metric", "time"}
