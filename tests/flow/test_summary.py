"""The books of a run, as people and machines read them."""

from __future__ import annotations

from gym import CONTACT, MEMBER, MEMBERS, SCHEMAS, check_in, member, record, schema, state

from target_gleantap.report.books_table import MOST_DRAWN


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


def test_very_many_streams_have_a_line_each(run_target):
    many = MOST_DRAWN + 1
    streams = [f"s{number}" for number in range(many)]
    run = run_target(
        [
            each
            for number, stream in enumerate(streams)
            for each in (schema(stream, MEMBER), record(stream, **member(number)["record"]))
        ],
        mappings=[{**CONTACT, "stream": "s*"}],
        dry_run=True,
    )
    lines = [line.split() for line in run.stderr.splitlines()]
    head = ["stream", "mapping", "read", "delivered", "unchanged", "filtered", "rejected"]
    assert [*head, "not", "attempted"] in lines
    assert [line for line in lines if line and line[0] in streams] == [
        [stream, "s*:contact", "1", "1", "0", "0", "0", "0"] for stream in streams
    ]
