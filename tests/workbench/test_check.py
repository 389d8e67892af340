"""`check`: all that is wrong, at once, with its place; exit codes for machines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gym import CHECK_INS, CONTACT, EVENT, MEMBERS, check_in, member

from target_gleantap import destinations
from target_gleantap.sandbox.server import Sandbox

CANARY = "Zq7Canary"
FAULTY = """\
timezone: America/NewYork
mappings:
  - stream: members
    resource: contact
    fields:
      user_id: id
      fist_name: first_name
      first_name: fisrt_name
  - stream: check_ins
    resource: event
    fields: {id: id, user_id: membr_id, event_type: "'visit'", event_date: at}
"""


def test_everything_is_told_at_once_over_all_streams(command: Any, write: Any) -> None:
    """Settings, contract and every stream's SCHEMA: a run would stop at the first of them."""
    write("config.yml", FAULTY)
    write("tap.singer", [MEMBERS, CHECK_INS, {**MEMBERS, "stream": "classes"}])
    done = command("check", "--config", "config.yml", "--input", "tap.singer")
    assert done.code == 2
    told = done.out.splitlines()
    assert told == [
        "config.yml:1: timezone: no time zone has this name (did you mean America/New_York?)",
        (
            "config.yml:7: mappings[0].fields.fist_name: contact has no documented field fist_name "
            "(did you mean first_name?)"
        ),
        (
            "config.yml:5: mappings[0].fields.last_name: is required and never mapped "
            "(map it: last_name: <source field>)"
        ),
        (
            "config.yml:11: mappings[1].fields.user_id: stream 'check_ins' has no field membr_id "
            "(did you mean member_id?)"
        ),
        (
            "config.yml:2: mappings: stream 'classes' has no mapping (mapped are check_ins, "
            "members; map it, deselect it in the tap, or set unmapped_streams: ignore)"
        ),
        "5 faults. Looked at: 2 mappings, 3 streams, 0 passed tests.",
    ]


def test_a_machine_reads_the_same(command: Any, write: Any) -> None:
    write("config.yml", FAULTY)
    done = command("check", "--config", "config.yml", "--format", "json")
    assert done.code == 2
    assert done.json["ok"] is False
    assert done.json["faults"][0] == {
        "path": "timezone",
        "message": "no time zone has this name",
        "hint": "did you mean America/New_York?",
        "rule": "timezone",
        "file": "config.yml",
        "line": 1,
    }
    assert "are not held against any SCHEMA" in done.json["notes"][0]


def test_github_shows_each_fault_beside_its_line(command: Any, write: Any) -> None:
    write("config.json", '{"timezone": "100%,\\n",\n "max_in_flight": 0}')
    done = command("check", "--config", "config.json", "--format", "github")
    assert done.code == 2
    assert (
        "::error file=config.json,line=2,title=target-gleantap range::max_in_flight: " in done.out
    )
    assert "::error file=config.json,line=1,title=target-gleantap timezone::timezone: " in done.out


def test_a_right_config_needs_neither_keys_nor_network(command: Any, write: Any) -> None:
    write("config.yml", {"mappings": [CONTACT, EVENT]})
    write(
        "tap.singer",
        [MEMBERS, member(1), CHECK_INS, check_in(1, 1), {"type": "STATE", "value": {}}],
    )
    done = command("check", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    assert done.code == 0, done.out
    assert done.json["streams"] == {"members": 1, "check_ins": 1}


def test_a_mapping_that_meets_no_stream_is_noted(command: Any, write: Any) -> None:
    write(
        "config.yml", {"mappings": [{**CONTACT, "stream": "membres"}], "unmapped_streams": "ignore"}
    )
    write("tap.singer", [MEMBERS])
    done = command("check", "--config", "config.yml", "--input", "tap.singer")
    assert done.code == 0
    assert "mappings[0]: no stream seen is named membres. did you mean members?" in done.out


def test_stream_maps_are_followed(command: Any, write: Any) -> None:
    """What a mapping meets is the stream as singer-sdk's maps leave it."""
    mapping = {**CONTACT, "stream": "people"}
    maps = {"members": {"__alias__": "people", "first_name": None}}
    write("config.yml", {"mappings": [mapping], "stream_maps": maps})
    write("tap.singer", [MEMBERS])
    done = command("check", "--config", "config.yml", "--input", "tap.singer")
    assert done.code == 2
    assert "stream 'people' has no field first_name" in done.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{nonsense", "Input line 1 is not JSON"),
        ('{"type": "SCHEMA", "stream": "s", "schema": {}}', "`properties` is missing"),
        (
            json.dumps({**MEMBERS, "schema": {"properties": {"id": {"type": 5}}}}),
            "no valid JSON Schema",
        ),
        (
            json.dumps({**MEMBERS, "schema": {"properties": {"id": {"$ref": "#/$defs/no"}}}}),
            "refers to '#/$defs/no', which is not in it",
        ),
    ],
)
def test_an_input_that_is_no_singer_is_a_fault_like_others(
    command: Any, write: Any, content: str, said: str
) -> None:
    write("config.yml", {"mappings": [CONTACT], "batch_size_rows": 0})
    write("tap.jsonl", f"{content}\n")
    done = command("check", "--config", "config.yml", "--input", "tap.jsonl")
    assert done.code == 2
    assert said in done.out
    assert "batch_size_rows" in done.out


@pytest.mark.parametrize("name", ["missing.yml", "missing.json"])
def test_a_config_that_is_not_there_is_a_fault(command: Any, name: str) -> None:
    done = command("check", "--config", name, "--format", "json")
    assert done.code == 2
    assert done.json["faults"][0]["path"] == name


# --- the mappings' own tests

GIVEN = {"id": 7, "first_name": "Ann", "last_name": "Example", "plan": 1.50}
BODY = {"user_id": "7", "first_name": "Ann", "last_name": "Example", "plan": 1.5}


def entry(**test: Any) -> dict[str, Any]:
    return {
        "stream": "members",
        "resource": "contact",
        "where": "plan",
        "fields": {"user_id": "id", "first_name": "first_name", "last_name": "last_name"},
        "custom_attributes": ["plan"],
        "tests": [{"given": GIVEN, **test}],
    }


def of_tests(command: Any, write: Any, *arguments: str, **test: Any) -> tuple[Any, list[str]]:
    write("config.json", json.dumps({"mappings": [entry(**test)]}))
    done = command("check", "--config", "config.json", "--format", "json", *arguments)
    said = done.json
    return said["tests_passed"], [f"{one['path']}: {one['message']}" for one in said["faults"]]


@pytest.mark.parametrize(
    "test",
    [
        {"expect": BODY},
        {"given": {"id": 7, "plan": None}, "expect": None},
        {"given": {"id": 7, "plan": "gold"}, "error": "required"},
        {"given": {"id": 7, "plan": "gold"}, "error": ["first_name", "last_name"]},
        {"given": {**GIVEN, "first_name": ["Ann"]}, "error": "coercion"},
    ],
)
def test_a_mappings_own_test_passes(command: Any, write: Any, test: dict[str, Any]) -> None:
    assert of_tests(command, write, **test) == (1, [])


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"expect": {**BODY, "user_id": 7}}, ["expect.user_id: is another value than expected"]),
        ({"expect": {**BODY, "plan": 1}}, ["expect.plan: is another value than expected"]),
        (
            {"expect": {**BODY, "city": "Town"}},
            ["expect.city: is expected, and the body does not have it"],
        ),
        ({"expect": {"user_id": "7"}}, ["expect.first_name: is in the body, and not expected"]),
        ({"expect": None}, ["expect: the record is not left out by `where`"]),
        ({"given": {"id": 7}, "expect": BODY}, ["expect: the record is left out by `where`"]),
        ({"error": "required"}, ["error: the record is taken without a fault"]),
        ({"given": {"id": 7}, "error": "required"}, ["error: the record is filtered"]),
        (
            {"given": {"plan": 1}, "error": "email"},
            ["error: no fault is at email or breaks a rule of that name"],
        ),
        ({"given": {**GIVEN, "id": True}, "expect": BODY}, ["expect: is rejected: user_id"]),
    ],
)
def test_a_mappings_own_test_fails(
    command: Any, write: Any, test: dict[str, Any], said: list[str]
) -> None:
    passed, told = of_tests(command, write, **test)
    assert passed == 0
    assert told[0].startswith(f"mappings[0].tests[0].{said[0]}")


def test_values_of_tests_are_shown_only_where_that_is_asked_for(command: Any, write: Any) -> None:
    expected = {**BODY, "first_name": CANARY}
    write("config.json", json.dumps({"mappings": [entry(expect=expected)]}))
    assert CANARY not in command("check", "--config", "config.json").out
    assert (
        f'expected "{CANARY}", got "Ann"'
        in command("check", "--config", "config.json", "--show-values").out
    )


def test_an_id_that_the_target_makes_need_not_be_expected(command: Any, write: Any) -> None:
    mapping = {
        "stream": "visits",
        "resource": "event",
        "fields": {"profile": {"external_id": "who"}, "metric": "'Visited'"},
        "tests": [
            {
                "given": {"who": 7},
                "expect": {"profile": {"external_id": "7"}, "metric": "Visited"},
            }
        ],
    }
    write("config.yml", {"destination": "klaviyo", "mappings": [mapping]})
    assert command("check", "--config", "config.yml").code == 0


# --- online


def test_online_asks_one_question_that_changes_nothing(
    command: Any, write: Any, sandbox: Sandbox
) -> None:
    write("config.yml", {"base_url": sandbox.url, **sandbox.credentials, "mappings": [CONTACT]})
    done = command("check", "--config", "config.yml", "--online")
    assert done.code == 0, done.out
    assert "Gleantap answers, and takes the credentials" in done.out
    assert [(one["path"], one["status"]) for one in sandbox.requests] == [
        ("/v2/ExternalApi/getCustomers", 200)
    ]
    assert sandbox.contacts == []


def test_without_online_nobody_is_asked(command: Any, write: Any, sandbox: Sandbox) -> None:
    write("config.yml", {"base_url": sandbox.url, **sandbox.credentials, "mappings": [CONTACT]})
    assert command("check", "--config", "config.yml").code == 0
    assert sandbox.requests == []


def test_online_says_which_credentials_to_look_at(
    command: Any, write: Any, sandbox: Sandbox
) -> None:
    wrong = {**sandbox.credentials, "api_key": CANARY}
    write("config.yml", {"base_url": sandbox.url, **wrong, "mappings": [CONTACT]})
    done = command("check", "--config", "config.yml", "--online")
    assert done.code == 3
    assert "HTTP 401" in done.out
    assert "check the settings api_key, secret_key, app_id" in done.out
    assert CANARY not in done.out + done.err


def test_online_wants_the_credentials(command: Any, write: Any) -> None:
    write("config.yml", {"mappings": [CONTACT]})
    done = command("check", "--config", "config.yml", "--online")
    assert done.code == 2
    for name in ("api_key", "secret_key", "app_id"):
        assert f"{name}: is required, and is not set" in done.out


def test_nobody_there_is_said(command: Any, write: Any) -> None:
    keys = {"api_key": "k", "secret_key": "s", "app_id": "a"}
    write("config.yml", {"base_url": "http://127.0.0.1:9", **keys, "mappings": [CONTACT]})
    done = command("check", "--config", "config.yml", "--online")
    assert done.code == 3
    assert "check base_url" in done.out


OTHERS = {
    "klaviyo": ({"profile": {"email": "mail"}, "metric": "'Visited'"}, "Klaviyo", "/api/accounts"),
    "suresend": ({"person": {"emails": "[mail]"}, "type": "'visit'"}, "SureSend", "/people"),
}


def online(command: Any, write: Any, sandbox: Sandbox, name: str, **keys: str) -> Any:
    mapping = {"stream": "visits", "resource": "event", "fields": OTHERS[name][0]}
    config = {"destination": name, "base_url": sandbox.url, **sandbox.credentials, **keys}
    write("config.yml", {**config, "mappings": [mapping]})
    return command("check", "--config", "config.yml", "--online")


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("keys", [{}, {"api_key": CANARY}], ids=["right key", "another key"])
def test_online_asks_every_vendor(name: str, keys: Any, command: Any, write: Any) -> None:
    _, title, path = OTHERS[name]
    with Sandbox(destination=name) as sandbox:
        done = online(command, write, sandbox, name, **keys)
        assert done.code == (3 if keys else 0), done.out
        assert (f"{title} answers, and takes the credentials" in done.out) is not bool(keys)
        assert CANARY not in done.out + done.err
        assert [one["path"] for one in sandbox.requests] == [path]
        assert sandbox.contacts == []


def test_a_key_that_may_only_write_is_a_key(command: Any, write: Any) -> None:
    refused = {"fault": "status", "status": 403, "rate": 1}
    with Sandbox(destination="klaviyo", faults=[refused]) as sandbox:
        done = online(command, write, sandbox, "klaviyo")
    assert done.code == 0, done.out
    assert "it may not read accounts" in done.out


@pytest.mark.parametrize("name", destinations.names())
def test_a_probe_asks_for_no_change(name: str) -> None:
    """Where a destination declares one, it goes to none of the resources' own addresses."""
    destination = destinations.load(name)
    vendor = {setting.name: setting.default or "x" for setting in destination.settings}
    assert destination.probe is not None
    step = destination.probe(vendor).step
    mutating = {(one.method, one.path) for one in destination.resources.values()}
    assert (step.method, step.path) not in mutating
