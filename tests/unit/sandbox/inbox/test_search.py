"""The request log, searched by text, response and page."""

from __future__ import annotations

import time

from target_gleantap.sandbox.inbox.search import PAGE, Filter, search


def test_pages_of_the_log_follow_each_other(account, send):
    for number in range(PAGE + 10):
        send(number, last_name="Example")
    first = search(account, Filter(), time.monotonic())
    assert (first.total, len(first.entries), first.more) == (PAGE + 10, PAGE, True)
    rest = search(account, Filter(before=first.entries[-1].sequence), time.monotonic())
    assert ([one.sequence for one in rest.entries], rest.more) == (list(range(10, 0, -1)), False)


def test_all_that_is_said_of_a_request_is_searched(account, send):
    account.faults.replace_rules([{"fault": "status", "status": 503, "match": {"user_id": "3"}}])
    for number, more in ((1, {"last_name": "Lovelace"}), (2, {}), (3, {"last_name": "X"})):
        send(number, **more)
    for text, sequences in {
        "lovelace": [1],
        "LAST_NAME: is missing": [2],
        "user_id:3": [3],
        "503": [3],
        "#2": [2],
        "newcontact": [3, 2, 1],
        "nobody": [],
    }.items():
        found = search(account, Filter(text=text), time.monotonic())
        assert [one.sequence for one in found.entries] == sequences, text
    assert search(account, Filter(outcome="refused"), time.monotonic()).total == 1
    assert search(account, Filter(resource="event"), time.monotonic()).total == 0
    everything = search(account, Filter(), time.monotonic())
    assert everything.outcomes == search(account, Filter(text="ada"), time.monotonic()).outcomes
