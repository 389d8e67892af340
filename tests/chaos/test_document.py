"""docs/chaos.md has a row for each fault of the suite, and no other."""

from __future__ import annotations

from faults import FAULTS
from judge import PROMISES
from table import DOCUMENT, first_words, rows, with_rows

SOAK = ("a soak", "gleantap")


def test_every_fault_has_its_row_and_every_row_its_fault():
    keys = [row.key for row in rows()]
    assert len(keys) == len(set(keys))
    assert keys == [*(fault.key for fault in FAULTS), SOAK]


def test_every_row_tells_what_was_tried_and_how_it_ended():
    by_key = {row.key: row for row in rows()}
    for fault in FAULTS:
        row = by_key[fault.key]
        assert (row.tried, row.exit_code) == (fault.tried, str(fault.exit_code))


def test_every_promise_stands_in_the_document():
    text = DOCUMENT.read_text("utf-8")
    assert [f"| {number} | " in text for number in PROMISES] == [True] * 10


def test_the_table_is_read_as_it_was_written():
    text = DOCUMENT.read_text("utf-8")
    assert with_rows(text, rows(text)) == text


def test_what_differs_from_run_to_run_is_left_out_of_what_a_run_said():
    said = (
        "The rejects file /tmp/x/rejects.jsonl cannot be written: File too large. The state stays"
    )
    assert first_words(said) == "The rejects file rejects.jsonl cannot be written: File too large"
