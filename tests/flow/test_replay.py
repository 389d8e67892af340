"""Rejected records are themselves Singer input: a corrected mapping repairs what it rejected."""

from __future__ import annotations

import errno
import json
import os

from gym import CONTACT, EVENT, MEMBERS, SCHEMAS, check_in, member, state
from runs import Run

BAD_DATE = {"joined": "a while ago"}
WITHOUT_THE_DATE = {
    **CONTACT,
    "fields": {name: value for name, value in CONTACT["fields"].items() if name != "created_date"},
}
MESSAGES = [
    *SCHEMAS,
    member(1),
    member(2, **BAD_DATE),
    check_in(1, 1),
    member(3),
    check_in(2, 2, at="2026-02-30T00:00:00Z"),
    member(4, **BAD_DATE),
    state(bookmark=4),
]


def lines(run: Run) -> list[str]:
    return run.rejects_path.read_text("utf-8").splitlines()


def received(sandbox):
    return [(request["resource"], request["identifiers"]) for request in sandbox.requests]


def test_a_corrected_mapping_delivers_exactly_what_was_rejected(sandbox, run_target):
    rejected = run_target(MESSAGES)
    assert (rejected.exit_code, rejected.total("rejected")) == (1, 3)
    sandbox.reset()
    event = {**EVENT, "fields": {**EVENT["fields"], "event_date": "'2026-03-01'"}}
    replayed = run_target(lines(rejected), mappings=[WITHOUT_THE_DATE, event])
    assert (replayed.exit_code, replayed.total("delivered")) == (0, 3)
    assert sorted(received(sandbox)) == [
        ("contact", ("user_id:m2", "email:member2@example.com")),
        ("contact", ("user_id:m4", "email:member4@example.com")),
        ("event", ("user_id:m2", "event:c2")),
    ]
    assert not replayed.rejects_path.exists()


def test_a_reject_is_the_record_as_it_was_read_byte_for_byte(run_target):
    raw = (
        '{"type": "RECORD",  "stream": "members", "time_extracted": "2026-01-02T03:04:05Z", '
        '"record": {"id":"m1", "city": "Z\\u00fcrich", "joined": "never", '
        '"first_name": "Ada", "last_name": "Example", "points": 1.50, "big": 1e400}}'
    )
    run = run_target([*SCHEMAS, raw, state(bookmark=1)])
    schema_line, reject = lines(run)
    assert json.loads(schema_line) == SCHEMAS[0]
    assert reject.startswith(raw[:-1] + ',"reject":{')


def test_a_reject_says_why_where_and_from_which_line(run_target):
    run = run_target([*SCHEMAS, member(1), member(2, **BAD_DATE, last_name=None)])
    (message,) = run.rejects
    reject = message["reject"]
    assert (reject["mapping"], reject["line"]) == ("members:contact", 4)
    assert [fault["path"] for fault in reject["faults"]] == ["created_date"]
    assert "joined" in reject["faults"][0]["message"]


BOTH = [
    {**CONTACT, "name": "strict"},
    {**WITHOUT_THE_DATE, "name": "lenient"},
]


def test_a_record_goes_again_only_through_the_mapping_that_rejected_it(sandbox, run_target):
    rejected = run_target([MEMBERS, member(1), member(2, **BAD_DATE)], mappings=BOTH)
    assert rejected.books["strict"]["rejected"] == 1
    assert rejected.books["lenient"]["delivered"] == 2
    sandbox.reset()
    repaired = [{**WITHOUT_THE_DATE, "name": "strict"}, BOTH[1]]
    replayed = run_target(lines(rejected), mappings=repaired)
    assert replayed.exit_code == 0
    assert [(name, row["read"]) for name, row in replayed.books.items()] == [("strict", 1)]
    assert len(sandbox.requests) == 1


def test_a_record_that_both_mappings_rejected_goes_again_through_both(sandbox, run_target):
    mappings = [{**CONTACT, "name": name} for name in ("one", "other")]
    rejected = run_target([MEMBERS, member(2, **BAD_DATE)], mappings=mappings)
    assert [message["reject"]["mapping"] for message in rejected.rejects] == ["one", "other"]
    repaired = [{**WITHOUT_THE_DATE, "name": name} for name in ("one", "other")]
    replayed = run_target(lines(rejected), mappings=repaired)
    assert {name: row["delivered"] for name, row in replayed.books.items()} == {
        "one": 1,
        "other": 1,
    }
    assert len(sandbox.requests) == 2


def test_what_is_rejected_again_has_one_reason_the_latest(run_target):
    rejected = run_target([*SCHEMAS, member(2, **BAD_DATE)])
    again = run_target(lines(rejected))
    assert again.exit_code == 1
    assert lines(again)[1].count('"reject"') == 1
    assert again.rejects[0]["record"] == rejected.rejects[0]["record"]
    assert again.rejects[0]["reject"]["line"] == 2


def test_the_rejects_file_can_be_the_input_of_the_run_that_writes_a_new_one(sandbox, run_command):
    rejected = run_command(MESSAGES)
    path = rejected.rejects_path
    before = path.read_bytes()
    replayed = run_command(path, rejects_path=str(path), mappings=[WITHOUT_THE_DATE, EVENT])
    assert (replayed.total("delivered"), replayed.total("rejected")) == (2, 1)
    assert [message["record"]["id"] for message in replayed.rejects] == ["c2"]
    kept = [other for other in path.parent.iterdir() if other.name.startswith("rejects.2")]
    assert [other.read_bytes() for other in kept] == [before]
    assert len(sandbox.contacts) == 4


def test_the_rejects_of_many_streams_each_follow_their_schema(run_target):
    run = run_target(MESSAGES, on_reject="quarantine")
    kinds = [(message["type"], message["stream"]) for message in run.reject_messages]
    assert kinds == [
        ("SCHEMA", "members"),
        ("RECORD", "members"),
        ("SCHEMA", "check_ins"),
        ("RECORD", "check_ins"),
        ("RECORD", "members"),
    ]
    assert run.rejects_path.stat().st_mode & 0o777 == 0o600


def test_what_the_vendor_rejected_can_be_replayed_too(sandbox, run_target):
    sandbox.faults = [{"fault": "status", "status": 422, "match": {"user_id": "m3"}, "times": 1}]
    rejected = run_target([*SCHEMAS, member(1), member(3), state(bookmark=3)])
    assert [contact["fields"]["user_id"] for contact in sandbox.contacts] == ["m1"]
    replayed = run_target(lines(rejected))
    assert (replayed.exit_code, replayed.total("delivered")) == (0, 1)
    assert [contact["fields"]["user_id"] for contact in sandbox.contacts] == ["m1", "m3"]


def test_a_reject_whose_mapping_is_no_more_is_not_passed_over(sandbox, run_target):
    message = member(2)
    message["reject"] = {"mapping": "gone"}
    run = run_target([MEMBERS, member(1), state(a=1), message, state(a=2)], batch_size_rows=1)
    assert (run.exit_code, run.states) == (2, [{"a": 1}])
    assert "no mapping of stream 'members' is named 'gone'" in run.stderr
    assert "input line 4" in run.stderr
    assert len(sandbox.requests) == 1


def test_a_reject_that_names_no_mapping_goes_through_all(sandbox, run_target):
    message = member(1)
    message["reject"] = {"mapping": ""}
    run = run_target([MEMBERS, message], mappings=BOTH)
    assert (run.exit_code, len(sandbox.requests)) == (0, 2)


NAMELESS = {"user_id": "id", "first_name": "'Ada'", "last_name": "'Example'"}
SPLIT = {"staff": {"__source__": "members", "id": "id"}, "members": {}}


def test_a_reject_of_one_of_two_streams_that_stream_maps_made_goes_only_there(sandbox, run_target):
    to_staff = {**CONTACT, "stream": "staff", "name": "staff", "fields": NAMELESS}
    mappings = [{**CONTACT, "name": "members"}, to_staff]
    message = member(1)
    message["reject"] = {"mapping": "members"}
    run = run_target([MEMBERS, message], mappings=mappings, stream_maps=SPLIT)
    assert [name for name, row in run.books.items() if row["read"]] == ["members"]
    assert len(sandbox.requests) == 1


def test_no_state_leaves_before_the_rejects_ahead_of_it_are_on_the_disk(run_target, monkeypatch):
    def fails(_descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    messages = [*SCHEMAS, member(1), state(a=1), member(2, **BAD_DATE), state(a=2)]
    hurried = {"batch_size_rows": 1, "batch_wait_seconds": 0, "max_in_flight": 1}
    run = run_target(messages, on_reject="quarantine", **hurried)
    assert (run.exit_code, run.states) in ((5, [{"a": 1}]), (5, []))
    assert "The rejects file" in run.stderr
    assert "Input/output error" in run.stderr
