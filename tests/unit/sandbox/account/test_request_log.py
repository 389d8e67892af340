"""The log: order, bounds, and requests in progress side by side."""

from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.contract import Identifier, IdentifierKind
from target_gleantap.sandbox.account.request_log import LoggedRequest, RequestLog
from target_gleantap.sandbox.account.validate import identify


def begin(request_log, *identifiers, gone=False):
    entry = LoggedRequest(0, 1.0, "contact", "/newContact", 1, identifiers)
    request_log.begin_request(entry, lambda: gone)
    return entry


def test_two_requests_in_progress_with_a_shared_identifier_overlap():
    request_log = RequestLog(10)
    first = begin(request_log, "user_id:1", "email:ada@example.com")
    second = begin(request_log, "email:ada@example.com")
    third = begin(request_log, "user_id:2")
    assert (first.overlaps, second.overlaps, third.overlaps) == ((2,), (1,), ())
    assert request_log.overlaps == 1


def test_one_after_the_other_is_no_overlap():
    request_log = RequestLog(10)
    request_log.end_request(begin(request_log, "user_id:1"), 2.0)
    assert begin(request_log, "user_id:1").overlaps == ()


def test_a_request_whose_client_has_gone_is_not_in_progress():
    request_log = RequestLog(10)
    begin(request_log, "user_id:1", gone=True)
    assert begin(request_log, "user_id:1").overlaps == ()


def test_the_log_is_bounded_and_the_counts_go_on():
    request_log = RequestLog(3)
    for _ in range(5):
        request_log.end_request(begin(request_log), 2.0)
    assert [entry.sequence for entry in request_log.since(0)] == [3, 4, 5]
    assert [entry.sequence for entry in request_log.since(4)] == [5]
    assert (request_log.received, request_log.statuses["none"]) == (5, 5)


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
    request_log, alive, expected = RequestLog(100), [], 0
    for opens, identifier in steps:
        if opens or not alive:
            expected += sum(one.identifiers == (identifier,) for one in alive)
            alive.append(begin(request_log, identifier))
        else:
            request_log.end_request(alive.pop(), 2.0)
    assert (request_log.overlaps, request_log.in_progress) == (expected, len(alive))
