"""The time of day as it is typed into the inbox's search."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from target_gleantap.sandbox.inbox.clock import Clock


def test_a_minute_and_a_second_are_read_as_the_latest_ones():
    now = datetime(2026, 5, 2, 1, 0).astimezone()
    clock = Clock(now.timestamp() - 1000.0)
    yesterday = now.replace(hour=2, minute=13) - timedelta(days=1)
    assert clock.at(clock.read("02:13", 1000.0)[0]) == yesterday
    for text, length in (("00:30", 60), ("00:30:07", 1), ("2026-05-01 00:30", 60)):
        first, last = clock.read(text, 1000.0)
        assert last - first == length
    assert clock.at(clock.read("2026-05-01T00:30:07", 1000.0)[0]).day == 1


@pytest.mark.parametrize("text", ["", "soon", "25:00", "02:61", "2026-13-01 02:13", "213"])
def test_what_is_no_time_is_none(text):
    assert Clock(0.0).read(text, time.time()) is None
