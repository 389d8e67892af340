"""Everything that is wrong with a config is told at once, before anything is read or sent."""

from __future__ import annotations

import subprocess

import pytest
from gym import CONTACT, SCHEMAS, member, schema
from runs import COMMAND, environment

# Six faults of the config …
FAULTY = {
    "base_url": "http://api.example.com",
    "timezone": "Europe/Lodnon",
    "max_in_flight": 0,
    "on_reject": "canary-ignore",
    "quotas": ["canary a minute"],
    "batch_size": 5,
}
CONFIG_FAULTS = (
    "base_url: plain http",
    "timezone: no time zone has this name (did you mean Europe/London?",
    "max_in_flight: ",
    "on_reject: ",
    "quotas[0]: ",
    "batch_size: ",
)
# … and eight of the mappings.
MAPPINGS = [
    {
        "stream": "members",
        "resource": "contact",
        "where": "status ==",
        "fields": {
            "user_id": "id",
            "first_name": "uper(first_name)",
            "lastname_": "last_name",
            "last_name": "last_name[",
            "email": "join('-')",
        },
    },
    {
        "stream": "check_ins",
        "resource": "event",
        "fields": {"id": "id", "user_id": "member_id", "event_type": "'visit'", "event_tme": "at"},
    },
    {"stream": "visits", "resource": "evnt", "fields": {"id": "id"}},
]
MAPPING_FAULTS = (
    "mappings[0].where: ",
    "mappings[0].fields.first_name: ",
    "mappings[0].fields.lastname_: ",
    "mappings[0].fields.last_name: ",
    "mappings[0].fields.email: ",
    "mappings[1].fields.event_date: ",
    "mappings[1].fields.event_tme: ",
    "mappings[2].resource: ",
)


def test_six_faults_of_the_config_and_eight_of_the_mappings_come_in_one_message(settings):
    chosen = settings(**FAULTY, mappings=MAPPINGS)
    # The input stays open and nothing is written: the run must not wait for it.
    with subprocess.Popen(
        [*COMMAND, "--config", chosen.write()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as run:
        stdout, stderr = (pipe.read().decode() for pipe in (run.stdout, run.stderr))
        run.wait(timeout=10)
    assert (run.returncode, stdout) == (2, "")
    assert stderr.count("The config has 14 faults; nothing was sent for it:") == 1, stderr
    lines = stderr.splitlines()
    for path in (*CONFIG_FAULTS, *MAPPING_FAULTS):
        assert sum(path in line for line in lines) == 1, (path, stderr)
    assert "did you mean" in stderr
    assert "Traceback" not in stderr
    assert "canary" not in stderr


def test_what_the_mappings_and_a_schema_disagree_on_is_told_at_once_too(run_command):
    mappings = [{**CONTACT, "fields": {**CONTACT["fields"], "city": "citty", "zip": "post.code"}}]
    fields = {"id": "string", "first_name": "string", "last_name": "string", "email": "string"}
    messages = [schema("members", {**fields, "joined": "string", "city": "string"}), member(1)]
    run = run_command(messages, mappings=mappings)
    assert (run.exit_code, run.stdout) == (2, "")
    assert "has 2 faults" in run.stderr
    assert "mappings[0].fields.city: stream 'members' has no field citty" in run.stderr
    assert "did you mean city?" in run.stderr
    assert "mappings[0].fields.zip" in run.stderr


def test_missing_keys_are_told_by_their_names(run_command):
    run = run_command([], api_key=None, secret_key=None, app_id="")
    assert run.exit_code == 2
    for name in ("api_key", "secret_key", "app_id"):
        assert f"{name}: " in run.stderr


@pytest.mark.parametrize(
    ("singer", "said"),
    [
        ({"stream_maps": {"members": {"city": "int("}}}, "stream_maps: "),
        ({"stream_maps": {"*": {"__else__": None}}}, "stream_maps: "),
        (
            {"stream_maps": {"x": {"__source__": "members", "__key_properties__": ["no"]}}},
            "stream_maps: ",
        ),
        ({"stream_maps": {"members": 5}}, "stream_maps.members: "),
        ({"flattening_enabled": True}, "flattening_max_depth: is required"),
        ({"flattening_enabled": "perhaps"}, "flattening_enabled: "),
    ],
    ids=str,
)
def test_settings_that_singer_sdk_reads_are_refused_in_the_same_way(singer, said, run_command):
    run = run_command([*SCHEMAS, member(1)], **singer)
    assert (run.exit_code, run.stdout) == (2, "")
    assert said in run.stderr
    assert "defect" not in run.stderr
    assert "Traceback" not in run.stderr
