"""A dry run knows what a run would know, and leaves the ledger as it is."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from gym import CONTACT, EVENT, MEMBERS, SCHEMAS, check_in, encode, member, state
from runs import run_as_process
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from target_gleantap.workbench.preview.output_json import as_json
from target_gleantap.workbench.preview.output_text import as_text
from target_gleantap.workbench.preview.preview import preview

DELETED = "2026-05-01T00:00:00Z"
MIRROR = [{**CONTACT, "on_delete": "remove", "mirror": True}, EVENT]
TABLES = ("ledger_meta", "ledger_runs", "ledger_sources", "ledger_entries")


def versioned(version, numbers, **fields):
    made = [member(number, **fields) for number in numbers]
    return [{**message, "version": version} for message in made]


def activate(version):
    return {"type": "ACTIVATE_VERSION", "stream": "members", "version": version}


def contents(ledger):
    """All that a ledger holds, row by row."""
    engine = create_engine(
        ledger["ledger_url"].replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool
    )
    with engine.connect() as connection:
        return {
            table: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
            for table in TABLES
        }


@pytest.fixture
def previewed(settings, tmp_path):
    """What `preview` makes of messages: as JSON, and as text."""

    def previewed(messages, **values):
        path = tmp_path / "tap.singer"
        path.write_bytes(encode(messages))
        left_out = ("summary_path", "rejects_path", "retry_deadline_seconds")
        given = {k: v for k, v in settings(**values).values.items() if k not in left_out}
        seen = preview(given, str(path))
        return json.loads(as_json(seen)), as_text(seen, 200), seen.exit_code

    return previewed


CASES = {
    "some changed, some new, some sent again": (
        [*(member(n, city="B" if n % 3 else None) for n in range(60)), member(70), member(70)],
        {},
        0,
    ),
    "deleted, vanished and changed": (
        [
            *versioned(2, range(57), plan="gold"),
            {**member(55, _sdc_deleted_at=DELETED), "version": 2},
            activate(2),
        ],
        {},
        0,
    ),
    "created and deleted at once": (
        [member(80), member(80, _sdc_deleted_at=DELETED), member(81, _sdc_deleted_at=DELETED)],
        {"on_reject": "quarantine"},
        0,
    ),
    "too many vanished": ([*versioned(2, range(40)), activate(2), state(a=2)], {}, 7),
    "too many deleted": (
        [*(member(n, _sdc_deleted_at=DELETED) for n in range(20)), member(30, city="B")],
        {},
        7,
    ),
    "everything once more": (
        [member(n) for n in range(60)],
        {"ledger_mode": "rebuild"},
        0,
    ),
    "events that came back": (
        [*(check_in(n, n) for n in range(20)), check_in(3, 3, at="2026-03-01T00:00:00Z")],
        {"on_event_conflict": "skip"},
        0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_tells_what_the_run_that_follows_does(previewed, run_target, ledger, sandbox, case):
    """Books, requests, removals and the exit code, of preview, dry run and run alike."""
    messages, values, exit_code = CASES[case]
    messages, values = [*SCHEMAS, *messages], {**values, **ledger, "mappings": MIRROR}
    first = [*versioned(1, range(60)), *(check_in(n, n) for n in range(10))]
    assert run_target([*SCHEMAS, *first], **ledger, mappings=MIRROR).exit_code == 0
    before, asked = contents(ledger), len(sandbox.requests)
    seen, _, code = previewed(messages, **values)
    dry = run_target(messages, **values, dry_run=True)
    assert contents(ledger) == before
    assert len(sandbox.requests) == asked
    real = run_target(messages, **values)
    assert (code, dry.exit_code, real.exit_code) == (exit_code, exit_code, exit_code)
    books = real.summary["books"]
    assert seen["books"] == dry.summary["books"] == books
    removals = real.summary["removals"]
    assert seen["removals"] == dry.summary["removals"] == removals
    requests = real.summary["requests"]["requests"]
    assert requests == len(sandbox.requests) - asked
    assert seen["requests"]["total"] == dry.summary["requests"]["requests"] == requests


def test_removals_are_shown_apart_from_what_would_be_sent(previewed, run_target, ledger):
    run_target([MEMBERS, *versioned(1, range(60))], **ledger, mappings=MIRROR[:1])
    changed = versioned(2, range(2), city="B")
    gone = [{**member(58, _sdc_deleted_at=DELETED), "version": 2}]
    kept = versioned(2, [*range(2, 55), 58])
    messages = [MEMBERS, *kept, *changed, *gone, activate(2)]
    seen, said, _ = previewed(messages, **ledger, mappings=MIRROR[:1])
    assert "57 read: 2 would be sent, 54 unchanged, 0 filtered, 0 rejected, 1 removed" in said
    told = [(row["how"], row["gone"], row["sent"], row["limit"]) for row in seen["removals"]]
    assert told == [("vanished", 4, 4, 10), ("deleted", 1, 1, 10)]
    assert seen["requests_by_resource"] == {"contact": 2, "contact_removal": 5}


def test_what_would_be_held_back_is_shown_with_the_count(previewed, run_target, ledger, tmp_path):
    run_target([MEMBERS, *versioned(1, range(60))], **ledger, mappings=MIRROR[:1])
    messages = [MEMBERS, *versioned(2, range(40)), activate(2)]
    seen, said, code = previewed(messages, **ledger, mappings=MIRROR[:1])
    (row,) = seen["removals"]
    assert (row["gone"], row["known"], row["limit"], row["allowed"]) == (20, 60, 10, False)
    assert "all held back: too many" in said
    assert code == 7
    report = tmp_path / "report.html"
    dry = run_target(messages, **ledger, mappings=MIRROR[:1], dry_run=True, report_path=str(report))
    assert "Dry run: 20 of 60 known" in dry.stderr
    assert "would be held back" in dry.stderr
    page = report.read_text()
    assert "dry run of" in page
    assert "nothing was sent" in page
    assert "vanished, held back" in page


def test_a_ledger_that_is_not_there_yet_is_an_empty_one(previewed, tmp_path, request, kind):
    url = request.getfixturevalue(kind)
    given = {"ledger_url": url}
    if kind == "postgres":
        given["ledger_secret"] = "a-secret-of-the-tests"  # noqa: S105 - of nothing else
    seen, _, code = previewed([MEMBERS, member(1), member(1)], **given)
    assert code == 0
    assert (seen["books"][0]["delivered"], seen["books"][0]["unchanged"]) == (1, 1)
    assert [path.name for path in tmp_path.iterdir() if "ledger" in path.name] == []
    if kind == "postgres":
        schema = url.rpartition("search_path%3D")[2]
        with psycopg.connect(url) as connection:
            asked = "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s"
            assert connection.execute(asked, (schema,)).fetchone() == (0,)


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request):
    return request.param


def test_a_ledger_that_a_run_has_open_is_read_all_the_same(start, previewed, ledger):
    """A dry run waits for nobody, and nobody for it."""
    process = start(**ledger)
    process.write([*SCHEMAS, *(member(number) for number in range(30)), state(a=1)])
    process.wait_for_states(1)
    seen, _, code = previewed([MEMBERS, *(member(number) for number in range(40))], **ledger)
    assert code == 0
    assert (seen["books"][0]["unchanged"], seen["books"][0]["delivered"]) == (30, 10)
    process.write([member(31), state(a=2)])
    assert process.end().exit_code == 0


@pytest.mark.parametrize("harm", ["no database", "newer", "another secret"])
def test_what_a_run_would_refuse_it_refuses_in_the_same_words(settings, sqlite, tmp_path, harm):
    def run(**values):
        return run_as_process(settings(ledger_url=sqlite, **values), [MEMBERS, member(1)])

    path = tmp_path / "ledger.db"
    if harm == "no database":
        path.write_bytes(b"This is no database. " * 500)
    else:
        assert run().exit_code == 0
    if harm == "newer":
        with create_engine(sqlite, poolclass=NullPool).begin() as connection:
            connection.execute(text("UPDATE ledger_meta SET value='99' WHERE name='version'"))
    if harm == "another secret":
        Path(f"{path}.secret").write_text("another-secret-of-the-tests\n")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if "ledger" in each.name}
    runs = [run(dry_run=dry) for dry in (True, False)]
    assert runs[0].exit_code == runs[1].exit_code != 0
    said = [run.stderr.partition("The ")[2] for run in runs]
    assert said[0] == said[1]
    after = {each.name: each.read_bytes() for each in tmp_path.iterdir() if "ledger" in each.name}
    assert {name: after[name] for name in before} == before
