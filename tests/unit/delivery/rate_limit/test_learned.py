"""A quota that nobody told of, learned from 429s."""

from __future__ import annotations

from collections import deque

from target_gleantap.contract import Quota
from target_gleantap.delivery.concurrency.in_flight import Flight
from target_gleantap.delivery.rate_limit.learned import LearnedPace

TOOK = 0.05


class Vendor:
    """Takes so many in any second, or so many at once, and answers 429 with `Retry-After: 1`."""

    def __init__(self, a_second: int = 0, at_once: int = 0) -> None:
        self.a_second, self.at_once = a_second, at_once
        self.recent: deque[float] = deque()
        self.taken = self.refused = 0

    def takes(self, now: float, in_flight: int) -> bool:
        while self.recent and self.recent[0] <= now - 1:
            self.recent.popleft()
        if self.a_second and len(self.recent) >= self.a_second:
            return False
        if self.at_once and in_flight > self.at_once:
            return False
        self.recent.append(now)
        return True


def send(pace: LearnedPace, vendor: Vendor, seconds: float, at_once: int = 32) -> None:
    """Keep `at_once` under way for so long, waves of one latency each."""
    now = getattr(vendor, "now", 0.0)
    until = now + seconds
    while now < until:
        if (wait := pace.wait(now)) > 0:
            now += wait
            continue
        wave = []
        for number in range(1, at_once + 1):
            if pace.wait(now) > 0:
                break
            wave.append((pace.depart(now), Flight(now, number), vendor.takes(now, number)))
        now += TOOK
        for departure, flight, taken in wave:
            if taken:
                vendor.taken += 1
                pace.answered(departure, now)
                pace.accepted(flight.in_flight)
            else:
                vendor.refused += 1
                pace.throttled(flight, now, 1.0)
                pace.hold(now + 1)
    vendor.now = now


def test_the_quota_is_kept_from_the_second_429_on() -> None:
    """As many at once were taken before: so it was too many in a time, and how many is known."""
    pace, vendor = LearnedPace(lambda: None), Vendor(a_second=100)
    send(pace, vendor, 2.9)
    assert pace.quotas == (Quota(100, 1),)
    before, refused = vendor.taken, vendor.refused
    send(pace, vendor, 20)
    assert vendor.taken - before >= 0.95 * 100 * 20
    assert vendor.refused == refused


def test_a_429_alone_slows_nothing_down() -> None:
    """Not the first moments of a run, in which few were taken, nor any later time."""
    pace, vendor = LearnedPace(lambda: None), Vendor()
    for seconds in (0.6, 5.0, 3.7):
        send(pace, vendor, seconds)
        now = vendor.now  # type: ignore[attr-defined]
        pace.throttled(Flight(now - 0.01, 32), now, None)
    before = vendor.taken
    send(pace, vendor, 10)
    assert vendor.taken - before > 0.9 * 10 * 32 / TOOK


def test_too_many_at_once_is_no_quota() -> None:
    pace, vendor = LearnedPace(lambda: None), Vendor(at_once=8)
    send(pace, vendor, 1.0, at_once=16)
    send(pace, vendor, 60, at_once=8)
    assert pace.quotas == ()
    assert vendor.taken > 0.95 * 60 * 8 / TOOK


def test_a_quota_that_grew_is_found_again() -> None:
    pace, vendor = LearnedPace(lambda: None), Vendor(a_second=50)
    send(pace, vendor, 5)
    vendor.a_second = 200
    send(pace, vendor, 60)
    before = vendor.taken
    send(pace, vendor, 60)
    assert vendor.taken - before >= 0.9 * 60 * 200


def test_a_quota_that_shrank_is_kept_too() -> None:
    pace, vendor = LearnedPace(lambda: None), Vendor(a_second=100)
    send(pace, vendor, 5)
    vendor.a_second = 40
    send(pace, vendor, 10)
    before, refused = vendor.taken, vendor.refused
    send(pace, vendor, 120)
    assert vendor.taken - before >= 0.9 * 120 * 40
    assert vendor.refused - refused <= 0.01 * vendor.taken


def test_a_spell_in_which_nothing_is_taken_says_nothing_of_the_quota() -> None:
    """Somebody else used it up for a while; only the first 429 of all those could be about it."""
    pace, vendor = LearnedPace(lambda: None), Vendor(a_second=100)
    send(pace, vendor, 5)
    vendor.a_second = -1
    send(pace, vendor, 10)
    vendor.a_second = 100
    before = vendor.taken
    send(pace, vendor, 60)
    assert vendor.taken - before >= 0.3 * 60 * 100


def test_what_is_tried_upwards_costs_little() -> None:
    pace, vendor = LearnedPace(lambda: None), Vendor(a_second=100)
    send(pace, vendor, 600)
    assert vendor.taken >= 0.95 * 600 * 100
    assert vendor.refused <= 0.01 * vendor.taken


def test_a_long_wait_is_pace_enough() -> None:
    pace = LearnedPace(lambda: None)
    for number in range(50):
        pace.answered(pace.depart(number / 100), 0.6)
    pace.accepted(50)
    pace.throttled(Flight(0.5, 10), 0.6, 60.0)
    pace.depart(61.0)
    assert pace.quotas == ()
