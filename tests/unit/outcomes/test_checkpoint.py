"""A state never leaves ahead of its records, and none that may leave is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.outcomes.checkpoint import Checkpoint

STEPS = st.lists(
    st.one_of(
        st.just("record"),
        st.just("state"),
        st.just("release"),
        st.just("release everything"),
        st.integers(0, 1000),
    ),
    max_size=120,
)


@given(STEPS, st.integers(1, 5))
def test_states_leave_in_order_never_ahead_and_the_last_one_leaves(
    steps: list[str | int], batch: int
) -> None:
    checkpoint = Checkpoint(batch)
    open_records: list[tuple[int, object]] = []
    states: list[tuple[bytes, int]] = []
    left: list[bytes] = []
    read = 0

    def release(*, everything: bool) -> None:
        for state in checkpoint.release(everything=everything):
            position = dict(states)[state]
            assert all(number >= position for number, _ in open_records)
            left.append(state)

    for step in steps:
        if step == "record":
            open_records.append((read, checkpoint.record()))
            read += 1
        elif step == "state":
            value = b'{"bookmark":%d}' % len(states)
            states.append((value, read))
            checkpoint.state(value)
        elif isinstance(step, int):
            if open_records:
                _, stretch = open_records.pop(step % len(open_records))
                checkpoint.settle(stretch)  # type: ignore[arg-type]
        else:
            release(everything=step == "release everything")
    while open_records:
        checkpoint.settle(open_records.pop()[1])  # type: ignore[arg-type]
    release(everything=True)

    order = [value for value, _ in states]
    assert left == [value for value in order if value in left]
    assert len(left) == len(set(left))
    if states:
        assert left[-1] == order[-1]


def test_no_state_passes_a_blocked_record() -> None:
    checkpoint = Checkpoint(1)
    checkpoint.settle(checkpoint.record())
    checkpoint.state(b'{"bookmark":1}')
    checkpoint.block(checkpoint.record())
    checkpoint.state(b'{"bookmark":2}')
    checkpoint.settle(checkpoint.record())
    checkpoint.state(b'{"bookmark":3}')
    assert checkpoint.release(everything=True) == [b'{"bookmark":1}']


def test_an_empty_state_says_nothing_and_never_leaves() -> None:
    checkpoint = Checkpoint(1)
    checkpoint.state(b" {} ")
    checkpoint.state(b"null")
    assert checkpoint.release(everything=True) == []


def test_a_state_after_every_record_leaves_once_a_batch() -> None:
    checkpoint = Checkpoint(4)
    left = []
    for number in range(12):
        checkpoint.settle(checkpoint.record())
        checkpoint.state(b'{"bookmark":%d}' % number)
        left += checkpoint.release()
    assert left == [b'{"bookmark":%d}' % number for number in (0, 4, 8)]
    assert checkpoint.release(everything=True) == [b'{"bookmark":11}']


def test_states_without_records_between_them_do_not_pile_up() -> None:
    checkpoint = Checkpoint(500)
    stretch = checkpoint.record()
    for number in range(10_000):
        checkpoint.state(b'{"bookmark":%d}' % number)
    assert len(checkpoint._closed) <= 2
    checkpoint.settle(stretch)
    assert checkpoint.release(everything=True)[-1] == b'{"bookmark":9999}'


def test_it_tells_how_much_was_read_behind_the_oldest_state_that_waits() -> None:
    checkpoint = Checkpoint(1)
    assert checkpoint.behind == 0
    first = checkpoint.record()
    assert checkpoint.behind == 0  # no state waits yet
    checkpoint.state(b"1")
    second = checkpoint.record()
    checkpoint.record()
    assert checkpoint.behind == 2
    checkpoint.state(b"2")
    third = checkpoint.record()
    assert checkpoint.behind == 3
    checkpoint.settle(first)
    assert checkpoint.release() == [b"1"]
    assert checkpoint.behind == 1  # the record behind the second state
    checkpoint.block(second)
    assert checkpoint.behind == 0
    checkpoint.settle(third)
    assert checkpoint.release(everything=True) == []
