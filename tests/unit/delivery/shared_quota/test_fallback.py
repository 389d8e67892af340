"""What runs may send that have lost each other: all together no more than the quota."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit.pacer import Departure
from target_gleantap.delivery.shared_quota.fallback import Fallback, share
from target_gleantap.delivery.shared_quota.health import (
    RETURN_SECONDS,
    SILENCE_SECONDS,
    UNKNOWN_RUNS,
    Health,
)

NEVER = float("inf")


@given(st.integers(1, 10_000), st.sampled_from([0.5, 1.0, 60.0, 3600.0]), st.integers(1, 500))
def test_the_shares_of_all_runs_are_no_more_than_the_quota(requests, seconds, runs):
    part = share(Quota(requests, seconds), runs)
    together = runs * part.requests / part.seconds
    assert together <= requests / seconds * (1 + 1e-9)
    if runs <= requests:
        assert (part.requests, part.seconds) == (requests // runs, seconds)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(4, 40),
    st.lists(st.floats(0, 1), max_size=40),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_no_window_holds_more_than_the_quota_when_runs_lose_each_other(
    requests, before, runs, chance
):
    """However what was sent until then is spread over them, and all of them send all they may."""
    quota, now, step = Quota(requests, 1.0), 1.0, 0.01
    sent = sorted(before)[:requests]
    of_each = [[] for _ in range(runs)]
    for at in sent:
        chance.choice(of_each).append(Departure(at))
    free = requests - len(sent)
    alone = [Fallback((quota,), runs, [of], [free], now, 0.05) for of in of_each]
    everything = list(sent)
    for tick in range(int(4 / step)):
        at = now + tick * step
        for one in alone:
            while one.opens_at(at, NEVER) <= at:
                one.depart(Departure(at))
                everything.append(at)
    everything.sort()
    for index in range(len(everything) - requests):
        assert everything[index + requests] - everything[index] >= quota.seconds - 1e-9
    assert len(everything) - len(sent) >= 2 * runs * (requests // runs)


def test_more_runs_than_requests_take_turns_in_a_longer_window():
    part = share(Quota(2, 1), 8)
    assert (part.requests, part.seconds) == (1, 4.0)
    alone = Fallback((Quota(2, 1),), 8, [[]], [2], 0.0, 0.0)
    alone.depart(Departure(0.0))
    assert alone.opens_at(0.1, NEVER) == pytest.approx(4, abs=0.1)


def test_what_was_left_of_a_long_window_is_shared_at_once():
    """Nobody stands still for an hour because Redis is gone."""
    alone = Fallback((Quota(1000, 3600),), 4, [[]], [900], 0.0, 0.0)
    count, now = 0, 0.0
    while alone.opens_at(now, NEVER) < 60 and count < 1000:
        now = alone.opens_at(now, NEVER)
        alone.depart(Departure(now))
        count += 1
    assert count == 900 // 4


def test_a_run_goes_on_alone_when_redis_takes_too_long():
    contact = Health(None)
    contact.asked(0.0)
    assert not contact.lost(SILENCE_SECONDS)
    assert contact.lost(math.nextafter(SILENCE_SECONDS, 1))


def test_a_run_comes_back_when_the_others_have_or_have_had_the_time():
    contact = Health(None)
    contact.heard(0.0, runs=3)
    contact.failed()
    contact.heard(10.0, runs=1)
    assert contact.lost(10.0)
    contact.heard(11.0, runs=3)
    assert not contact.lost(11.0)
    contact.failed()
    contact.heard(20.0, runs=1)
    contact.heard(20.0 + RETURN_SECONDS, runs=2)
    assert not contact.lost(23.0)
    assert contact.runs == 2


def test_among_how_many_a_quota_is_shared_where_redis_has_not_said():
    assert Health(None).runs == UNKNOWN_RUNS
    declared = Health(5)
    assert declared.runs == 5
    declared.heard(0.0, runs=2)
    assert declared.runs == 5
    declared.heard(0.0, runs=7)
    assert declared.runs == 7
