"""The run report: equal to the summary, written however a run ends, and nothing private in it."""

from __future__ import annotations

import html
import json
import re

import pytest
from gym import CONTACT, EVENT, SCHEMAS, check_in, member, record, schema, state
from runs import run_as_process

from target_gleantap.sandbox.server import Sandbox

CANARY = "canary7f3a"
SECRETS = {
    "api_key": "secret-api-5b21",
    "secret_key": "secret-key-5b21",
    "app_id": "secret-app-5b21",
}


@pytest.fixture
def report_path(tmp_path):
    return tmp_path / "reports" / "run.html"


def text_of(path):
    return html.unescape(path.read_text(encoding="utf-8"))


def charts_of(path):
    found = re.search(
        r'<script type="application/json" id="charts">(.*?)</script>', path.read_text()
    )
    return json.loads(found[1])["charts"]


def test_its_numbers_are_those_of_the_summary(run_target, sandbox, report_path):
    sandbox.faults = [{"fault": "status", "status": 503, "every": 7}]
    people = [member(number, city=None) for number in range(30)]
    run = run_target(
        [*SCHEMAS, *people, member(99, last_name=None), state(at=1)],
        report_path=str(report_path),
        on_reject="quarantine",
        quotas=["500/1s"],
    )
    text, charts = text_of(report_path), charts_of(report_path)
    assert "<td>members:contact</td>" in text
    for number in (31, 30, 1):
        assert f'<td class="number">{number}</td>' in text
    assert "last_name" in text
    answers = sum(
        value * charts["requests"]["width"]
        for one in charts["requests"]["series"]
        for value in one["values"]
    )
    assert answers == pytest.approx(run.summary["requests"]["answers"], abs=0.5)
    settled = next(one for one in charts["settled"]["series"] if one["name"] == "settled")
    assert sum(settled["values"]) * charts["settled"]["width"] == pytest.approx(31, abs=0.5)
    assert any("500/1s" in one["name"] for one in charts["quota"]["series"])
    assert '<td class="number">2</td>' in text  # what was sent twice


def test_the_slowest_stands_first_by_its_line_and_resource(run_target, sandbox, report_path):
    sandbox.faults = [{"fault": "latency", "seconds": 0.8, "match": {"user_id": "m3"}}]
    run_target([*SCHEMAS, *(member(number) for number in range(6))], report_path=str(report_path))
    slowest = text_of(report_path).partition("<h2>Slowest")[2]
    first = re.search(r"<tbody><tr>(.*?)</tr>", slowest)[1]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", first)
    assert cells[:4] == ["6", "contact", "1", "1"]  # two SCHEMA lines, then m0 to m3
    assert cells[4].endswith(" s") or cells[4] >= "800 ms"


@pytest.mark.parametrize(
    "faults",
    [
        [{"fault": "status", "status": 401}],
        [{"fault": "status", "status": 503}],
        [{"fault": "reset_before"}],
    ],
)
def test_a_run_that_fails_leaves_one_too(run_target, sandbox, report_path, faults):
    sandbox.faults = faults
    run = run_target([*SCHEMAS, member(1)], report_path=str(report_path), retry_deadline_seconds=0)
    assert run.exit_code not in (0, 2)
    text = text_of(report_path)
    assert run.summary["ended_by"] in text
    assert 'class="ended bad"' in text


def test_a_report_that_cannot_be_written_fails_the_run_and_the_books_are_shown(
    run_target, tmp_path
):
    (tmp_path / "file").write_text("")
    run = run_target([*SCHEMAS, member(1)], report_path=str(tmp_path / "file" / "report.html"))
    assert run.exit_code not in (0, 2)
    assert "The report cannot be written" in run.stderr
    assert "Check report_path" in run.stderr
    assert "members:contact" in run.stderr


@pytest.mark.parametrize("stop", [False, True])
def test_nothing_personal_and_no_secret_is_in_it(settings, balanced, stop, tmp_path):
    """Every value and every secret is a canary, in records that go well and in all that fail."""
    path = tmp_path / "report.html"
    with Sandbox(credentials=SECRETS) as sandbox:
        echoed = {"status": "error", "message": f"{CANARY} is in use", "details": [CANARY]}
        sandbox.faults = [
            {"fault": "status", "status": 422, "body": echoed, "every": 3, "times": 2},
            {"fault": "failure_in_200", "message": CANARY, "every": 4, "times": 2},
            {"fault": "status", "status": 500, "body": CANARY, "every": 5, "times": 2},
            *([{"fault": "status", "status": 403, "body": CANARY, "after": 12}] if stop else ()),
        ]
        kinds = dict.fromkeys(
            ("id", "first_name", "last_name", "email", "city", "joined"), "string"
        )
        messages = [
            schema("members", kinds),
            *SCHEMAS[1:],
            *(
                member(
                    number,
                    id=f"{CANARY}-{number}",
                    first_name=CANARY,
                    email=f"{CANARY}{number}@example.com",
                    city=CANARY,
                    joined=None if number % 5 else CANARY,
                )
                for number in range(30)
            ),
            record("members", id=CANARY, first_name={"of": CANARY}, last_name=CANARY),
            check_in(1, 1, email=CANARY, name=CANARY),
            state(bookmark=CANARY),
        ]
        chosen = settings(
            base_url=sandbox.url,
            **SECRETS,
            mappings=[{**CONTACT, "where": f"city != '{CANARY}-x'"}, EVENT],
            on_reject="quarantine",
            report_path=str(path),
        )
        run = balanced(run_as_process(chosen, messages))
    assert (run.exit_code != 0) is stop
    assert run.summary["books"][0]["rejected"]
    page = path.read_text(encoding="utf-8")
    for private in (CANARY, "5b21", "example.com"):
        assert private not in page
