"""What the ledger knows Klaviyo's events and profiles by, singly and in bulk."""

from __future__ import annotations

import pytest
from gym import record, schema

from target_gleantap.sandbox.server import Sandbox

FIELDS = ("id", "mail", "city", "metric")
PEOPLE = schema("people", dict.fromkeys(FIELDS, "string"))
VISITS = schema("visits", dict.fromkeys(FIELDS, "string"))
MAPPINGS = [
    {
        "stream": "people",
        "resource": "profile",
        "fields": {"email": "mail", "external_id": "id", "location": {"city": "city"}},
    },
    {
        "stream": "visits",
        "resource": "event",
        "fields": {
            "profile": {"email": "mail"},
            "metric": "metric",
            "unique_id": "id",
            "properties": {"city": "city"},
        },
    },
]
BULK = {"event_mode": "bulk", "profile_mode": "bulk"}


@pytest.fixture
def sandbox():
    with Sandbox(destination="klaviyo", record=True) as sandbox:
        yield sandbox


@pytest.fixture(params=["single", "bulk"])
def unchanged(request, run_target, tmp_path):
    """How many of these records a run finds unchanged."""
    given = {
        "destination": "klaviyo",
        "mappings": MAPPINGS,
        "ledger_url": f"sqlite:///{tmp_path}/l",
    }
    given |= BULK if request.param == "bulk" else {}

    def unchanged(*records, **values):
        run = run_target([PEOPLE, VISITS, *records], **given, **values)
        assert run.exit_code == 0, run.stderr
        return run.total("unchanged")

    return unchanged


def person(number, mail=None, **fields):
    return record("people", id=f"p{number}", mail=mail or f"p{number}@example.com", **fields)


def visit(number, who=1, metric="Visit", **fields):
    return record("visits", id=f"e{number}", mail=f"p{who}@example.com", metric=metric, **fields)


def test_a_profile_is_known_by_your_own_id_whatever_its_address(unchanged, sandbox):
    assert unchanged(person(1), person(2)) == 0
    asked = len(sandbox.requests)
    assert unchanged(person(1), person(2)) == 2
    assert len(sandbox.requests) == asked
    assert unchanged(person(1, mail="new@example.com"), person(2)) == 1
    assert unchanged(person(1, mail="new@example.com"), person(2)) == 2
    assert unchanged(person(1)) == 0


def test_an_event_is_known_by_its_profile_metric_and_id(unchanged, sandbox):
    """Klaviyo's own rule: the same id under another metric, or of another profile, is another."""
    first = (visit(1), visit(2), visit(1, who=2), visit(1, metric="Trial"))
    assert unchanged(*first) == 0
    assert len(sandbox.events) == 4
    asked = len(sandbox.requests)
    assert unchanged(*first) == 4
    assert len(sandbox.requests) == asked
    assert unchanged(visit(1, city="Springfield"), visit(3), on_event_conflict="skip") == 0
    assert len(sandbox.events) == 5
