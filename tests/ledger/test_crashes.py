"""A run that dies may send again what was under way; it never leaves anything out."""

from __future__ import annotations

import signal
import time
from collections import Counter

import pytest
from gym import SCHEMAS, check_in, member, state

IN_FLIGHT = 8


def wait_for(condition, timeout=60):
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)


def carried_out(sandbox):
    """How often each contact and event was taken by the vendor."""
    counts = Counter()
    for request in sandbox.requests:
        if request["carried_out"]:
            counts[request["resource"], request["identifiers"][0]] += 1
    return counts


@pytest.mark.parametrize("after", [40, 170, 330])
def test_a_kill_repeats_at_most_what_was_in_flight_and_skips_nothing(
    start, run_command, ledger, sandbox, after
):
    sandbox.faults = [{"fault": "latency", "seconds": 0.02}]
    messages = [*SCHEMAS]
    for number in range(400):
        messages.append(member(number) if number % 4 else check_in(number, number))
        if not number % 50:
            messages.append(state(bookmark=number))
    settings = {**ledger, "max_in_flight": IN_FLIGHT, "batch_size_rows": 100}
    process = start(**settings)
    process.write(messages)
    wait_for(lambda: sandbox.stats["requests"] >= after)
    process.send_signal(signal.SIGKILL)
    process.kill()
    sandbox.faults = []
    wait_for(lambda: sandbox.stats["in_progress"] == 0)
    assert len(sandbox.requests) < 400
    assert run_command([*messages, state(bookmark=400)], **settings).exit_code == 0
    counts = carried_out(sandbox)
    assert len(counts) == 400
    assert set(counts.values()) <= {1, 2}
    assert sum(count - 1 for count in counts.values()) <= IN_FLIGHT
    done = len(sandbox.requests)
    again = run_command([*messages, state(bookmark=400)], **settings)
    assert (again.total("unchanged"), again.states[-1]) == (400, {"bookmark": 400})
    assert len(sandbox.requests) == done


def test_a_change_that_was_sent_and_never_marked_is_not_taken_for_undone(
    start, run_target, ledger, sandbox
):
    """Delivered A; B sent and carried out, then a crash; the source goes back to A: A must go."""
    a, b = [*SCHEMAS, member(1, city="A")], [*SCHEMAS, member(1, city="B")]
    run_target(a, **ledger)
    sandbox.faults = [{"fault": "stall", "seconds": 5}]
    process = start(**ledger)
    process.write(b)
    wait_for(lambda: len(sandbox.contacts[0]["history"]) == 2)
    process.kill()
    sandbox.faults = []
    assert sandbox.contacts[0]["fields"]["city"] == "B"
    assert run_target(a, **ledger).total("delivered") == 1
    assert sandbox.contacts[0]["fields"]["city"] == "A"
    assert run_target(a, **ledger).total("unchanged") == 1


def test_a_run_that_is_told_to_stop_marks_what_it_settled(start, run_target, ledger, sandbox):
    sandbox.faults = [{"fault": "latency", "seconds": 0.05}]
    messages = [*SCHEMAS, *(member(number) for number in range(100)), state(bookmark=1)]
    process = start(**ledger, max_in_flight=4)
    process.write(messages)
    wait_for(lambda: sandbox.stats["requests"] >= 20)
    process.send_signal(signal.SIGTERM)
    stopped = process.wait()
    stopped.assert_balanced()
    assert (stopped.exit_code, stopped.states) == (128 + signal.SIGTERM, [])
    sandbox.faults = []
    run = run_target(messages, **ledger)
    assert run.total("unchanged") == stopped.total("delivered")
    assert len(sandbox.requests) == 100
