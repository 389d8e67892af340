"""What Redis gives to several runs at once: never more than the quota, and to each its share."""

from __future__ import annotations

import random
import time

import pytest

from target_gleantap.contract import Quota
from target_gleantap.delivery.shared_quota.health import Health
from target_gleantap.delivery.shared_quota.keys import RedisKeys
from target_gleantap.delivery.shared_quota.pacer import SharedPacer
from target_gleantap.delivery.shared_quota.redis_link import RedisLink

KEYS = RedisKeys.of("made-up:account", "all")
A_HUNDRED = (Quota(100, 1),)


class OneRun:
    """A run that sends whenever it may, so long as it has something."""

    def __init__(self, url, name, quotas, waiting=0):
        self.link = RedisLink(url, name)
        self.link.greet()
        self.contact = Health(None)
        self.pacer = SharedPacer(quotas, self.contact, lambda *_: self.waiting, lambda: None)
        self.waiting = waiting
        self.left = []

    def turn(self):
        now = time.monotonic()
        if self.pacer.lease.next_at <= now:
            ask = self.pacer.ask(now, ended=False)
            (grant,) = self.link.exchange([(KEYS, self.pacer.lease, ask)], now, 0.0)
            self.pacer.granted(ask, grant, now, time.monotonic())
            self.contact.heard(time.monotonic(), grant.runs)
        now = time.monotonic()
        while self.pacer.wait(now) <= 0 and self.waiting:
            self.pacer.depart(now)
            self.left.append(now)
            self.waiting -= 1


def turn_all(runs, seconds, then=lambda _passed: None):
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        then(passed)
        for run in runs:
            run.turn()
        time.sleep(0.001)


def most_within(seconds, times):
    times = sorted(times)
    return max(sum(at <= each < at + seconds for each in times) for at in times)


@pytest.fixture
def runs(redis):
    made = []

    def runs(*waiting, quotas=A_HUNDRED):
        for count in waiting:
            made.append(OneRun(redis.url, f"run{len(made)}", quotas, count))
        return made[-len(waiting) :]

    yield runs
    for run in made:
        run.link.close()


@pytest.mark.parametrize("seed", range(2))
def test_no_window_holds_more_than_its_quota_whatever_the_runs_do(runs, seed):
    """Some want much, some little, some stop to work for a while; both windows hold."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    quotas = (Quota(30, 0.4), Quota(80, 1.5))
    several = runs(50, 0, 5, quotas=quotas)

    def want_something_else(_passed):
        if chance.random() < 0.02:
            chance.choice(several).waiting = chance.choice((0, 1, 5, 200))
        if chance.random() < 0.005:
            time.sleep(0.2)

    turn_all(several, 3.5, want_something_else)
    left = [at for run in several for at in run.left]
    for quota in quotas:
        assert most_within(quota.seconds, left) <= quota.requests
    assert len(left) > 80


def test_each_run_gets_its_share_one_that_starts_later_too(runs):
    first, second = runs(1000, 1000)
    turn_all([first, second], 1.2)
    (late,) = runs(1000)
    turn_all([first, second, late], 0.8)
    began = time.monotonic()
    turn_all([first, second, late], 2)
    counts = [sum(at >= began for at in run.left) for run in (first, second, late)]
    assert sum(counts) >= 120
    assert min(counts) >= 0.6 * sum(counts) / 3


def test_what_others_do_not_use_is_lent_out(runs):
    busy, slow, idle = runs(1000, 0, 0)

    def want_one_now_and_then(passed):
        if passed >= 0.1 * len(slow.left) and not slow.waiting:
            slow.waiting = 1

    turn_all([busy, slow, idle], 0.5)
    began = time.monotonic()
    turn_all([busy, slow, idle], 2, want_one_now_and_then)
    assert len(slow.left) > 5
    counts = [sum(at >= began for at in run.left) for run in (busy, slow)]
    assert sum(counts) >= 160
    assert counts[0] >= 120


def test_what_a_run_that_died_was_given_comes_free(runs):
    dead, alive = runs(1000, 1000)
    turn_all([dead, alive], 0.6)
    turn_all([alive], 1)
    began = time.monotonic()
    turn_all([alive], 1.5)
    assert sum(at >= began for at in alive.left) >= 120


def test_all_obey_when_one_is_told_to_wait(runs):
    several = runs(1000, 1000, 1000)
    turn_all(several, 0.5)
    several[0].pacer.hold(time.monotonic() + 1)
    turn_all(several, 0.1)
    held_from = time.monotonic()
    turn_all(several, 0.8)
    assert not [at for run in several for at in run.left if at > held_from]
    turn_all(several, 0.5)
    assert all(run.left[-1] > held_from for run in several)


def test_slots_that_are_not_used_are_given_back(runs):
    fickle, other = runs(1000, 0)
    turn_all([fickle, other], 0.3)
    fickle.waiting = 0
    turn_all([fickle, other], 0.2)
    assert len(fickle.pacer.lease) == 0
    assert fickle.pacer.lease.taken == (len(fickle.left),)
