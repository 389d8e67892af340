"""The changes of a contact arrive in order, also where records know it by different names."""

from __future__ import annotations

import json
from itertools import groupby

import pytest
from gym import SCHEMAS, check_in, member, state

from target_gleantap.sandbox.server import Sandbox

CONTACTS = 50
CHANGES = 40
FAILING_AND_SLOW = [
    {"fault": "latency", "seconds": [0, 0.03]},
    {"fault": "status", "status": 503, "rate": 0.04},
    {"fault": "reset_after", "rate": 0.03},
    {"fault": "reset_before", "rate": 0.03},
    {"fault": "html", "rate": 0.02},
    {"fault": "stall", "seconds": 3, "every": 400},
]


@pytest.fixture
def sandbox():
    with Sandbox(latency=0.002, faults=FAILING_AND_SLOW, record=True, seed=5) as sandbox:
        yield sandbox


def change(contact, number):
    """A change of a contact: itself, an event that knows its id, or one that knows its e-mail."""
    if number % 4 in (0, 3):
        return member(contact, city=f"{number:02}")
    if number % 4 == 1:
        return check_in(f"{contact}-{number:02}", contact)
    by_email = {"member_id": None, "email": f"Member{contact}@Example.com", "name": "Ada"}
    return check_in(f"{contact}-{number:02}", contact, **by_email)


def number_of(entry):
    body = json.loads(entry["body"])
    return int(body["city"] if "city" in body else body["id"].rpartition("-")[2])


def test_each_contact_ends_in_its_last_state_and_its_changes_arrived_in_order(sandbox, run_command):
    changes = [change(contact, number) for number in range(CHANGES) for contact in range(CONTACTS)]
    run = run_command(
        [*SCHEMAS, *changes, state(bookmark=len(changes))],
        max_in_flight=24,
        request_timeout_seconds=1,
        retry_deadline_seconds=30,
    )
    assert run.exit_code == 0, run.stderr
    assert run.states == [{"bookmark": CONTACTS * CHANGES}]
    arrived = {}
    for entry in sandbox.requests:
        for identifier in entry["identifiers"]:
            if entry["carried_out"] and not identifier.startswith("event:"):
                arrived.setdefault(identifier, []).append(number_of(entry))
    for contact in range(CONTACTS):
        # A repeated attempt comes right after the one whose answer was lost.
        by_id, by_email = (
            [number for number, _ in groupby(arrived[identifier])]
            for identifier in (f"user_id:m{contact}", f"email:member{contact}@example.com")
        )
        assert by_id == [number for number in range(CHANGES) if number % 4 != 2]
        assert by_email == [number for number in range(CHANGES) if number % 4 != 1]
    assert sandbox.stats["overlaps"] == 0
    assert sandbox.stats["max_in_progress"] > 10
    held = {contact["fields"]["user_id"]: contact["fields"]["city"] for contact in sandbox.contacts}
    assert held == {f"m{contact}": f"{CHANGES - 1:02}" for contact in range(CONTACTS)}
    assert len(sandbox.events) == CONTACTS * CHANGES // 2
