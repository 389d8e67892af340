"""What taps write, and what becomes of it: odd lines, odd values, files, names, settings."""

from __future__ import annotations

import gzip
import json

import pytest
from gym import (
    CONTACT,
    EVENT,
    MEMBER,
    MEMBERS,
    SCHEMAS,
    check_in,
    encode,
    member,
    record,
    schema,
    state,
)
from runs import run_as_process

HURRIED = {"batch_size_rows": 1, "batch_wait_seconds": 0}
EVERYTHING = {**CONTACT, "custom_attributes": "*"}


def field(sandbox, name):
    return [contact["fields"].get(name) for contact in sandbox.contacts]


# --- states


def test_a_state_leaves_as_the_tap_wrote_it(run_command):
    raw = '{"bookmarks":  {"a.b": {"at": 1.50, "big": 12345678901234567890, "z": "\\u00e9"}}}'
    run = run_command([*SCHEMAS, member(1), '{"type": "STATE", "value": ' + raw + "}"])
    assert (run.exit_code, run.stdout) == (0, raw + "\n")


def test_an_empty_state_never_leaves(run_target):
    empty = {"type": "STATE", "value": {}}
    spaced = '{"type": "STATE", "value": { } }'
    run = run_target([*SCHEMAS, empty, member(1), state(a=1), member(2), empty, spaced], **HURRIED)
    assert run.states == [{"a": 1}]


def test_a_state_before_any_record_leaves(run_target):
    assert run_target([*SCHEMAS, state(a=0), member(1)], **HURRIED).states == [{"a": 0}]


# --- lines


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("so {not} json: canary", "is not JSON"),
        ('{"type": "canary', "is not JSON: Unterminated string at character 10"),
        ("[1, 2]", "is not a JSON object"),
        ('{"stream": "members"}', "has no `type`"),
        ('{"type": "RECORDS", "stream": "canary"}', "is of a type that Singer does not have"),
        ('{"type": "RECORD", "record": {}}', "`stream` is missing"),
        ('{"type": "RECORD", "stream": "members"}', "`record` is missing"),
        ('{"type": "RECORD", "stream": "members", "record": [1]}', "`record` is not what Singer"),
        ('{"type": "STATE"}', "`value` is missing"),
        ('{"type": "SCHEMA", "stream": "members"}', "`schema` is missing"),
        (
            '{"type": "SCHEMA", "stream": "members", "schema": {"type": 7, "properties": {}}}',
            "JSON Schema",
        ),
        (json.dumps({**MEMBERS, "key_properties": "id"}), "`key_properties` is not what Singer"),
        (json.dumps({**MEMBERS, "key_properties": [1]}), "`key_properties` is not what Singer"),
        ('{"type": "RECORD", "stream": "unheard", "record": {}}', "has had no SCHEMA yet"),
        ('{"type": "BATCH", "stream": "unheard", "encoding": {}, "manifest": []}', "no SCHEMA yet"),
        (b'{"type": "RECORD", "stream": "\xff\xfe"}', "is not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"type": "STATE", "value": {"a": ' + "9" * 5000 + "}}", "too many digits"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_line_that_is_not_singer_ends_the_run_and_is_told_by_its_number_only(
    line, said, sandbox, run_target
):
    run = run_target([*SCHEMAS, member(1), state(a=1), line, member(2), state(a=2)], **HURRIED)
    assert (run.exit_code, run.states) == (4, [{"a": 1}])
    assert len(sandbox.contacts) == 1
    assert said in run.stderr
    assert "canary" not in run.stderr


def test_a_bad_line_is_said_once(run_command):
    run = run_command([*SCHEMAS, "canary " * 100])
    assert (run.exit_code, run.stdout) == (4, "")
    assert run.stderr.count("Input line 3 is not JSON") == 1
    assert "canary" not in run.stderr
    assert "Traceback" not in run.stderr


def test_empty_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm(sandbox, run_command):
    data = b"\xef\xbb\xbf" + encode([*SCHEMAS, "", "  ", member(1), state(a=1)])
    run = run_command([data.replace(b"\n", b"\r\n")])
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert field(sandbox, "user_id") == ["m1"]


def test_a_line_of_twenty_megabytes_is_read_like_any_other(sandbox, run_command):
    ignored = schema("notes", {"id": "string", "text": "string"})
    large = record("notes", id="1", text="x" * 20_000_000)
    run = run_command([*SCHEMAS, ignored, large, member(1), state(a=1)], unmapped_streams="ignore")
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert run.summary["ignored"] == {"notes": 1}
    assert field(sandbox, "user_id") == ["m1"]


# --- values


def test_a_date_that_does_not_exist_is_a_reject_and_the_run_goes_on(sandbox, run_target):
    dated = {"joined": {"type": ["string", "null"], "format": "date-time"}}
    members = schema("members", {**MEMBER, **dated})
    wrong = [
        member(number, joined=text)
        for number, text in enumerate(("2026-02-30T00:00:00Z", "10000-01-01", "soon"), 10)
    ]
    run = run_target(
        [
            members,
            member(1, joined="2026-02-03T04:05:06.123456789Z"),
            *wrong,
            member(2),
            state(a=1),
        ],
        mappings=[CONTACT],
        on_reject="quarantine",
    )
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert [message["record"]["id"] for message in run.rejects] == ["m10", "m11", "m12"]
    assert set(field(sandbox, "created_date")) == {"2026-02-03 04:05:06", None}


def test_what_the_tap_sends_against_its_own_schema_is_a_reject_and_the_run_goes_on(
    sandbox, run_target
):
    run = run_target([*SCHEMAS, member(1, city=7), member(2), state(a=1)], on_reject="quarantine")
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    (message,) = run.rejects
    assert message["reject"]["reason"] == "schema"
    assert message["reject"]["faults"][0]["path"] == "city"
    assert field(sandbox, "user_id") == ["m2"]


def test_with_validate_records_off_the_contract_alone_decides(sandbox, run_target):
    run = run_target([*SCHEMAS, member(1, city=7), state(a=1)], validate_records=False)
    assert (run.exit_code, field(sandbox, "city")) == (0, ["7"])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"\\ud800"'])
@pytest.mark.parametrize("read", [True, False])
def test_a_value_that_no_json_has_is_a_reject_where_it_is_read_and_no_harm_where_not(
    value, read, run_target
):
    name = "city" if read else "note"
    odd = (
        '{"type": "RECORD", "stream": "members", "record": {"id": "m1", "first_name": "Ada", '
        '"last_name": "Example", "' + name + '": ' + value + "}}"
    )
    run = run_target(
        [*SCHEMAS, odd, member(2), state(a=1)], on_reject="quarantine", validate_records=False
    )
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert (run.total("rejected"), run.total("delivered")) == ((1, 1) if read else (0, 2))
    if read:
        assert odd[:-1] in run.rejects_path.read_text("utf-8")


def test_numbers_arrive_without_loss(sandbox, run_target):
    raw = (
        '{"type": "RECORD", "stream": "members", "record": {"id": "m1", "first_name": "Ada", '
        '"last_name": "Example", "points": 12345678901234567890, "rate": 0.10, "tiny": 1e-7}}'
    )
    kinds = {**MEMBER, "points": "integer", "rate": "number", "tiny": "number"}
    run = run_target([schema("members", kinds), raw], mappings=[EVERYTHING])
    assert run.exit_code == 0, run.stderr
    (fields,) = (contact["fields"] for contact in sandbox.contacts)
    assert fields["points"] == 12345678901234567890
    assert (fields["rate"], fields["tiny"]) == (0.1, 1e-7)


# --- messages besides records


def test_activate_version_is_accepted_and_changes_nothing(sandbox, run_command):
    version = {"type": "ACTIVATE_VERSION", "stream": "members", "version": 2}
    stray = {"type": "ACTIVATE_VERSION", "stream": "unheard", "version": 2}
    run = run_command([*SCHEMAS, version, member(1), version, stray, state(a=1)])
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert field(sandbox, "user_id") == ["m1"]


def test_a_schema_that_changes_in_mid_stream_keeps_the_order(sandbox, run_target):
    wider = schema("members", {**MEMBER, "plan": "string"})
    messages = []
    for number in range(30):
        messages += [MEMBERS if number % 2 else wider, member(number % 3, city=f"{number:02}")]
    run = run_target([*messages, state(a=1)], mappings=[CONTACT])
    assert (run.exit_code, run.total("delivered")) == (0, 30)
    for contact in sandbox.contacts:
        cities = [body["city"] for body in contact["history"]]
        assert cities == sorted(cities)
    assert sorted(field(sandbox, "city")) == ["27", "28", "29"]


def batch(path, compression=None):
    return {
        "type": "BATCH",
        "stream": "members",
        "encoding": {"format": "jsonl", "compression": compression},
        "manifest": [path.as_uri()],
    }


def write_batch(path, compression, numbers, **fields):
    lines = [json.dumps(member(number, **fields)["record"]) for number in numbers]
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if compression else data)
    return batch(path, compression)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_batch_files_are_delivered_and_their_rejects_can_be_replayed(
    compression, sandbox, run_command, tmp_path
):
    good = write_batch(tmp_path / "good.jsonl", compression, range(1, 6))
    bad = write_batch(tmp_path / "bad.jsonl", compression, [6], joined="never")
    run = run_command([*SCHEMAS, good, state(a=5), bad, member(7), state(a=7)])
    assert (run.exit_code, run.total("delivered"), run.total("rejected")) == (1, 6, 1)
    assert run.states == [{"a": 5}]
    fixed = {**CONTACT, "fields": {**CONTACT["fields"], "created_date": "'2026-01-01'"}}
    replayed = run_command(run.rejects_path, mappings=[fixed, EVENT])
    assert (replayed.exit_code, replayed.total("delivered")) == (0, 1)
    assert sorted(field(sandbox, "user_id")) == [f"m{number}" for number in range(1, 8)]


@pytest.mark.parametrize("content", [None, b"{}\nnot json: canary\n", b"\x1f\x8b cut off"])
def test_a_batch_file_that_cannot_be_read_ends_the_run_and_holds_the_state(
    content, run_target, tmp_path
):
    path = tmp_path / "batch.jsonl"
    if content is not None:
        path.write_bytes(content)
    compression = "gzip" if content and content.startswith(b"\x1f") else None
    run = run_target(
        [*SCHEMAS, member(1), state(a=1), batch(path, compression), state(a=2)], **HURRIED
    )
    assert (run.exit_code, run.states) == (4 if content and not compression else 5, [{"a": 1}])
    assert "BATCH" in run.stderr
    assert "canary" not in run.stderr


@pytest.mark.parametrize(
    ("change", "said", "exit_code"),
    [
        ({"manifest": ["s3://canary/x.jsonl"]}, "Install s3fs", 5),
        ({"manifest": ["canary://x/y"]}, "cannot be read: ValueError", 5),
        ({"manifest": [None]}, "`manifest` is missing", 4),
        ({"manifest": [7]}, "`manifest` is not what Singer has there", 4),
        ({"encoding": {"form": "canary"}}, "is not JSONL", 4),
        ({"encoding": {"format": "parquet"}}, "is not JSONL", 4),
    ],
)
def test_a_batch_of_another_kind_ends_the_run_with_a_reason_to_act_on(
    change, said, exit_code, run_target, tmp_path
):
    message = {**write_batch(tmp_path / "batch.jsonl", None, [2]), **change}
    run = run_target([*SCHEMAS, member(1), state(a=1), message, state(a=2)], **HURRIED)
    assert (run.exit_code, run.states) == (exit_code, [{"a": 1}])
    assert said in run.stderr
    assert "canary" not in run.stderr


def test_a_gzip_file_that_is_damaged_ends_the_run_and_holds_the_state(run_target, tmp_path):
    path = tmp_path / "batch.jsonl"
    message = write_batch(path, "gzip", [2])
    data = bytearray(path.read_bytes())
    data[10] = 0xFF  # a block of a kind that deflate does not have
    path.write_bytes(data)
    run = run_target([*SCHEMAS, member(1), state(a=1), message, state(a=2)], **HURRIED)
    assert (run.exit_code, run.states) == (5, [{"a": 1}])
    assert "BATCH in input line 5" in run.stderr


def test_stream_maps_hold_for_batch_files_too(sandbox, run_target, tmp_path):
    """A filter is what keeps somebody from a vendor: it must not depend on the message's type."""
    message = write_batch(tmp_path / "batch.jsonl", None, range(1, 6))
    maps = {"members": {"__filter__": "id != 'm2'", "city": "'North'"}}
    run = run_target([*SCHEMAS, message, member(6), state(a=1)], stream_maps=maps)
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert sorted(field(sandbox, "user_id")) == ["m1", "m3", "m4", "m5", "m6"]
    assert set(field(sandbox, "city")) == {"North"}
    assert run.total("filtered") == 1


def test_rejects_of_a_batch_file_of_a_renamed_stream_can_be_replayed(run_target, tmp_path):
    message = write_batch(tmp_path / "batch.jsonl", None, [1], joined="never")
    maps = {"members": {"__alias__": "people"}}
    people = {**CONTACT, "stream": "people"}
    run = run_target([MEMBERS, message, state(a=1)], stream_maps=maps, mappings=[people])
    assert (run.exit_code, run.states) == (1, [])
    assert [line["type"] for line in run.reject_messages] == ["SCHEMA", "RECORD"]
    fixed = {**people, "fields": {**CONTACT["fields"], "created_date": "'2026-01-01'"}}
    again = run_target(run.reject_messages, stream_maps=maps, mappings=[fixed])
    assert (again.exit_code, again.total("delivered")) == (0, 1)


def test_a_null_goes_out_where_it_is_asked_for_and_the_sandbox_stores_it(sandbox, run_target):
    messages = [*SCHEMAS, member(1, city="Here"), member(1, city=None), state(a=1)]
    run = run_target(messages, null_policy="send")
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    (contact,) = sandbox.contacts
    assert [body["city"] for body in contact["history"]] == ["Here", None]
    assert contact["fields"]["city"] is None


# --- names


@pytest.mark.parametrize(
    "name", ["public.members", "public-members", "public/members", "Mitglieder ü"]
)
def test_streams_may_have_any_name(name, sandbox, run_target):
    named = {**CONTACT, "stream": name}
    messages = [schema(name, MEMBER), {**member(1), "stream": name}, state(a=1)]
    run = run_target(messages, mappings=[named])
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert field(sandbox, "user_id") == ["m1"]
    assert run.summary["books"][0]["stream"] == name


def test_a_glob_serves_all_streams_that_no_mapping_names(run_target):
    glob = {**CONTACT, "stream": "*.members"}
    exact = {**CONTACT, "stream": "b.members", "where": "id == 'nobody'"}
    messages = [
        message
        for name in ("a.members", "b.members")
        for message in (schema(name, MEMBER), {**member(1), "stream": name})
    ]
    run = run_target(messages, mappings=[glob, exact])
    assert run.exit_code == 0
    ways = {row["stream"]: (row["delivered"], row["filtered"]) for row in run.summary["books"]}
    assert ways == {"a.members": (1, 0), "b.members": (0, 1)}


NOTES = [schema("notes", {"id": "string"}), record("notes", id="1"), record("notes", id="2")]


def test_a_stream_without_a_mapping_stops_the_run_at_its_schema(run_target):
    run = run_target([*SCHEMAS, member(1), state(a=1), *NOTES, state(a=2)], **HURRIED)
    assert (run.exit_code, run.states) == (2, [{"a": 1}])
    assert "stream 'notes' has no mapping" in run.stderr
    assert "unmapped_streams" in run.stderr


def test_a_stream_without_a_mapping_may_be_read_past_and_is_counted(run_target):
    messages = [*SCHEMAS, member(1), *NOTES, state(a=2)]
    run = run_target(messages, unmapped_streams="ignore")
    assert (run.exit_code, run.states) == (0, [{"a": 2}])
    assert run.summary["ignored"] == {"notes": 2}
    assert "2 records of stream notes" in run.stderr


def test_a_stream_named_contacts_needs_no_mapping(sandbox, run_target):
    contacts = schema(
        "contacts", {"user_id": "string", "first_name": "string", "last_name": "string"}
    )
    message = record("contacts", user_id="1", first_name="Ada", last_name="Example")
    run = run_target([{**contacts, "key_properties": ["user_id"]}, message], mappings=None)
    assert (run.exit_code, field(sandbox, "first_name")) == (0, ["Ada"])


# --- what singer-sdk gives


def test_stream_maps_work_ahead_of_the_mappings(sandbox, run_target):
    maps = {
        "members": {
            "city": "city.upper() if city else None",
            "email": "'hidden@example.com'",
            "__filter__": "id != 'm2'",
        }
    }
    messages = [*SCHEMAS, member(1, city="Basel"), member(2, city="Bern"), state(a=1)]
    run = run_target(messages, stream_maps={**maps, "check_ins": {}})
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert (field(sandbox, "city"), field(sandbox, "user_id")) == (["BASEL"], ["m1"])
    assert run.books["stream_maps"]["filtered"] == 1


def test_a_record_that_stream_maps_cannot_change_is_a_reject(sandbox, run_target):
    maps = {"members": {"city": "city.upper()"}}
    messages = [*SCHEMAS, member(1, city="Basel"), member(2, city=None), state(a=1)]
    run = run_target(messages, stream_maps=maps, on_reject="quarantine")
    assert (run.exit_code, run.states, field(sandbox, "city")) == (0, [{"a": 1}], ["BASEL"])
    (message,) = run.rejects
    assert message["reject"]["faults"][0]["message"].startswith("stream_maps cannot be applied")


def test_flattening_works_ahead_of_the_mappings(sandbox, run_target):
    address = {"type": ["object", "null"], "properties": {"city": {"type": ["string", "null"]}}}
    members = schema("members", {**MEMBER, "address": address})
    mapping = {**CONTACT, "fields": {**CONTACT["fields"], "city": "address__city"}}
    run = run_target(
        [members, member(1, address={"city": "Basel"})],
        mappings=[mapping],
        flattening_enabled=True,
        flattening_max_depth=2,
    )
    assert run.exit_code == 0, run.stderr
    assert field(sandbox, "city") == ["Basel"]


def test_add_record_metadata_gives_mappings_singer_sdks_own_fields(sandbox, run_target):
    mapping = {**CONTACT, "fields": {**CONTACT["fields"], "created_date": "_sdc_extracted_at"}}
    message = {**member(1), "time_extracted": "2026-01-02T03:04:05Z"}
    run = run_target([MEMBERS, message], mappings=[mapping], add_record_metadata=True)
    assert run.exit_code == 0, run.stderr
    assert field(sandbox, "created_date") == ["2026-01-02 03:04:05"]


def test_later_config_files_win_and_the_environment_wins_over_all(
    sandbox, settings, balanced, tmp_path
):
    chosen = settings()
    first, second = chosen.write(), tmp_path / "second.json"
    wrong = json.loads(first.read_text())
    first.write_text(json.dumps({**wrong, "app_id": "nobody's", "max_in_flight": 3}))
    second.write_text(json.dumps({"app_id": "nor this one"}))
    run = balanced(
        run_as_process(
            chosen,
            [*SCHEMAS, member(1), state(a=1)],
            arguments=["--config", str(first), "--config", str(second), "--config", "ENV"],
            env={
                "TARGET_GLEANTAP_APP_ID": sandbox.credentials["app_id"],
                "TARGET_GLEANTAP_QUOTAS": '["100/1s"]',
            },
        )
    )
    assert (run.exit_code, run.states) == (0, [{"a": 1}]), run.stderr
    assert field(sandbox, "user_id") == ["m1"]


def test_events_and_contacts_of_one_stream_are_both_made(sandbox, run_target):
    event = {
        "stream": "members",
        "resource": "event",
        "fields": {
            "id": "join('-', ['joined', id])",
            "user_id": "id",
            "event_type": "'joined'",
            "event_date": "joined",
        },
    }
    messages = [MEMBERS, member(1, joined="2026-01-02T03:04:05Z"), state(a=1)]
    run = run_target(messages, mappings=[CONTACT, event])
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert [row["read"] for row in run.summary["books"]] == [1, 1]
    assert ([each["id"] for each in sandbox.events], len(sandbox.contacts)) == (["joined-m1"], 1)
    assert run.summary["requests"]["requests"] == 2


def test_an_event_follows_the_contact_that_it_belongs_to(sandbox, run_target):
    messages = [
        message for number in range(40) for message in (member(number), check_in(number, number))
    ]
    run = run_target([*SCHEMAS, *messages, state(a=1)], max_in_flight=32)
    assert run.exit_code == 0
    assert all(event["contact"] for event in sandbox.events)
    first = {}
    for request in sandbox.requests:
        first.setdefault(request["identifiers"][0], request["resource"])
    assert set(first.values()) == {"contact"}
