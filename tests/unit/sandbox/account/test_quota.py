"""Quotas: a window takes what it says and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.sandbox.account.quota import Limiter, parse_quota


@pytest.mark.parametrize(
    ("text", "requests", "seconds", "sliding"),
    [
        ("100/1s", 100, 1, False),
        ("2000/1m", 2000, 60, False),
        ("5/0.5s sliding", 5, 0.5, True),
        ("5/200ms fixed", 5, 0.2, False),
        ("5/10", 5, 10, False),
    ],
)
def test_quotas_are_read_as_documented(text, requests, seconds, sliding):
    window = parse_quota(text)
    assert (window.requests, window.seconds, window.sliding) == (requests, seconds, sliding)


@pytest.mark.parametrize("text", ["", "100", "0/1s", "1/0s", "fast", "-1/1s", None])
def test_what_is_no_quota_is_refused(text):
    with pytest.raises(ValueError, match="not a quota"):
        parse_quota(text)


def test_a_fixed_window_starts_on_the_clock_and_says_how_long_it_lasts():
    limiter = Limiter(["2/10s"])
    assert [limiter.admit_request(now) for now in (17, 18, 19, 20)] == [0, 0, 1, 0]


def test_a_sliding_window_opens_when_its_oldest_request_is_old_enough():
    limiter = Limiter(["2/10s sliding"])
    assert [limiter.admit_request(now) for now in (17, 18, 19, 27, 27.5)] == [0, 0, 8, 0, 0.5]


def test_the_narrowest_of_several_windows_counts():
    limiter = Limiter(["5/1s", "3/1m"])
    assert [limiter.admit_request(60) for _ in range(4)] == [0, 0, 0, 60]


@given(
    gaps=st.lists(st.integers(0, 40), max_size=200),
    requests=st.integers(1, 5),
    length=st.integers(1, 30),
)
def test_no_stretch_of_a_sliding_window_holds_more_than_it_may(gaps, requests, length):
    limiter, now, taken = Limiter([f"{requests}/{length}s sliding"]), 0, []
    for gap in gaps:
        now += gap
        if limiter.admit_request(now) == 0:
            taken.append(now)
    assert all(sum(end - length < one <= end for one in taken) <= requests for end in taken)


@pytest.mark.parametrize("text", ["10/1s", "10/1s sliding"])
def test_a_window_tells_the_greatest_share_that_was_taken(text):
    window = parse_quota(text)
    for _ in range(5):
        window.count_request(1000.0)
    assert window.use() == 0.5
    assert window.use() == 0.0
