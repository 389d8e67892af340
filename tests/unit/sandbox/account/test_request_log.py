"""The log: order, bounds, and requests in progress side by side."""

from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.contract import Identifier, IdentifierKind
from target_gleantap.sandbox.account.request_log import Entry, Journal
from target_gleantap.sandbox.account.validate import identify


def begin(journal, *identifiers, gone=False):
    entry = Entry(0, 1.0, "contact", "/newContact", 1, identifiers)
    journal.begin(entry, lambda: gone)
    return entry


def test_two_requests_in_progress_with_a_shared_identifier_overlap():
    journal = Journal(10)
    first = begin(journal, "user_id:1", "email:ada@example.com")
    second = begin(journal, "email:ada@example.com")
    third = begin(journal, "user_id:2")
    assert (first.overlaps, second.overlaps, third.overlaps) == ((2,), (1,), ())
    assert journal.overlaps == 1


def test_one_after_the_other_is_no_overlap():
    journal = Journal(10)
    journal.end(begin(journal, "user_id:1"), 2.0)
    assert begin(journal, "user_id:1").overlaps == ()


def test_a_request_whose_client_has_gone_is_not_in_progress():
    journal = Journal(10)
    begin(journal, "user_id:1", gone=True)
    assert begin(journal, "user_id:1").overlaps == ()


def test_the_log_is_bounded_and_the_counts_go_on():
    journal = Journal(3)
    for _ in range(5):
        journal.end(begin(journal), 2.0)
    assert [entry.sequence for entry in journal.since(0)] == [3, 4, 5]
    assert [entry.sequence for entry in journal.since(4)] == [5]
    assert (journal.received, journal.statuses["none"]) == (5, 5)


def test_identifiers_are_compared_as_their_kind_says():
    wanted = (
        Identifier("user_id", "user_id"),
        Identifier("email", "email", IdentifierKind.EMAIL),
        Identifier("phone", "phone", IdentifierKind.PHONE),
    )
    body = {"user_id": 7, "email": " Ada@Example.com", "phone": "+1 (555) 010-0123"}
    assert identify(wanted, body) == ("user_id:7", "email:ada@example.com", "phone:5550100123")
    assert identify(wanted, None) == ()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=40))
def test_overlaps_are_those_that_a_plain_count_finds(steps):
    journal, alive, expected = Journal(100), [], 0
    for opens, identifier in steps:
        if opens or not alive:
            expected += sum(one.identifiers == (identifier,) for one in alive)
            alive.append(begin(journal, identifier))
        else:
            journal.end(alive.pop(), 2.0)
    assert (journal.overlaps, journal.in_progress) == (expected, len(alive))
