"""Fault rules: which requests they are for, and what is said of those that cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.sandbox.faults.rules import KINDS, FaultRules, FaultRulesError, read_rules


def struck(rules, count, raw=lambda number: str(number).encode()):
    """The 1-based numbers of the requests that went wrong."""
    chosen = (
        rules.choose_rule("contact", "/newContact", {}, raw(n))[0] for n in range(1, count + 1)
    )
    return [number for number, rule in enumerate(chosen, 1) if rule]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"every": 3}, [3, 6]),
        ({"first": 2}, [1, 2]),
        ({"after": 4}, [5, 6]),
        ({"after": 1, "first": 2}, [2, 3]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"rate": 0}, []),
    ],
)
def test_counting_conditions_choose_the_documented_requests(when, expected):
    assert struck(FaultRules([{"fault": "status", **when}]), 6) == expected


def test_a_rule_per_body_counts_each_body_apart():
    rules = FaultRules([{"fault": "status", "first": 1, "per": "body"}])
    assert struck(rules, 6, raw=lambda number: str(number % 3).encode()) == [1, 2, 3]


@given(seed=st.integers(), rate=st.floats(0, 1))
def test_chance_repeats_from_its_seed(seed, rate):
    specs = [{"fault": "status", "rate": rate}]
    assert struck(FaultRules(specs, seed), 50) == struck(FaultRules(specs, seed), 50)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"path": "contact"}, True),
        ({"path": "newContact"}, True),
        ({"path": "event"}, False),
        ({"match": {"user_id": "7"}}, True),
        ({"match": {"event_data.club": "North"}}, True),
        ({"match": {"user_id": "8"}}, False),
    ],
)
def test_rules_are_for_a_resource_a_path_or_a_body(where, expected):
    rules = FaultRules([{"fault": "status", **where}])
    body = {"user_id": "7", "event_data": {"club": "North"}}
    rule, _ = rules.choose_rule("contact", "/v2/newContact", body, b"")
    assert (rule is not None) == expected


def test_latency_goes_with_the_first_other_rule_that_strikes():
    rules = FaultRules([{"fault": "latency", "seconds": 1}, {"fault": "html"}, {"fault": "status"}])
    rule, latencies = rules.choose_rule("contact", "/", {}, b"")
    assert (rule.kind, [one.kind for one in latencies]) == ("html", ["latency"])


def test_every_fault_of_every_rule_is_said_at_once():
    with pytest.raises(FaultRulesError) as caught:
        read_rules([{"fault": "flood"}, {"fault": "latency", "rate": 2, "sideways": True}])
    said = str(caught.value)
    assert "faults[0].fault: must be one of status" in said
    assert "faults[1].rate" in said
    assert '"seconds" is a required property' in said
    assert "'sideways' was unexpected" in said


def test_rules_that_cannot_be_read_leave_the_old_ones_in_force():
    rules = FaultRules([{"fault": "status"}])
    with pytest.raises(FaultRulesError):
        rules.replace_rules("status")
    assert [rule.kind for rule in rules.rules] == ["status"]


@pytest.mark.parametrize(
    ("kind", "carried_out"),
    [("reset_before", False), ("reset_after", True), ("status", False), ("half_body", True)],
)
def test_each_kind_says_whether_the_request_takes_effect(kind, carried_out):
    assert kind in KINDS
    assert read_rules([{"fault": kind}])[0].carried_out == carried_out
    turned = read_rules([{"fault": kind, "carried_out": not carried_out}])[0]
    assert turned.carried_out != carried_out


def test_rules_come_and_go_and_the_others_count_on():
    rules = FaultRules([{"fault": "html", "every": 2}, {"fault": "empty"}])
    for _ in range(3):
        rules.choose_rule("contact", "/", {}, b"")
    rules.remove_rule(2)
    assert rules.add_rule({"fault": "reset_before"}).number == 3
    rules.switch_rule(1, on=False)
    assert rules.choose_rule("contact", "/", {}, b"")[0].number == 3
    rules.switch_rule(3, on=False)
    assert rules.choose_rule("contact", "/", {}, b"") == (None, [])
    assert [(one["number"], one["off"], one["applied"]) for one in rules.view()] == [
        (1, True, 1),
        (3, True, 1),
    ]
    with pytest.raises(FaultRulesError, match="must be one of"):
        rules.add_rule({"fault": "flood"})
    rules.restart()
    assert [one["applied"] for one in rules.view()] == [0, 0]


def test_a_rule_may_begin_at_rest():
    rules = FaultRules([{"fault": "html", "off": True}])
    assert rules.choose_rule("contact", "/", {}, b"") == (None, [])
    rules.switch_rule(1, on=True)
    assert rules.choose_rule("contact", "/", {}, b"")[0].kind == "html"
