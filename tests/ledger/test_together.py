"""Several runs on one ledger at once."""

from __future__ import annotations

import re
import time

from gym import CHECK_INS, MEMBERS, SCHEMAS, check_in, member, record, schema, state

PROSPECTS = {"stream": "prospects", "resource": "contact"}


def test_the_second_run_of_a_stream_waits_for_the_first(start, ledger, sandbox):
    first, second = start(**ledger), start(**ledger)
    first.write([*SCHEMAS, member(1, city="A"), state(a=1)])
    first.wait_for_states(1)
    second.write([*SCHEMAS, member(1, city="B"), state(a=2)])
    time.sleep(1)
    assert second.states == []
    assert [each["fields"]["city"] for each in sandbox.contacts] == ["A"]
    assert first.end().exit_code == 0
    run = second.end()
    assert (run.exit_code, run.states) == (0, [{"a": 2}])
    assert [each["fields"]["city"] for each in sandbox.contacts] == ["B"]


def test_or_ends_with_a_clear_message(start, run_command, ledger, sandbox):
    first = start(**ledger)
    first.write([*SCHEMAS, member(1), state(a=1)])
    first.wait_for_states(1)
    run = run_command([*SCHEMAS, member(2)], **ledger, ledger_wait_seconds=1)
    assert run.exit_code == 5
    assert "Another run of stream 'members'" in run.stderr
    assert len(sandbox.requests) == 1
    first.kill()
    assert run_command([*SCHEMAS, member(2)], **ledger, ledger_wait_seconds=1).exit_code == 0


def test_two_streams_run_side_by_side_each_sending_what_changed(start, ledger, sent):
    """Two processes, two streams, one ledger, begun at once on an empty database."""
    events = [check_in(number, number) for number in range(1500)]
    contacts = [member(number) for number in range(1500)]
    for changed, expected in ((None, 1500), (7, 1), (None, 1)):
        if changed is not None:
            contacts[changed] = member(changed, city="Springfield")
            events[changed] = check_in(changed, changed, at="2026-02-03T04:05:06Z")
        elif expected == 1:
            contacts[7], events[7] = member(7), check_in(7, 7)
        one, other = start(**ledger), start(**ledger)
        one.write([MEMBERS, *contacts, state(a=1)])
        other.write([CHECK_INS, *events, state(b=1)])
        runs = [one.end(), other.end()]
        assert [run.exit_code for run in runs] == [0, 0], [run.stderr for run in runs]
        assert sent() == {"contact": expected, "event": expected}


def test_two_streams_that_feed_one_contact_at_once_leave_it_in_doubt(
    start, run_target, ledger, sandbox
):
    """Nobody can say whose body came last: so it is sent again, and never taken for unchanged."""
    fields = {name: name for name in ("user_id", "first_name", "last_name", "email", "city")}
    mappings = [
        {**PROSPECTS, "fields": fields},
        {**PROSPECTS, "stream": "members", "fields": fields},
    ]
    kinds = dict.fromkeys(fields, "string")
    body = {"user_id": "1", "first_name": "Ada", "last_name": "Example", "email": "a@example.com"}

    def messages(stream, city):
        return [schema(stream, kinds, ("user_id",)), record(stream, **body, city=city)]

    sandbox.faults = [{"fault": "latency", "seconds": 1.5}]
    one, other = (start(**ledger, mappings=mappings) for _ in range(2))
    one.write(messages("members", "A"))
    other.write(messages("prospects", "B"))
    assert [one.end().exit_code, other.end().exit_code] == [0, 0]
    sandbox.faults = []
    for stream, city in (("members", "A"), ("prospects", "B")):
        run = run_target(messages(stream, city), **ledger, mappings=mappings)
        assert run.total("delivered") == 1
    assert run_target(messages("prospects", "B"), **ledger, mappings=mappings).total("unchanged")


def test_nothing_of_the_machine_stands_in_the_messages(start, run_command, ledger):
    first = start(**ledger)
    first.write([*SCHEMAS, member(1), state(a=1)])
    first.wait_for_states(1)
    run = run_command([*SCHEMAS, member(2)], **ledger, ledger_wait_seconds=0)
    assert not re.search(r"postgresql://|a-secret-of-the-tests|m2", run.stderr)
