"""How many requests are under way at once, against vendors of many kinds on a virtual clock."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest
from servers import Server, luck, run

from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.concurrency.limit import Limit

MOST = 64


def adaptive(most: int = MOST) -> Limit:
    return Limit(most, adaptive=True)


def fixed(most: int = MOST) -> Limit:
    return Limit(most, adaptive=False)


@pytest.mark.parametrize(
    ("delay", "most", "jitter", "share"),
    [
        (0.05, 32, 0.0, 0.99),
        (0.2, 64, 0.0, 0.98),
        (0.05, 64, 0.0, 0.98),
        (0.05, 32, 0.1, 0.99),
        (0.05, 32, 0.5, 0.99),
        (0.05, 32, 2.0, 0.99),
        (0.05, 16, 0.0, 0.99),
    ],
)
def test_a_vendor_that_bears_all_gets_all_from_the_first_seconds_on(
    delay: float, most: int, jitter: float, share: float
) -> None:
    """A run of 10,000 records loses at most 1 % of its speed to finding out (2 % of 64)."""
    course = run(Server(delay, jitter), adaptive(most), 10_000)
    assert course.rate >= share * run(Server(delay, jitter), fixed(most), 10_000).rate
    assert course.settled == most


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1])
def test_a_vendor_that_queues_is_sent_what_it_works_on_and_little_more(delay: float) -> None:
    course = run(Server(delay, workers=8), adaptive(), 5_000)
    assert course.rate >= 0.98 * run(Server(delay, workers=8), fixed(8), 5_000).rate
    assert 8 <= course.settled <= 11


def test_a_queue_that_goes_faster_is_sent_more_at_once() -> None:
    """Nothing more is tried for up to a minute where something queues; here nothing does."""
    server = Server(0.05, workers=8, later=20, later_delay=0.05, later_workers=24)
    course = run(server, adaptive(), 3_200 + 24 * 20 * 10)
    assert course.seconds <= 20 + 1.15 * 10


@pytest.mark.parametrize(("knee", "steep", "share"), [(10, 1.1, 0.95), (8, 1.2, 0.8)])
def test_a_vendor_that_slows_down_beyond_a_knee_is_kept_near_it(
    knee: int, steep: float, share: float
) -> None:
    course = run(Server(knee=knee, steep=steep), adaptive(), 10_000)
    assert course.rate >= share * run(Server(knee=knee, steep=steep), fixed(knee), 10_000).rate
    assert 0.8 * knee <= course.settled <= 1.5 * knee


def test_a_slow_link_is_not_flooded() -> None:
    """Where each request slows all others, more of them bring nothing."""
    course = run(Server(scale=1.0), adaptive(), 1_000)
    assert course.settled <= 5
    assert course.rate >= 0.98 * run(Server(scale=1.0), fixed(1), 1_000).rate


@pytest.mark.parametrize(
    ("server", "knee", "refused"),
    [
        (Server(most=5), 5, 0.03),
        (Server(0.05, most=8, beyond="refuse"), 8, 0.01),
        (Server(0.05, jitter=0.3, most=8, beyond="refuse"), 8, 0.01),
    ],
)
def test_a_vendor_that_refuses_is_soon_asked_for_what_it_takes(
    server: Server, knee: int, refused: float
) -> None:
    course = run(server, adaptive(), 5_000)
    kind = Server(server.delay, server.jitter, most=server.most, beyond=server.beyond)
    assert course.rate >= 0.95 * run(kind, fixed(knee), 5_000).rate
    assert course.refused <= refused * course.taken
    assert knee - 1 <= course.settled <= knee + 1


def test_a_vendor_that_drops_requests_costs_few_time_outs() -> None:
    course = run(Server(most=5, beyond="drop"), adaptive(), 3_000)
    assert course.refused <= 0.1 * course.taken
    assert course.settled <= 10


@pytest.mark.parametrize("share", [0.003, 0.01, 0.03])
def test_refusals_that_have_nothing_to_do_with_us_slow_nothing_down(share: float) -> None:
    """A vendor that fails so many requests whatever is under way still gets all at once."""
    course = run(Server(0.05, sporadic=share, beyond="refuse"), adaptive(32), 10_000)
    plain = run(Server(0.05, sporadic=share, beyond="refuse"), fixed(32), 10_000)
    assert course.rate >= 0.93 * plain.rate


def at_best(requests: int, knee: int, **kind: Any) -> list[float]:
    """What each of several runs gets, by what the best fixed limit would; chance differs."""
    return [
        run(Server(0.05, chance=luck(seed), **kind), adaptive(32), requests).rate
        / run(Server(0.05, chance=luck(seed), **kind), fixed(knee), requests).rate
        for seed in range(8)
    ]


@pytest.mark.parametrize("beyond", ["refuse", "defer"])
@pytest.mark.parametrize("sporadic", [0.05, 0.1, 0.2, 0.3])
def test_a_vendor_that_fails_up_to_three_in_ten_whatever_is_sent_costs_little_speed(
    sporadic: float, beyond: str
) -> None:
    """Finding out takes a second or so, of the six that so short a run takes."""
    shares = at_best(3_000, 32, sporadic=sporadic, beyond=beyond)
    assert min(shares) >= 0.5
    assert mean(shares) >= 0.75


def test_a_vendor_that_fails_one_in_five_costs_a_long_run_next_to_nothing() -> None:
    assert mean(at_best(10_000, 32, sporadic=0.2)) >= 0.92


@pytest.mark.parametrize("sporadic", [0.1, 0.2])
def test_a_vendor_that_fails_some_in_any_case_and_takes_few_gets_those_few(sporadic: float) -> None:
    shares = at_best(3_000, 8, sporadic=sporadic, most=8, beyond="refuse")
    assert min(shares) >= 0.8
    assert mean(shares) >= 0.9


@pytest.mark.parametrize("seed", range(6))
def test_a_vendor_that_refuses_the_more_the_more_it_is_sent_is_spared(seed: int) -> None:
    """Nobody can say how many it takes; half as many are refused next to never."""
    course = run(Server(0.05, crowd=32, beyond="refuse", chance=luck(seed)), adaptive(), 5_000)
    assert course.refused <= 0.15 * course.taken
    assert course.rate >= 300


def test_a_fall_that_was_in_vain_does_not_count() -> None:
    """The summary says how often the limit fell, and stayed there."""
    limit = adaptive(32)
    run(Server(0.05, sporadic=0.3, chance=luck(3)), limit, 3_000)
    assert (limit.level, limit.falls) == (32, 0)


@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_a_vendor_that_becomes_slow_for_its_own_reasons_gets_no_fewer(jitter: float) -> None:
    """Three times the latency in mid-run, whatever is sent: a try now and then, and back."""
    course = run(Server(0.05, jitter, later=5, later_delay=0.15), adaptive(32), 10_000)
    plain = run(Server(0.05, jitter, later=5, later_delay=0.15), fixed(32), 10_000)
    assert course.rate >= 0.95 * plain.rate
    assert course.settled > 31


def test_a_slow_tap_raises_nothing() -> None:
    """What is not used is not widened: there is no evidence for it."""
    assert max(run(Server(), adaptive(), 500, interval=0.025).levels) <= 16
    assert max(run(Server(0.05), adaptive(), 100, interval=0.1).levels) == 4


def test_the_limit_comes_back_after_an_outage() -> None:
    limit, now = adaptive(32), 0.0
    for _ in range(2_000):
        limit.answered(Flight(now - 0.05, limit.level), now, 0.05)
        now += 0.05 / limit.level
    for _ in range(200):
        limit.refused(Flight(now - 0.05, limit.level), now)
        now += 0.05
    assert limit.level == 1
    since = now
    while limit.level < 32:
        limit.answered(Flight(now - 0.05, limit.level), now, 0.05)
        now += 0.05 / limit.level
    assert now - since < 90


def test_one_refusal_changes_nothing_and_fixed_never_changes() -> None:
    limit = adaptive(8)
    limit.refused(Flight(0.0, 4), 0.1)
    assert limit.level == 4
    settled = fixed(8)
    for second in range(50):
        settled.refused(Flight(second, 8), second + 0.1, 1.0)
    assert settled.level == 8


def test_what_left_before_the_fall_does_not_count_again() -> None:
    """Sixty refused together are one sign, not sixty."""
    limit, now = adaptive(64), 0.0
    for _ in range(200):
        limit.answered(Flight(now - 0.05, limit.level), now, 0.05)
        now += 0.05 / limit.level
    assert limit.level == 64
    for _ in range(60):
        limit.refused(Flight(now - 0.01, 64), now)
    assert limit.level == int(64 * 0.9)
