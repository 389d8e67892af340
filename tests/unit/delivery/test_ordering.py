"""Order per contact, whatever comes and in whatever order it settles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.delivery.ordering import Schedule

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

    def go(parcel: Parcel) -> None:
        for other in out:
            assert not set(other.identifiers) & set(parcel.identifiers)
        for identifier in parcel.identifiers:
            assert last_seen.get(identifier, -1) < parcel.number
            last_seen[identifier] = parcel.number
        out.append(parcel)

    steps = iter([*choices, *([0] * 3 * len(waiting))])
    while settled < len(all_identifiers):
        step = next(steps)
        if waiting and (step % 2 or not out):
            parcel = waiting.pop(0)
            if schedule.add(parcel, parcel.identifiers):
                go(parcel)
        elif out:
            for freed in schedule.settle(out.pop(step % len(out))):
                go(freed)
            settled += 1
    assert len(schedule) == 0
    assert not schedule._contacts
    assert not schedule._carriers


@given(st.lists(IDENTIFIERS, min_size=1, max_size=30), st.integers(1, 10))
def test_a_party_holds_all_of_a_contact_that_lies_between_and_in_order(
    all_identifiers: list[tuple[str, ...]], most: int
) -> None:
    """Requests of many records, one after the other, deliver everything in input order."""
    schedule: Schedule[Parcel] = Schedule()
    ready = []
    for number, identifiers in enumerate(all_identifiers):
        parcel = Parcel(number, identifiers)
        if schedule.add(parcel, identifiers):
            ready.append(parcel)
    delivered: list[Parcel] = []
    while ready:
        party, members = schedule.party(), []
        companions: list[Parcel] = []
        while (companions or ready) and len(members) < most:
            parcel = companions.pop(0) if companions else ready.pop(0)
            members.append(parcel)
            companions += party.admit(parcel)
        for parcel in members:
            ready += schedule.settle(parcel)
        delivered += members
    assert len(delivered) == len(all_identifiers)
    for identifier in "abcdefgh":
        numbers = [each.number for each in delivered if identifier in each.identifiers]
        assert numbers == sorted(numbers)


def test_a_contact_known_by_two_names_ties_deliveries_that_share_none() -> None:
    """One record knows the contact by user_id, one only by e-mail, one by both."""
    schedule: Schedule[str] = Schedule()
    assert schedule.add("both", ("user_id:1", "email:a"))
    assert not schedule.add("by id", ("user_id:1",))
    assert not schedule.add("by e-mail", ("email:a",))
    assert schedule.settle("both") == ["by id"]
    assert schedule.settle("by id") == ["by e-mail"]


def test_whoever_waits_for_one_refused_alone_waits_for_those_that_it_went_with() -> None:
    """A request of three is refused for the last: the first two go again, and nobody overtakes."""
    schedule: Schedule[str] = Schedule()
    party = schedule.party()
    assert schedule.add("first", ("email:a",))
    assert not schedule.add("second", ("email:a",))
    assert not schedule.add("third", ("email:a",))
    assert party.admit("first") == ["second"]
    assert party.admit("second") == ["third"]
    assert party.admit("third") == []
    assert not schedule.add("came before", ("email:a",))
    assert schedule.settle("third") == []
    assert not schedule.add("came after", ("email:a",))
    assert schedule.settle("first") == []
    assert schedule.settle("second") == ["came before"]
    assert schedule.settle("came before") == ["came after"]
    assert schedule.settle("came after") == []
    assert not schedule._contacts
    assert not schedule._carriers


def test_a_busy_contact_delays_nobody_else() -> None:
    schedule: Schedule[str] = Schedule()
    assert schedule.add("busy 0", ("user_id:busy",))
    assert not any(schedule.add(f"busy {number}", ("user_id:busy",)) for number in range(1, 100))
    assert schedule.add("other", ("user_id:other",))


def test_what_nobody_is_known_by_waits_for_nobody() -> None:
    schedule: Schedule[str] = Schedule()
    assert schedule.add("first", ())
    assert schedule.add("second", ())


def test_settling_what_was_never_added_is_an_error() -> None:
    with pytest.raises(KeyError):
        Schedule[str]().settle("unknown")
