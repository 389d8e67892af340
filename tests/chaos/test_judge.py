"""The judge finds each breach: evidence of a good run, with one thing made wrong in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evidence import Call, Evidence, Line, Ran
from judge import PROMISES, judge
from taps import CANARY, Given, joined, token, usual

GIVEN = Given(joined(usual(16)))
WANTED = [item for item in GIVEN.records if not item.left_out]
REJECT = {"type": "RECORD", "record": {"last_name": token(4)}}


def call(number, place, **more):
    body = f'{{"last_name": "{token(number)}"}}'
    made = Call(place, "contact", "/newContact", body, float(place), 200, "", True)
    return replace(made, **more)


CALLS = tuple(call(item.number, place) for place, item in enumerate(WANTED, 1))
BOOKS = {
    "stream": "members",
    "mapping": "members:contact",
    "read": 16,
    "delivered": 15,
    "unchanged": 0,
    "filtered": 1,
    "rejected": 0,
    "not_attempted": 0,
}
GOOD = Ran(
    given=GIVEN,
    exit_code=0,
    stdout=tuple(Line(text + b"\n", 100.0) for text in GIVEN.states),
    stderr="all is well",
    summary={"balanced": True, "ended_by": "end of input", "books": [BOOKS]},
    rejects=(),
    files=(),
    calls=CALLS,
    peak_mb=70.0,
)


def evidence(**changes):
    return Evidence((replace(GOOD, **changes),), frozenset({"contact"}), ("pass-word",))


def books(**changes):
    return {**GOOD.summary, "books": [{**BOOKS, **changes}]}


def rejected(**reject):
    message = {**REJECT, "reject": {"reason": "vendor", **reject}}
    return {"rejects": (message,), "summary": books(delivered=14, rejected=1)}


def test_a_good_run_keeps_all_promises():
    verdict = judge(evidence())
    assert verdict.breaches == ()
    assert verdict.checked == tuple(PROMISES)


BREACHES = {
    "a record that never arrived": (1, {"calls": CALLS[:-1], "exit_code": 1}),
    "a record that was sent and not carried out": (
        1,
        {"calls": (*CALLS[:-1], replace(CALLS[-1], carried_out=False)), "exit_code": 1},
    ),
    "a state that left before the record arrived": (
        1,
        {"calls": (*CALLS[:-1], replace(CALLS[-1], arrived=101.0))},
    ),
    "more delivered than arrived": (2, {"summary": books(delivered=16, read=17)}),
    "a reject that stands in no file": (2, {"summary": books(delivered=14, rejected=1)}),
    "unchanged that was never delivered": (2, {"summary": books(delivered=14, unchanged=1)}),
    "more filtered than where leaves out": (2, {"summary": books(delivered=14, filtered=2)}),
    "a record that ended in no way": (2, {"summary": books(read=15, delivered=14)}),
    "books that do not balance": (3, {"summary": books(read=17)}),
    "exit code 0 with records not attempted": (
        3,
        {"summary": books(delivered=14, not_attempted=1)},
    ),
    "no summary": (3, {"summary": None}),
    "an older change after a newer one": (
        4,
        {"calls": (*CALLS, call(WANTED[0].number, 99))},
    ),
    "a body that the contract refuses": (
        5,
        {"calls": (*CALLS, call(16, 16, status=400, carried_out=False))},
    ),
    "a record rejected for a key": (6, rejected(answer={"status": 401})),
    "a record rejected for a vendor that is down": (6, rejected(answer={"status": 503})),
    "exit code 0 with refused keys": (6, {"calls": (*CALLS, call(16, 16, status=401, kind="x"))}),
    "a value in the log": (7, {"stderr": f"could not send {CANARY.upper()}"}),
    "a value in the summary": (7, {"summary": {**GOOD.summary, "ended_by": token(3)}}),
    "a secret in the log": (7, {"stderr": "X-API-KEY: pass-word"}),
    "too much memory": (8, {"peak_mb": 151.0}),
    "a line that is no state": (9, {"stdout": (Line(b"hello\n"),)}),
    "an empty state": (9, {"stdout": (Line(b"{}\n"),)}),
    "a state in another form": (9, {"stdout": (Line(GIVEN.states[0].replace(b" ", b"") + b"\n"),)}),
    "states out of order": (9, {"stdout": tuple(reversed(GOOD.stdout))}),
    "a state that is cut": (9, {"stdout": (Line(GIVEN.states[0][:-3]),)}),
    "a call that nobody asked for": (10, {"calls": (*CALLS, call(16, 16, resource="sms_optin"))}),
    "a record that nobody gave": (10, {"calls": (*CALLS, call(99, 16))}),
    "a record that where leaves out": (10, {"calls": (*CALLS, call(7, 16))}),
    "a consent that nobody gave": (
        10,
        {"calls": (*CALLS, call(16, 16, body=f'{{"id": "{token(16)}", "optin_sms": true}}'))},
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_the_judge_finds(breach):
    promise, changes = BREACHES[breach]
    found = judge(evidence(**changes)).breaches
    assert any(words.startswith(f"promise {promise} ") for words in found), found


def test_the_judge_looks_at_files_at_servers_that_nobody_named_and_at_overlaps(tmp_path):
    file = tmp_path / "rejects.singer.jsonl"
    file.write_text("")
    file.chmod(0o644)
    seen = replace(evidence(files=(file,)), strangers=1, overlaps=1)
    breaches = "\n".join(judge(seen).breaches)
    assert "may be read by others: 644" in breaches
    assert "a server that nobody named received 1 requests" in breaches
    assert "in progress together 1 times" in breaches


def test_what_a_killed_run_cannot_say_is_not_called_checked():
    verdict = judge(evidence(summary=None, killed=True, exit_code=-9))
    assert (verdict.breaches, verdict.checked) == ((), (1, 4, 5, 6, 7, 8, 9, 10))


def test_the_next_run_goes_on_behind_the_last_state():
    rest = GIVEN.after(GIVEN.states[0])
    assert [item.number for item in rest.records] == list(range(5, 17))
    assert rest.states == GIVEN.states[1:]
    assert rest.data.startswith(GIVEN.data[: GIVEN.data.index(b'{"type": "RECORD"')])
    assert GIVEN.after(GIVEN.states[-1]).items == []
