"""The books of a run, as people and machines read them."""

from __future__ import annotations

from gym import SCHEMAS, check_in, member, state


def test_a_log_shows_the_whole_table_whatever_its_width(run_target):
    run = run_target([*SCHEMAS, member(1), check_in(1, 1), state(bookmark=1)])
    for words in ("delivered", "unchanged", "filtered", "rejected", "not attempted"):
        assert words in run.stderr
    assert "check_ins:event" in run.stderr
