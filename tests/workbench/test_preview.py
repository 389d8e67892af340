"""`preview` and `dry_run`: what a run would do, and nothing of it done."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import psutil
import pytest
from gym import CHECK_INS, CONTACT, EVENT, MAPPINGS, MEMBERS, check_in, encode, member, state
from runs import run_as_process

from target_gleantap.sandbox.server import Sandbox
from target_gleantap.workbench.preview.masking import masked
from target_gleantap.workbench.preview.preview import preview
from target_gleantap.workbench.preview.seen import MOST, Again, Seen

CANARY = "Zq7Canary"
PRIVATE = {
    "first_name": CANARY,
    "last_name": f"von {CANARY}",
    "email": f"{CANARY.lower()}@example.com",
}


def messy(count: int) -> list[dict[str, Any]]:
    """Members and check-ins of which some are filtered, some faulty, and some come again."""
    chance = random.Random(7)  # noqa: S311 - the same messages every time
    messages: list[dict[str, Any]] = [MEMBERS, CHECK_INS]
    for number in range(count):
        again = chance.randrange(number) if number > 20 and number % 9 == 0 else number
        made = member(again, joined=chance.choice([None, "2026-01-02T03:04:05Z", "soon"]))
        if number % 7 == 0:
            made["record"]["last_name"] = None
        if number % 11 == 0:
            made["record"]["email"] = ["not", "text"]
        if number % 5 == 0:
            made["record"]["city"] = "Test"
        messages += [made, check_in(number, again, at=chance.choice(["2026-01-02", "", None]))]
        if number % 50 == 0:
            messages.append(state(number=number))
    return messages


FILTERING = [{**CONTACT, "where": "city != 'Test'"}, EVENT]


def test_its_numbers_are_those_of_the_run_that_follows(
    command: Any, write: Any, sandbox: Sandbox, settings: Any
) -> None:
    """Books, reasons, fill and requests of the preview against the sandbox's own account."""
    messages = messy(600)
    write("tap.singer", messages)
    given = settings(mappings=FILTERING, on_reject="quarantine")
    run = run_as_process(given, messages)
    write("config.yml", {"mappings": FILTERING, "on_reject": "quarantine"})
    done = command("preview", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    assert (run.exit_code, done.code) == (0, 0), run.stderr + done.err
    seen, summary = done.json, run.summary
    assert summary is not None
    assert seen["books"] == summary["books"]
    for row in seen["rejects"]:
        assert {"line", "shape"} <= row.keys()
    told = {(row["mapping"], row["reason"]): row["count"] for row in seen["rejects"]}
    assert told == {
        (row["mapping"], row["reason"]): row["count"] for row in summary["rejects"]["reasons"]
    }
    assert seen["requests"]["total"] == summary["requests"]["requests"] == len(sandbox.requests)
    by_resource = {
        name: sum(one["resource"] == name for one in sandbox.requests)
        for name in seen["requests_by_resource"]
    }
    assert seen["requests_by_resource"] == by_resource
    bodies = [body for contact in sandbox.contacts for body in contact["history"]]
    contact = next(one for one in seen["mappings"] if one["resource"] == "contact")
    assert contact["sent"] == len(bodies)
    for name, count in contact["filled"].items():
        assert count == sum(bool(body.get(name)) for body in bodies), name
    assert contact["repeated"] + contact["changed"] > 0


def test_it_sends_nothing_and_writes_nothing(
    command: Any, folder: Path, write: Any, sandbox: Sandbox
) -> None:
    write("config.yml", {"base_url": sandbox.url, "mappings": MAPPINGS, "summary_path": "s.json"})
    write("tap.singer", messy(30))
    done = command("preview", "--config", "config.yml", "--input", "tap.singer")
    assert done.code == 1
    assert "nothing was sent" in done.out
    assert sandbox.requests == []
    assert sorted(path.name for path in folder.iterdir()) == ["config.yml", "tap.singer"]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("explain", [[], ["--explain", "m1"]])
def test_values_are_masked_unless_asked_for(
    command: Any, write: Any, form: str, explain: list[str]
) -> None:
    write("config.yml", {"app_id": CANARY, "mappings": MAPPINGS})
    bad = member(2, **{**PRIVATE, "email": [CANARY]})
    write("tap.singer", [MEMBERS, member(1, **PRIVATE), bad])
    given = ("preview", "--config", "config.yml", "--input", "tap.singer", "--format", form)
    hidden = command(*given, *explain)
    assert CANARY.lower() not in (hidden.out + hidden.err).lower()
    assert "xx9xxxxxx" in hidden.out
    shown = command(*given, *explain, "--show-values")
    assert CANARY in shown.out
    assert CANARY not in shown.err


def test_fixed_texts_and_the_envelope_are_shown_as_they_are(command: Any, write: Any) -> None:
    mapping = {
        "stream": "members",
        "resource": "event",
        "fields": {"profile": {"email": "email"}, "metric": "'Joined'"},
    }
    write("config.yml", {"destination": "klaviyo", "mappings": [mapping]})
    write("tap.singer", [MEMBERS, member(1)])
    done = command("preview", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    attributes = done.json["mappings"][0]["examples"][0]["body"]["data"]["attributes"]
    assert attributes["metric"]["data"] == {"type": "metric", "attributes": {"name": "Joined"}}
    profile = attributes["profile"]["data"]
    assert profile == {"type": "profile", "attributes": {"email": "xxxxxx9@xxxxxxx.xxx"}}


def test_a_record_is_followed_through_every_rule(command: Any, write: Any) -> None:
    write("config.yml", {"mappings": FILTERING})
    bad = member(2, last_name=None, joined="soon")
    write("tap.singer", [MEMBERS, member(1), bad, member(3, city="Test"), member(4, id=5)])
    given = ("preview", "--config", "config.yml", "--input", "tap.singer", "--show-values")

    def explained(key: str) -> dict[str, Any]:
        done = command(*given, "--format", "json", "--explain", key)
        (one,) = done.json["explained"]
        return one

    fine = explained("m1")
    rules = {rule["name"]: rule for rule in fine["rules"]}
    assert fine["line"] == 2
    assert rules["where"]["sent"] is True
    assert rules["user_id"] == {
        "name": "user_id",
        "written": "id",
        "read": "m1",
        "sent": "m1",
        "faults": [],
    }
    assert fine["outcome"] == (
        "would be sent: POST /v2/ExternalApi/newContact, known by user_id, email"
    )
    faulty = explained("m2")
    assert faulty["outcome"] == "rejected: a rule of the mapping fails"
    assert "created_date" in faulty["faults"][0]
    assert explained("m3")["outcome"] == "filtered: `where` leaves it out"
    refused = explained("5")
    assert "own SCHEMA" in refused["outcome"]
    nobody = command(*given, "--explain", "m99")
    assert "No record with the key m99" in nobody.out


def test_the_shape_of_what_is_rejected_is_shown(command: Any, write: Any) -> None:
    write("config.yml", {"mappings": MAPPINGS})
    write("tap.singer", [MEMBERS, member(1, joined="12/31/2026 at noon")])
    done = command("preview", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    assert done.code == 1
    (row,) = done.json["rejects"]
    assert row["line"] == 2
    assert row["shape"] == {"joined": "99/99/9999 xx xxxx"}


@pytest.mark.parametrize(
    ("destination", "quotas", "said"),
    [
        ("gleantap", [], None),
        ("gleantap", ["10/1s", "100/1m"], "100/1m (yours)"),
        ("klaviyo", [], "750/1m (Klaviyo's own for profile)"),
    ],
)
def test_minutes_at_the_quotas(
    command: Any, write: Any, destination: str, quotas: list[str], said: str | None
) -> None:
    fields = {"first_name": "first_name", "last_name": "last_name", "email": "email"}
    resource = "contact" if destination == "gleantap" else "profile"
    mapping = {"stream": "members", "resource": resource, "fields": fields}
    write("config.yml", {"destination": destination, "quotas": quotas, "mappings": [mapping]})
    write("tap.singer", [MEMBERS, *(member(number) for number in range(1001))])
    done = command("preview", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    requests = done.json["requests"]
    assert requests["quota"] == said
    assert requests["total"] == 1001
    expected = {None: None, "100/1m (yours)": 600.0}.get(said, 60.0)
    assert requests["at_least_seconds"] == expected


def test_requests_of_many_records_are_counted_as_such(command: Any, write: Any) -> None:
    mapping = {"stream": "members", "resource": "profile", "fields": {"email": "email"}}
    write("config.yml", {"destination": "klaviyo", "profile_mode": "bulk", "mappings": [mapping]})
    write("tap.singer", [MEMBERS, *(member(number) for number in range(300)), member(5)])
    done = command("preview", "--config", "config.yml", "--input", "tap.singer", "--format", "json")
    assert done.json["requests_by_resource"] == {"profile": 2}  # nobody stands in one twice


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (b"{nonsense", 4, "Input line 3"),
        (
            b'{"type": "SCHEMA", "stream": "other", "schema": {"properties": {}}}',
            2,
            "has no mapping",
        ),
    ],
)
def test_what_ends_a_run_early_ends_it_with_what_was_seen(
    command: Any, folder: Path, write: Any, line: bytes, code: int, said: str
) -> None:
    write("config.yml", {"mappings": MAPPINGS})
    (folder / "tap.singer").write_bytes(encode([MEMBERS, member(1)]) + line + b"\n")
    done = command("preview", "--config", "config.yml", "--input", "tap.singer")
    assert done.code == code
    assert said in done.out
    assert "1 read: 1 would be sent" in done.out


def test_a_faulty_config_is_refused(command: Any, write: Any) -> None:
    write("config.yml", {"mappings": MAPPINGS, "max_in_flight": 0})
    done = command("preview", "--config", "config.yml", stdin="")
    assert done.code == 2
    assert "max_in_flight" in done.err


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """Forty times the records and hardly more memory, measured here after a first run."""
    config = {"mappings": MAPPINGS}
    small, large = tmp_path / "small.singer", tmp_path / "large.singer"
    small.write_bytes(encode([MEMBERS, *(member(number) for number in range(500))]))
    large.write_bytes(encode([MEMBERS, *(member(number) for number in range(20_000))]))
    preview(config, str(small))
    process = psutil.Process()
    before = process.memory_info().rss
    seen = preview(config, str(large))
    assert seen.survey.mappings["members", "members:contact"].sent == 20_000
    assert process.memory_info().rss - before < 40_000_000


def test_what_strict_json_does_not_have_is_shown_too(
    command: Any, folder: Path, write: Any
) -> None:
    """Lone surrogates and NaN: taps write them, and the target reads them."""
    write("config.yml", {"mappings": MAPPINGS})
    odd = '{"type": "RECORD", "stream": "members", "record": {"id": "%s", "first_name": "%s", '
    odd += '"last_name": "Example", "city": %s, "other\\ud800": NaN}}'
    lines = [MEMBERS, odd % ("m1", "A", "null"), odd % ("m2", "\\ud800", "null")]
    (folder / "tap.singer").write_bytes(encode([*lines, odd % ("m3", "A", "NaN")]))
    for arguments in ([], ["--show-values"], ["--explain", "m2"], ["--format", "json"]):
        done = command("preview", "--config", "config.yml", "--input", "tap.singer", *arguments)
        assert done.code == 1, done.err
    assert command("scaffold", "--input", "tap.singer").code == 0


# --- dry_run


def test_dry_run_is_a_run_that_sends_nothing(run_command: Any, sandbox: Sandbox) -> None:
    """No request, no state, no rejects file; the summary says so, and needs no credentials."""
    messages = messy(100)
    run = run_command(messages, dry_run=True, api_key=None, secret_key=None, app_id=None)
    assert run.exit_code == 1
    assert run.stdout == ""
    assert sandbox.requests == []
    assert not run.rejects_path.exists()
    assert run.summary is not None
    assert run.summary["dry_run"] is True
    assert run.summary["states_written"] == 0
    assert run.summary["rejects"]["path"] == ""
    assert "dry run (nothing was sent)" in run.stderr
    assert "would be rejected" in run.stderr
    real = run_command(messages, on_reject="quarantine")
    assert real.summary["books"] == run.summary["books"]
    assert real.summary["dry_run"] is False


def test_without_dry_run_credentials_are_wanted(run_command: Any) -> None:
    run = run_command([MEMBERS], api_key=None)
    assert run.exit_code == 2
    assert "api_key: is required" in run.stderr


# --- parts


def test_letters_and_digits_are_masked_and_kinds_stay() -> None:
    value = {"a": "Ann-9 ü", "b": [1, 12.5, True, None, "member"], "c": -170, "d": ""}
    assert json.loads(json.dumps(masked(value, {"member"}), default=float)) == {
        "a": "xxx-9 x",
        "b": [9, 99.9, True, None, "member"],
        "c": -999,
        "d": "",
    }


def test_keys_come_again_with_the_same_body_or_another() -> None:
    seen = Seen()
    came = [seen.see(*pair) for pair in ((3, 5), (2, 5), (3, 5), (3, 6), (3, 6), (0, 9), (0, 9))]
    assert came == [
        *(Again.NEW, Again.NEW, Again.REPEATED, Again.CHANGED, Again.REPEATED),
        *(Again.NEW, Again.REPEATED),
    ]


def test_more_keys_than_there_is_room_for_are_new_and_said() -> None:
    seen = Seen()
    seen._count = MOST
    assert seen.see(1, 1) is Again.NEW
    assert seen.see(1, 1) is Again.NEW
    assert seen.full
