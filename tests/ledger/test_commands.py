"""`target-gleantap ledger`: look in, forget, export."""

from __future__ import annotations

import json
import subprocess

import pytest
from gym import CONTACT, EVENT, SCHEMAS, check_in, member
from runs import COMMAND, environment

DELETED = "2026-03-04T05:06:07Z"


@pytest.fixture
def command(settings, ledger):
    """Run a subcommand with the config of a run."""

    def command(*words, **values):
        config = settings(**{**ledger, **values}).write()
        return subprocess.run(
            [*COMMAND, "ledger", words[0], "--config", str(config), *words[1:]],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
        )

    return command


def test_status_tells_how_much_is_known_of_each_stream(run_target, ledger, command):
    mappings = [{**CONTACT, "on_delete": "remove"}, EVENT]
    messages = [*SCHEMAS, *(member(n) for n in range(5)), check_in(1, 1)]
    run_target(messages, **ledger, mappings=mappings)
    run_target([*SCHEMAS, member(1, _sdc_deleted_at=DELETED)], **ledger, mappings=mappings)
    told = json.loads(command("status", "--json").stdout)
    held = {row["stream"]: row for row in told["holdings"]}
    assert (held["members"]["keys"], held["members"]["removed"]) == (4, 1)
    assert (held["check_ins"]["keys"], held["check_ins"]["resource"]) == (1, "event")
    assert held["members"]["last"] >= told["last_run"]["began"]
    assert told["bytes"] > 0
    shown = command("status")
    assert shown.returncode == 0
    assert "members:contact" in shown.stdout


def test_what_is_forgotten_is_sent_again(run_target, ledger, command, sent):
    messages = [*SCHEMAS, *(member(n) for n in range(5)), check_in(1, 1)]
    run_target(messages, **ledger)
    sent()
    one = command("forget", "--stream", "members", "--key", "user_id=m3")
    assert one.stdout == "1 record forgotten\n"
    assert run_target(messages, **ledger).total("delivered") == 1
    assert command("forget", "--stream", "members").stdout == "5 records forgotten\n"
    assert run_target(messages, **ledger).total("unchanged") == 1
    none = command("forget", "--stream", "check_ins", "--key", "id=c9")
    assert none.stdout == "0 records forgotten\n"


def test_export_holds_hashes_and_the_vendors_own_ids(run_target, ledger, command, sandbox):
    run_target([*SCHEMAS, *(member(n) for n in range(1100))], **ledger)
    lines = command("export").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    kept = {row["kept"]["gleantap_id"] for row in rows}
    assert kept == {contact["_id"] for contact in sandbox.contacts}
    assert {row["state"] for row in rows} == {"delivered"}
    assert not any("example.com" in line or "Ada" in line or '"m1"' in line for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("forget", "--stream", "no_such"), "has no stream"),
        (("forget", "--stream", "members", "--key", "name"), "must be FIELD=VALUE"),
        (
            ("forget", "--stream", "members", "--key", "email=a@example.com"),
            "a contact is matched by user_id, else by email and first_name, else by phone and",
        ),
    ],
)
def test_what_cannot_be_done_is_said(run_target, ledger, command, words, said):
    run_target(SCHEMAS, **ledger)
    ended = command(*words)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_a_ledger_that_is_not_there_is_not_made(command, tmp_path):
    url = f"sqlite:///{tmp_path / 'none.db'}"
    ended = command("status", ledger_url=url)
    assert (ended.returncode, "there is no ledger at this address yet" in ended.stderr) == (2, True)
    assert not (tmp_path / "none.db").exists()
    assert "ledger_url: is not set" in command("status", ledger_url=None).stderr
