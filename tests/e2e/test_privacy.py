"""No value of a record and no secret stands anywhere but in the rejects file, whatever fails."""

from __future__ import annotations

import json
import signal
import time

import pytest
from gym import CONTACT, EVENT, MEMBER, SCHEMAS, record, schema, state

from target_gleantap.sandbox.server import Sandbox

CANARY = "c4n4ry"
NUMBER = 31415926535
SECRETS = {name: f"{CANARY}-{name}" for name in ("api_key", "secret_key", "app_id")}
LOUD = {"LOGLEVEL": "DEBUG", "TARGET_GLEANTAP_LOGLEVEL": "DEBUG"}
EVERYTHING = [{**CONTACT, "custom_attributes": "*"}, {**EVENT, "custom_attributes": "*"}]


def member(number, **fields):
    """A member that holds the token in every field, its keys among them."""
    made = {name: f"{CANARY}-{name}-{number}" for name in MEMBER}
    made |= {"email": f"{CANARY}{number}@example.com", "joined": "2026-01-02", "points": NUMBER}
    return record("members", **{**made, CANARY: CANARY, **fields})


def check_in(number):
    made = {name: f"{CANARY}-{name}-{number}" for name in ("id", "member_id", "name")}
    return record("check_ins", **made, email=f"{CANARY}{number}@example.com", at="2026-01-02")


MEMBERS = schema("members", {**MEMBER, "points": "integer"})
GOOD = [
    MEMBERS,
    SCHEMAS[1],
    member(1),
    check_in(1),
    state(at=1),
    member(2),
    check_in(2),
    state(at=2),
]
BAD = [
    member(3, joined=f"{CANARY} o'clock"),
    member(4, points=CANARY),
    member(5, first_name=None),
    member(6, email=CANARY),
    member(7, id=NUMBER),
    record("members", email=f"{CANARY}@example.com"),
    '{"type": "RECORD", "stream": "members", "record": {"id": "' + CANARY + '", "city": NaN}}',
    state(at=7),
]
ECHO = f"{CANARY} is not a valid value, says the vendor"


@pytest.fixture
def sandbox():
    with Sandbox(credentials=SECRETS) as sandbox:
        yield sandbox


def assert_discreet(run):
    told = {"stdout": run.stdout, "stderr": run.stderr, "summary": json.dumps(run.summary)}
    for place, text in told.items():
        lines = [
            line for line in text.splitlines() if CANARY in line.lower() or str(NUMBER) in line
        ]
        assert lines == [], f"{place} holds a value"
    for file in run.rejects_path.parent.iterdir():
        if file.name not in ("config.json", run.rejects_path.name):
            assert CANARY not in file.read_text("utf-8")
    if run.rejects_path.exists():
        assert run.rejects_path.stat().st_mode & 0o777 == 0o600


FAILURES = {
    "nothing": [],
    "400 that repeats the value": [{"fault": "status", "status": 400, "body": ECHO}],
    "422 that repeats the value": [{"fault": "status", "status": 422, "body": {"message": ECHO}}],
    "200 that says failure": [{"fault": "failure_in_200", "message": ECHO}],
    "200 with no JSON": [{"fault": "status", "status": 200, "body": ECHO}],
    "a header that repeats the value": [
        {"fault": "status", "status": 503, "headers": {"X-Reason": ECHO, "Retry-After": CANARY}}
    ],
    "a rate limit that is no number": [
        {"fault": "status", "status": 429, "headers": {"RateLimit-Remaining": CANARY}}
    ],
    "401": [{"fault": "status", "status": 401, "body": ECHO}],
    "404": [{"fault": "status", "status": 404, "body": ECHO}],
    "a redirect": [{"fault": "redirect", "location": f"https://{CANARY}.example.com/{CANARY}"}],
    "resets": [{"fault": "reset_after"}],
    "half bodies": [{"fault": "half_body"}],
    "a stall": [{"fault": "stall", "seconds": 5}],
}


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_that_the_vendor_does_brings_a_value_out(failure, sandbox, run_command):
    sandbox.faults = FAILURES[failure]
    run = run_command(
        [*GOOD, *BAD],
        env=LOUD,
        mappings=EVERYTHING,
        request_timeout_seconds=1,
        retry_deadline_seconds=1,
        on_reject="quarantine",
    )
    assert_discreet(run)
    assert "DEBUG" in run.stderr
    if failure == "nothing":
        assert (run.exit_code, run.total("rejected")) == (0, 7)
        assert CANARY in run.rejects_path.read_text("utf-8")


INPUTS = {
    "a line that is not JSON": [f"{CANARY} is no message"],
    "a line that is cut off": [json.dumps(member(3))[:-20]],
    "a record before its schema": [record("unheard", id=CANARY)],
    "a record that is none": [{"type": "RECORD", "stream": "members", "record": [CANARY]}],
    "a type that is none": [{"type": CANARY, "stream": "members"}],
    "a state that is none": [{"type": "STATE", "value": CANARY}],
    "a schema that is none": [
        {"type": "SCHEMA", "stream": "members", "schema": {"properties": {"id": {"type": CANARY}}}}
    ],
    "a batch that is not there": [
        {
            "type": "BATCH",
            "stream": "members",
            "encoding": {"format": "jsonl", "compression": None},
            "manifest": [f"file:///nowhere/{CANARY}.jsonl"],
        }
    ],
    "an encoding that is none": [
        {"type": "BATCH", "stream": "members", "encoding": {"format": CANARY}, "manifest": []}
    ],
}


@pytest.mark.parametrize("what", INPUTS)
def test_nothing_that_the_tap_writes_comes_out_in_a_message(what, run_command):
    run = run_command([*GOOD, *INPUTS[what]], env=LOUD, mappings=EVERYTHING)
    assert run.exit_code in (1, 2, 4, 5), run.stderr
    assert_discreet(run)
    assert "Traceback" not in run.stderr
    assert "Unexpected" not in run.stderr


def test_stream_maps_that_fail_on_a_value_do_not_tell_it(run_command):
    run = run_command(
        GOOD,
        env=LOUD,
        mappings=EVERYTHING,
        stream_maps={"members": {"city": "int(city)"}, "check_ins": {"__filter__": "id == 'x'"}},
    )
    assert (run.exit_code, run.total("rejected"), run.total("filtered")) == (1, 2, 2)
    assert_discreet(run)


def test_a_signal_brings_no_value_out(sandbox, start):
    sandbox.faults = [{"fault": "stall", "seconds": 5}]
    run = start(env=LOUD, mappings=EVERYTHING, stop_deadline_seconds=0)
    run.write(GOOD)
    while not sandbox.requests:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    ended = run.wait(timeout=5)
    assert ended.exit_code == 130
    assert_discreet(ended)


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": f"{CANARY} with a space"},
        {"secret_key": [CANARY]},
        {"base_url": f"https://user:{CANARY}@api.example.com"},
        {"timezone": CANARY},
        {"on_reject": CANARY},
        {"quotas": [CANARY]},
        {"max_in_flight": CANARY},
        {"mappings": CANARY},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_config_that_is_refused_is_not_repeated(wrong, run_command):
    run = run_command(GOOD, env=LOUD, **wrong)
    assert run.exit_code == 2
    assert_discreet(run)


def test_a_config_from_the_environment_is_not_repeated(run_command, settings):
    config = settings(api_key=None, timezone=None).write()
    env = {
        **LOUD,
        "TARGET_GLEANTAP_API_KEY": SECRETS["api_key"],
        "TARGET_GLEANTAP_TIMEZONE": CANARY,
    }
    run = run_command(GOOD, env=env, arguments=["--config", str(config), "--config", "ENV"])
    assert run.exit_code == 2
    assert_discreet(run)
