"""Killed at any moment and started again from the last state, nothing is lost."""

from __future__ import annotations

import json
import random
import threading
import time

import pytest
from gym import SCHEMAS, check_in, member, state

from target_gleantap.pipeline.backpressure import BEHIND_WINDOWS, WINDOW_BATCHES
from target_gleantap.sandbox.server import Sandbox

RECORDS = 5000
KILLS = 20
CONTACTS = 400
STATE_EVERY = 10
BATCH = 25
IN_FLIGHT = 16
WINDOW = WINDOW_BATCHES * BATCH
AHEAD = (BEHIND_WINDOWS + 1) * WINDOW + 2 * STATE_EVERY
"""How many records may have been sent beyond the last state: what is read ahead is bounded."""

ONE_IN_TEN = [
    {"fault": "status", "status": 500, "rate": 0.035},
    {"fault": "reset_after", "rate": 0.035},
    {"fault": "reset_before", "rate": 0.03},
    # Rare: a 429 holds everyone back.
    {"fault": "throttle", "retry_after": 0, "rate": 0.001},
    {"fault": "throttle", "retry_after": 1, "every": 2500},
]


def records():
    """Contacts that change and events of theirs; no two records make the same body."""
    made = []
    for number in range(RECORDS):
        contact = (number * 7) % CONTACTS
        if number % 3:
            made.append(check_in(number, contact))
        else:
            made.append(member(contact, city=f"version {number}"))
    return made


def messages_after(bookmark, made):
    """What a tap writes that was given this bookmark: all records behind it."""
    messages = [*SCHEMAS]
    for number, message in enumerate(made[bookmark:], bookmark + 1):
        messages.append(message)
        if number % STATE_EVERY == 0:
            messages.append(state(bookmark=number))
    return messages


def name_of(body):
    return body.get("id") or f"{body['user_id']} {body['city']}"


NAMES = [
    message["record"]["id"]
    if message["stream"] == "check_ins"
    else f"{message['record']['id']} {message['record']['city']}"
    for message in records()
]


class Arrivals:
    """What arrived, run by run: names of records, and the bodies that carried them."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._seen = 0
        self.bodies = {}

    def new(self):
        """The names of what took effect since the last look, in order, and what was retried."""
        entries = self._sandbox.requests[self._seen :]
        self._seen += len(entries)
        names, unconfirmed = [], set()
        for entry in entries:
            if not entry["carried_out"]:
                continue
            name = name_of(json.loads(entry["body"]))
            self.bodies.setdefault(name, set()).add(entry["body"])
            if name not in unconfirmed:
                names.append(name)
            if entry["kind"] == "reset_after":
                unconfirmed.add(name)
        return names


@pytest.fixture
def sandbox():
    with Sandbox(latency=0.002, faults=ONE_IN_TEN, record=True, seed=4) as sandbox:
        yield sandbox


def feed(run, messages):
    thread = threading.Thread(target=run.write, args=(messages,), daemon=True)
    thread.start()
    return thread


def wait_for_requests(sandbox, count):
    until = time.monotonic() + 30
    while sandbox.stats["requests"] < count and time.monotonic() < until:
        time.sleep(0.005)


@pytest.mark.slow
def wait_for_quiet(sandbox):
    """What was in flight at the kill belongs to the run that sent it, however late it arrives."""
    until, seen = time.monotonic() + 30, -1
    while sandbox.stats["requests"] != seen or sandbox.stats["in_progress"]:
        assert time.monotonic() < until
        seen = sandbox.stats["requests"]
        time.sleep(0.1)


def test_killed_at_twenty_random_points_everything_arrives_and_the_state_was_never_ahead(
    sandbox, start
):
    made = records()
    chance = random.Random(4)  # noqa: S311 - repeatable on purpose
    settings = {
        "batch_size_rows": BATCH,
        "batch_wait_seconds": 0,
        "max_in_flight": IN_FLIGHT,
        "retry_deadline_seconds": 30,
        "on_reject": "fail",
    }
    arrivals, arrived, bookmark = Arrivals(sandbox), set(), 0
    for _ in range(KILLS):
        run = start(**settings)
        tap = feed(run, messages_after(bookmark, made))
        wait_for_requests(sandbox, arrivals._seen + chance.randrange(1, 2 * RECORDS // KILLS))
        run.kill()
        tap.join()
        wait_for_quiet(sandbox)
        names = arrivals.new()
        assert len(names) == len(set(names)), "a confirmed record was sent again in one run"
        again = arrived.intersection(names)
        assert len(again) <= AHEAD
        assert again.isdisjoint(NAMES[:bookmark])
        arrived.update(names)
        bookmarks = [bookmark, *(each["bookmark"] for each in run.states)]
        assert bookmarks == sorted(bookmarks)
        bookmark = bookmarks[-1]
        assert arrived.issuperset(NAMES[:bookmark]), "the state is ahead of what has arrived"
    run = start(**settings)
    tap = feed(run, messages_after(bookmark, made))
    tap.join()
    ended = run.end(timeout=120)
    ended.assert_balanced()
    arrived.update(arrivals.new())
    assert (ended.exit_code, ended.states[-1]) == (0, {"bookmark": RECORDS})
    assert arrived == set(NAMES)
    # What arrived twice is harmless: the same contact or event id, with the same body.
    assert all(len(bodies) == 1 for bodies in arrivals.bodies.values())
    assert (sandbox.stats["event_conflicts"], sandbox.stats["overlaps"]) == (0, 0)
    last = {
        message["record"]["id"]: message["record"]
        for message in made
        if "city" in message["record"]
    }
    held = {contact["fields"]["user_id"]: contact["fields"] for contact in sandbox.contacts}
    assert {name: held[name]["city"] for name in last} == {
        name: record["city"] for name, record in last.items()
    }
