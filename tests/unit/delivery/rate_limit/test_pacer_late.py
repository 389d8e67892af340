"""A window is counted from when requests may have arrived, not from when they left."""

import pytest

from target_gleantap.contract import Quota
from target_gleantap.delivery.rate_limit.pacer import LATE_SHARE, Pacer

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
    assert pacer.wait(2.9) == pytest.approx(WHOLE + LATE_SHARE - 0.9)


def test_a_vendor_that_becomes_slower_for_good_is_not_late_for_ever():
    pacer = Pacer((Quota(1, 1),))
    pacer.answered(pacer.depart(0.0), 0.01)
    for second in range(2, 400, 2):
        pacer.answered(pacer.depart(second), second + 0.2)
    assert pacer.wait(398.9) == pytest.approx(WHOLE - 0.9, abs=0.01)
