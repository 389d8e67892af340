"""A table counts as complete only where its tap's messages cannot mean anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.changes.full_tables import Complete, FullTable, Incomplete

A = "activate"


def read(*messages: tuple[str, int | None], last_activation: bool = False) -> FullTable:
    table = FullTable(last_activation=last_activation)
    for kind, version in messages:
        if kind == A and version is not None:
            table.activate(version)
        elif kind == "record":
            table.add_record(version)
        else:
            table.add_unidentified()
    return table


@pytest.mark.parametrize(
    ("messages", "result"),
    [
        pytest.param([("record", 1), ("record", 1), (A, 1)], Complete(1), id="a whole table"),
        pytest.param([("record", None), (A, 1)], Complete(1), id="records without a version"),
        pytest.param([("record", None), ("record", 1), (A, 1)], Complete(1), id="BATCH, then rows"),
        pytest.param([("record", 1)], Incomplete.NEVER_ACTIVATED, id="a tap that died"),
        pytest.param([], Incomplete.NEVER_ACTIVATED, id="nothing came"),
        pytest.param([(A, 1)], Incomplete.NO_RECORDS, id="an empty table"),
        pytest.param([(A, 1), ("record", 1)], Incomplete.RECORDS_AFTER, id="singer-sdk's tap"),
        pytest.param(
            [(A, 1), ("record", None), (A, 1), ("record", None)],
            Incomplete.RECORDS_AFTER,
            id="singer-sdk's child stream",
        ),
        pytest.param(
            [(A, 1), ("record", None), (A, 2)],
            Incomplete.ACTIVATED_MORE_THAN_ONCE,
            id="a child stream that ends with a childless parent",
        ),
        pytest.param(
            [(A, 1), ("record", 1), (A, 1)],
            Incomplete.ACTIVATED_MORE_THAN_ONCE,
            id="PipelineWise's first run",
        ),
        pytest.param([("record", 1), ("record", 2), (A, 2)], Incomplete.OTHER_VERSION, id="two"),
        pytest.param([("record", 1), ("?", None), (A, 1)], Incomplete.UNIDENTIFIED, id="unknown"),
    ],
)
def test_a_table_is_complete_only_where_it_cannot_be_otherwise(messages, result) -> None:
    assert read(*messages).result == result


def test_a_mapping_can_say_that_the_last_activation_ends_the_table() -> None:
    messages = [(A, 1), ("record", 1), (A, 1)]
    assert read(*messages, last_activation=True).result == Complete(1)
    assert read(*messages, ("record", 1), last_activation=True).result is Incomplete.RECORDS_AFTER
    assert "mirror: last_activation" in Incomplete.ACTIVATED_MORE_THAN_ONCE.message


MESSAGES = st.tuples(st.sampled_from([A, "record"]), st.integers(1, 3))


@given(st.lists(MESSAGES, max_size=12))
def test_a_complete_table_has_all_its_records_before_its_one_activation(messages) -> None:
    result = read(*messages).result
    if isinstance(result, Complete):
        kinds = [kind for kind, _ in messages]
        assert kinds.count(A) == 1
        assert kinds[-1] == A
        assert {version for _, version in messages} == {result.version}


@given(st.lists(MESSAGES, max_size=12), st.integers(0, 12))
def test_a_tap_that_activates_first_never_completes_a_table_wherever_it_dies(rows, cut) -> None:
    """Singer-sdk's taps: each parent's children begin with an activation."""
    messages = [message for version, _ in enumerate(rows) for message in ((A, 1), ("record", None))]
    assert not isinstance(read(*messages[:cut]).result, Complete)
