"""How long the vendor's faults are borne."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.delivery.retry import GiveUp, RetryAt, RetryRules, backoff
from target_gleantap.model import Failure, FailureKind


def retry_rules(deadline: float = 60.0, crowd: int = 4) -> RetryRules:
    return RetryRules(deadline, crowd, lambda: 0.5)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_nothing_and_half_a_minute(attempt: int, chance: float) -> None:
    assert 0 <= backoff(attempt, chance) <= 30


def test_a_fault_is_borne_until_the_deadline_and_no_longer() -> None:
    bearer = retry_rules(deadline=10)
    assert isinstance(bearer.failed(5.0, attempts=1, since=0.0, failure=None, asked=None), RetryAt)
    assert bearer.failed(10.1, attempts=2, since=0.0, failure=None, asked=None) == GiveUp(10)


def test_the_last_attempt_comes_at_the_deadline_whatever_the_backoff() -> None:
    bearer = retry_rules(deadline=10)
    again = bearer.failed(9.0, attempts=9, since=0.0, failure=None, asked=None)
    assert again == RetryAt(10.0)
    assert bearer.failed(10.0, attempts=10, since=0.0, failure=None, asked=None) == GiveUp(10)


def test_throttling_too_is_borne_until_the_deadline() -> None:
    bearer = retry_rules(deadline=1)
    assert bearer.throttled(0.0, asked=None) == RetryAt(0.75, 0.75)
    assert bearer.throttled(0.75, asked=None) == RetryAt(1.0, 1.0)
    assert bearer.throttled(1.0, asked=None) == GiveUp(1)


def test_a_wait_longer_than_the_deadline_is_not_begun() -> None:
    assert retry_rules(deadline=10).throttled(0.0, asked=3600.0) == GiveUp(10, 3600.0)


def test_throttling_holds_everyone_for_as_long_as_the_vendor_asks() -> None:
    assert retry_rules().throttled(100.0, asked=7.0) == RetryAt(107.0, 107.0)


def test_throttling_without_a_word_of_how_long_holds_ever_longer() -> None:
    bearer = retry_rules()
    holds = []
    now = 0.0
    for _ in range(4):
        decision = bearer.throttled(now, asked=None)
        assert isinstance(decision, RetryAt)
        holds.append(decision.at - now)
        now = decision.at
    assert holds == sorted(holds)
    assert holds[-1] > holds[0]


def test_an_accepted_request_forgives_the_throttling_before_it() -> None:
    bearer = retry_rules(deadline=10)
    bearer.throttled(0.0, asked=1.0)
    bearer.accepted()
    assert isinstance(bearer.throttled(100.0, asked=1.0), RetryAt)


def test_a_host_that_never_answered_is_not_waited_for() -> None:
    """A wrong host is said at once; once it has answered, the same fault is borne."""
    unknown = Failure(FailureKind.NAME, "NameResolutionError")
    bearer = retry_rules()
    assert bearer.failed(0.0, attempts=1, since=0.0, failure=unknown, asked=None) == GiveUp()
    bearer.reached()
    decision = bearer.failed(0.0, attempts=1, since=0.0, failure=unknown, asked=None)
    assert isinstance(decision, RetryAt)


def test_a_host_that_refuses_from_the_start_is_given_one_second() -> None:
    refused = Failure(FailureKind.REFUSED, "NewConnectionError")
    bearer = retry_rules()
    first = bearer.failed(0.0, attempts=1, since=0.0, failure=refused, asked=None)
    later = bearer.failed(1.1, attempts=4, since=0.0, failure=refused, asked=None)
    assert isinstance(first, RetryAt)
    assert later == GiveUp(1.0)


def test_a_vendor_that_fails_everyone_slows_everyone_down() -> None:
    bearer = retry_rules(crowd=2)
    decisions = [
        bearer.failed(0.0, attempts=1, since=0.0, failure=None, asked=None) for _ in range(4)
    ]
    assert [isinstance(each, RetryAt) and each.hold_until is not None for each in decisions] == [
        False,
        False,
        True,
        True,
    ]


def test_those_in_flight_together_are_throttled_once() -> None:
    bearer = retry_rules()
    first = bearer.throttled(0.0, asked=None)
    assert all(bearer.throttled(0.01, asked=None) == first for _ in range(15))


def test_a_wait_of_nothing_is_no_answer_to_how_long() -> None:
    """A vendor that says Retry-After: 0 and throttles on must not be hammered."""
    decision = retry_rules().throttled(0.0, asked=0.0)
    assert isinstance(decision, RetryAt)
    assert decision.at > 0.2
