"""Every window is kept, and filled."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit import pacer as pace
from target_gleantap.delivery.rate_limit.pacer import Pacer, retry_after

QUOTAS = st.lists(
    st.builds(Quota, st.integers(1, 20), st.sampled_from([0.5, 1.0, 10.0])),
    min_size=1,
    max_size=3,
).map(tuple)


@given(QUOTAS, st.lists(st.floats(0, 2), min_size=1, max_size=120))
def test_no_window_ever_holds_more_than_its_quota(
    quotas: tuple[Quota, ...], gaps: list[float]
) -> None:
    pacer = Pacer(quotas)
    now = 0.0
    departures = []
    for gap in gaps:
        now += gap
        now += pacer.wait(now)
        # Adding the wait to the clock can round to just before the window opens.
        while (left := pacer.wait(now)) > 0:
            now += max(left, 1e-9)
        pacer.depart(now)
        departures.append(now)
    for quota in quotas:
        for index, start in enumerate(departures):
            within = [each for each in departures[index:] if each < start + quota.seconds]
            assert len(within) <= quota.requests


@pytest.mark.parametrize("quota", [Quota(100, 1), Quota(350, 1), Quota(3500, 60)], ids=str)
def test_a_quota_is_filled_to_99_percent(quota: Quota) -> None:
    pacer = Pacer((quota,))
    now, sent = 0.0, 0
    end = 10 * quota.seconds
    while now < end:
        wait = pacer.wait(now)
        if wait > 0:
            now += wait + 1e-9
        else:
            pacer.depart(now)
            sent += 1
    assert sent >= 0.99 * 10 * quota.requests


def test_a_hold_holds_everyone_and_is_never_shortened() -> None:
    pacer = Pacer(())
    pacer.hold(10.0)
    pacer.hold(5.0)
    assert pacer.wait(4.0) == 6.0
    assert pacer.wait(11.0) == 0.0


def test_the_vendors_own_count_holds_until_its_reset() -> None:
    pacer = Pacer(())
    pacer.update_from_headers({"ratelimit-remaining": "3", "ratelimit-reset": "7"}, now=100.0)
    assert pacer.wait(100.0) == 0.0
    pacer.update_from_headers({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, now=100.0)
    assert pacer.wait(100.0) == 7.0


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit-remaining": "0"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "soon"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "1795000000"},
    ],
)
def test_a_count_that_makes_no_sense_holds_nobody(headers: dict[str, str]) -> None:
    pacer = Pacer(())
    pacer.update_from_headers(headers, now=0.0)
    assert pacer.wait(0.0) == 0.0


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, 30.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=30), usegmt=True)}, 0.0),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_date_in_retry_after_goes_by_the_vendors_clock() -> None:
    """The vendor's clock is an hour ahead of ours: it still asks for thirty seconds."""
    theirs = NOW + timedelta(hours=1)
    headers = {
        "date": format_datetime(theirs, usegmt=True),
        "retry-after": format_datetime(theirs + timedelta(seconds=30), usegmt=True),
    }
    assert retry_after(headers, NOW) == 30.0


def test_a_retry_after_of_digits_without_end_is_a_number_all_the_same() -> None:
    """Infinity ended the run as a defect of the target."""
    assert retry_after({"retry-after": "9" * 400}, NOW) == pace.LONGEST_ASKED


# --- a window is counted from when requests may have arrived, not from when they were sent

WHOLE = 1.005
"""A second and its guard."""


def test_a_slow_answer_keeps_its_place_for_as_long_as_the_request_may_have_been_late():
    pacer = Pacer((Quota(2, 1),))
    late, quick = pacer.depart(0.0), pacer.depart(0.0)
    pacer.answered(quick, 0.05)
    pacer.answered(late, 0.08)
    assert pacer.wait(0.5) == pytest.approx(WHOLE + 0.03 - 0.5, abs=0.001)


def test_the_first_answers_are_held_against_quicker_ones_that_come_later():
    pacer = Pacer((Quota(2, 1),))
    late, quick = pacer.depart(0.0), pacer.depart(0.1)
    pacer.answered(late, 0.08)
    pacer.answered(quick, 0.15)
    assert pacer.wait(0.5) == pytest.approx(WHOLE + 0.03 - 0.5, abs=0.001)


def test_no_answer_however_slow_lengthens_a_window_by_more_than_its_share():
    pacer = Pacer((Quota(1, 1),))
    pacer.answered(pacer.depart(0.0), 0.01)
    pacer.answered(pacer.depart(2.0), 2.9)
    assert pacer.wait(2.9) == pytest.approx(WHOLE + pace.LATE_SHARE - 0.9)


def test_a_vendor_that_becomes_slower_for_good_is_not_late_for_ever():
    pacer = Pacer((Quota(1, 1),))
    pacer.answered(pacer.depart(0.0), 0.01)
    for second in range(2, 400, 2):
        pacer.answered(pacer.depart(second), second + 0.2)
    assert pacer.wait(398.9) == pytest.approx(WHOLE - 0.9, abs=0.01)
