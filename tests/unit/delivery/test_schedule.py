"""Order per contact, whatever comes and in whatever order it settles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.delivery.schedule import Schedule

IDENTIFIERS = st.lists(st.sampled_from("abcdefgh"), max_size=3, unique=True).map(tuple)


class Parcel:
    def __init__(self, number: int, identifiers: tuple[str, ...]) -> None:
        self.number = number
        self.identifiers = identifiers


@given(
    st.lists(IDENTIFIERS, max_size=40),
    st.lists(st.integers(0, 1000), max_size=200),
)
def test_no_two_of_a_contact_are_out_together_and_all_go_in_input_order(
    all_identifiers: list[tuple[str, ...]], choices: list[int]
) -> None:
    schedule: Schedule[Parcel] = Schedule()
    waiting = [Parcel(number, ids) for number, ids in enumerate(all_identifiers)]
    out: list[Parcel] = []
    last_seen: dict[str, int] = {}
    settled = 0
    steps = iter([*choices, *([0] * 3 * len(waiting))])
    while settled < len(all_identifiers):
        step = next(steps)
        if waiting and step % 2:
            parcel = waiting.pop(0)
            schedule.add(parcel, parcel.identifiers)
        while (taken := schedule.take()) is not None:
            for other in out:
                assert not set(other.identifiers) & set(taken.identifiers)
            for identifier in taken.identifiers:
                assert last_seen.get(identifier, -1) < taken.number
                last_seen[identifier] = taken.number
            out.append(taken)
        if out:
            schedule.settle(out.pop(step % len(out)))
            settled += 1
        elif waiting and not step % 2:
            parcel = waiting.pop(0)
            schedule.add(parcel, parcel.identifiers)
    assert len(schedule) == 0
    assert not schedule._contacts
    assert not schedule._carriers


def test_a_contact_known_by_two_names_ties_deliveries_that_share_none() -> None:
    """One record knows the contact by user_id, one only by e-mail, one by both."""
    schedule: Schedule[str] = Schedule()
    schedule.add("both", ("user_id:1", "email:a"))
    schedule.add("by id", ("user_id:1",))
    schedule.add("by e-mail", ("email:a",))
    assert schedule.take() == "both"
    assert schedule.take() is None
    schedule.settle("both")
    assert schedule.take() == "by id"
    assert schedule.take() is None
    schedule.settle("by id")
    assert schedule.take() == "by e-mail"


def test_a_busy_contact_delays_nobody_else() -> None:
    schedule: Schedule[str] = Schedule()
    for number in range(100):
        schedule.add(f"busy {number}", ("user_id:busy",))
    schedule.add("other", ("user_id:other",))
    assert [schedule.take(), schedule.take(), schedule.take()] == ["busy 0", "other", None]


def test_what_nobody_is_known_by_waits_for_nobody() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("first", ())
    schedule.add("second", ())
    assert [schedule.take(), schedule.take()] == ["first", "second"]


def test_settling_what_was_never_added_is_an_error() -> None:
    with pytest.raises(KeyError):
        Schedule[str]().settle("unknown")
