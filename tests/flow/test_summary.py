"""The books of a run, as people and machines read them."""

from __future__ import annotations

from gym import CONTACT, MEMBERS, SCHEMAS, check_in, member, state


def test_a_log_shows_the_whole_table_whatever_its_width(run_target):
    run = run_target([*SCHEMAS, member(1), check_in(1, 1), state(bookmark=1)])
    for words in ("delivered", "unchanged", "filtered", "rejected", "not attempted"):
        assert words in run.stderr
    assert "check_ins:event" in run.stderr


def test_names_that_look_like_markup_are_shown_as_they_are(run_target):
    """A glob's brackets are no colours, and `[/a]` closes nothing."""
    mappings = [{**CONTACT, "stream": "[lm]*", "name": name} for name in ("[lm]*:all", "[/red]")]
    run = run_target([MEMBERS, member(1), state(a=1)], mappings=mappings)
    assert (run.exit_code, run.states) == (0, [{"a": 1}])
    assert all(name in run.stderr for name in ("[lm]*:all", "[/red]"))
