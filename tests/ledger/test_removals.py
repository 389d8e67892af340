"""What is gone at the source is removed, and every guard that stands before that."""

from __future__ import annotations

import json
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from gym import CONTACT, MEMBER, SCHEMAS, member, record, schema, state
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

MIRROR = [{**CONTACT, "on_delete": "remove", "mirror": True}]
REMOVE = [{**CONTACT, "on_delete": "remove"}]
DELETED = "2026-03-04T05:06:07Z"
SCHEMA = schema("members", {**MEMBER, "_sdc_deleted_at": "string"})


def members(numbers, version=None, **fields):
    messages = [member(number, **fields) for number in numbers]
    return [{**message, **({"version": version} if version else {})} for message in messages]


def deleted(number, **fields):
    """A record as log-based taps write it: the key, and when it was deleted."""
    return record("members", id=f"m{number}", _sdc_deleted_at=DELETED, **fields)


def activate(version, stream="members"):
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}


def ids(sandbox):
    return sorted(contact["fields"]["user_id"] for contact in sandbox.contacts)


@pytest.fixture
def run(run_target, ledger):
    """Run with the ledger on; what is deleted is removed."""

    def run(*messages, mappings=REMOVE, **settings):
        flat = [SCHEMA]
        for message in messages:
            flat += message if isinstance(message, list) else [message]
        return run_target(flat, **{**ledger, "mappings": mappings, **settings})

    return run


# --- records that the source deleted


def test_a_deleted_member_disappears(run, sandbox, sent):
    run(members(range(3)))
    sent()
    ended = run(deleted(1), member(2), state(bookmark=1))
    assert (ended.exit_code, ended.states) == (0, [{"bookmark": 1}])
    assert (ended.total("delivered"), ended.total("unchanged")) == (1, 1)
    assert sent() == {"contact_removal": 1}
    assert ids(sandbox) == ["m0", "m2"]


def test_it_is_removed_once_and_delivered_again_when_it_comes_back(run, sandbox, sent):
    run(members(range(3)))
    run(deleted(1))
    sent()
    assert run(deleted(1)).total("unchanged") == 1
    assert sent() == {}
    assert run(member(1)).total("delivered") == 1
    assert ids(sandbox) == ["m0", "m1", "m2"]
    assert run(deleted(1)).total("delivered") == 1
    assert ids(sandbox) == ["m0", "m2"]


def test_without_on_delete_it_is_a_record_like_any_other(run, sandbox):
    run(members(range(3)))
    run(member(1, _sdc_deleted_at=DELETED), mappings=[CONTACT])
    assert ids(sandbox) == ["m0", "m1", "m2"]


def test_one_that_the_ledger_does_not_know_is_looked_up(run, run_target, sandbox, sent):
    run_target([SCHEMA, *members(range(3))])
    sent()
    ended = run(deleted(1), deleted(9))
    assert (ended.exit_code, ended.total("delivered")) == (0, 2)
    assert sent() == {"customers": 2, "contact_removal": 1}
    assert ids(sandbox) == ["m0", "m2"]
    assert ended.summary["requests"]["counts"] == {"contacts that were gone already": 1}


def test_one_that_where_leaves_out_is_removed_only_if_it_was_delivered(run, sent):
    mappings = [{**REMOVE[0], "where": "first_name == 'Ada'"}]
    run(members(range(2)), mappings=mappings)
    sent()
    ended = run(deleted(1), deleted(9), mappings=mappings)
    assert (ended.total("delivered"), ended.total("filtered")) == (1, 1)
    assert sent() == {"contact_removal": 1}


def test_whoever_is_known_by_e_mail_is_told_apart_by_the_first_name(run, run_target, sandbox):
    fields = {name: name for name in ("first_name", "last_name", "email")}
    mappings = [{**REMOVE[0], "fields": fields}]
    plain = [{**CONTACT, "fields": fields}]
    home = {"email": "home@example.com"}
    run_target([SCHEMA, member(1, **home, first_name="Ada")], mappings=plain)
    other = run(deleted(1, **home, first_name="Bob"), mappings=mappings)
    assert (other.exit_code, other.total("rejected")) == (1, 1)
    assert "is another one" in json.dumps(other.rejects)
    run_target([SCHEMA, member(2, **home, first_name="Bob")], mappings=plain)
    both = run(deleted(1, **home, first_name="Bob"), mappings=mappings)
    assert "more than one" in json.dumps(both.rejects)
    assert len(sandbox.contacts) == 2
    unknown = run(deleted(1, first_name="Bob"), mappings=mappings)
    assert [message["reject"]["reason"] for message in unknown.rejects] == ["ledger"]


def test_one_that_comes_back_in_the_same_run_stays(run, sandbox, sent):
    run(members(range(3)))
    sent()
    ended = run(deleted(1), deleted(1), member(1, city="Springfield"))
    assert (ended.exit_code, ended.total("filtered"), ended.total("delivered")) == (0, 2, 1)
    assert sent() == {"contact": 1}
    gone = run(member(2, city="Springfield"), deleted(2))
    assert gone.total("delivered") == 2
    assert ids(sandbox) == ["m0", "m1"]


@pytest.mark.parametrize("rows", [1, 500])
@pytest.mark.parametrize("fields", [{"last_name": None}, {"city": "elsewhere"}])
def test_nor_is_one_removed_that_comes_back_and_is_left_out(run, sandbox, sent, fields, rows):
    mappings = [{**REMOVE[0], "where": "city != 'elsewhere'"}]
    run(members(range(3)), mappings=mappings)
    sent()
    quarantine = {"on_reject": "quarantine", "batch_size_rows": rows}
    ended = run(deleted(1), member(1, **fields), state(a=1), mappings=mappings, **quarantine)
    assert (ended.exit_code, ended.states, sent()) == (0, [{"a": 1}], {})
    assert ended.total("filtered") + ended.total("rejected") == 2
    assert ids(sandbox) == ["m0", "m1", "m2"]


def test_more_than_max_removals_and_none_is_removed(run, sandbox, sent):
    run(members(range(40)))
    sent()
    gone = [deleted(number) for number in range(11)]
    ended = run(gone, member(39, city="Springfield"), state(bookmark=1))
    assert (ended.exit_code, ended.states) == (7, [])
    assert "11 of 40" in ended.stderr
    assert "may remove 10" in ended.stderr
    assert (ended.total("delivered"), ended.total("not_attempted")) == (1, 11)
    assert sent() == {"contact": 1}
    assert run(gone, max_removals=0).exit_code == 7
    assert run(gone[:10]).exit_code == 0
    assert run(gone, max_removals=11, on_reject="quarantine").exit_code == 0
    assert len(sandbox.contacts) == 29


def test_a_removal_in_doubt_is_looked_up_the_next_time(run, sandbox, sent):
    run(members(range(3)))
    sandbox.faults = [{"fault": "reset_after", "path": "removeContact", "times": 1}]
    ended = run(deleted(1))
    assert [message["reject"]["reason"] for message in ended.rejects] == ["ambiguous"]
    assert ids(sandbox) == ["m0", "m2"]
    sent()
    assert run(deleted(1)).exit_code == 0
    assert sent() == {"customers": 1}


def test_one_whom_the_vendor_took_for_another_stays(run, sandbox, sent):
    """Two of ours, one of theirs: to remove the one would remove the other."""
    fields = {name: name for name in ("first_name", "last_name", "email", "city")}
    old, new = {**REMOVE[0], "fields": fields}, {**REMOVE[0]}
    both = {**new, "fields": {**CONTACT["fields"], "user_id": "city"}}
    run(member(1, city="c1"), mappings=[old])
    run(member(1, city="c1"), mappings=[both])
    assert len(sandbox.contacts) == 1
    sent()
    gone = run(deleted(1, first_name="Ada", email="member1@example.com"), mappings=[old])
    assert (gone.exit_code, gone.total("filtered")) == (0, 1)
    assert sent() == {}
    assert len(sandbox.contacts) == 1


def test_where_all_are_gone_whom_the_vendor_took_for_one_it_is_gone_there_too(run, sandbox, sent):
    known = [{**REMOVE[0], "fields": {**CONTACT["fields"], "user_id": "city"}}]
    run(member(1), mappings=known)
    run(member(1, city="c1"), mappings=known)
    assert len(sandbox.contacts) == 1
    sent()
    same = {"first_name": "Ada", "email": "member1@example.com"}
    gone = run(deleted(1, **same), deleted(1, city="c1", **same), mappings=known)
    assert (gone.exit_code, gone.total("filtered"), gone.total("delivered")) == (0, 1, 1)
    assert sent() == {"contact_removal": 1}
    assert sandbox.contacts == []


def test_nor_does_it_stay_where_two_mappings_have_them(run, sandbox):
    fields = {name: name for name in ("first_name", "last_name", "email", "city")}
    old = {**REMOVE[0], "fields": fields, "where": "city == 'c1'", "name": "old"}
    new = {**REMOVE[0], "fields": {**CONTACT["fields"], "user_id": "city"}, "name": "new"}
    run(member(1, city="c1"), mappings=[old])
    run(member(1, city="c1"), mappings=[new])
    assert len(sandbox.contacts) == 1
    same = {"first_name": "Ada", "email": "member1@example.com", "city": "c1"}
    run(deleted(1, **same), mappings=[old, new])
    assert sandbox.contacts == []


# --- full tables


@pytest.mark.parametrize("versions", [(1, 2), (None, None)])
def test_what_a_full_table_no_longer_holds_is_removed(run, sandbox, sent, versions):
    first, second = versions
    run(members(range(20), first), activate(1), mappings=MIRROR)
    sent()
    ended = run(members(range(18), second), activate(2), state(bookmark=2), mappings=MIRROR)
    assert (ended.exit_code, ended.states) == (0, [{"bookmark": 2}])
    assert ended.books["members:contact:mirror"]["delivered"] == 2
    assert ended.total("unchanged") == 18
    assert sent() == {"contact_removal": 2}
    assert ids(sandbox) == sorted(f"m{number}" for number in range(18))
    assert run(members(range(18), 3), activate(3), mappings=MIRROR).total("delivered") == 0


def test_without_mirror_nobody_is_removed(run, sandbox):
    run(members(range(20), 1), activate(1))
    run(members(range(18), 2), activate(2))
    assert len(sandbox.contacts) == 20


def test_a_tap_that_dies_half_way_removes_nobody(run, sandbox):
    run(members(range(20), 1), activate(1), mappings=MIRROR)
    assert run(members(range(9), 2), state(bookmark=1), mappings=MIRROR).exit_code == 0
    assert run([*members(range(9), 3), "{", activate(3)], mappings=MIRROR).exit_code == 4
    assert len(sandbox.contacts) == 20


def test_a_table_that_is_taken_up_again_is_one_table(run, sandbox):
    run(members(range(20), 1), activate(1), mappings=MIRROR)
    run(members(range(9), 2), mappings=MIRROR)
    run(members(range(9, 19), 2), activate(2), mappings=MIRROR)
    assert ids(sandbox) == sorted(f"m{number}" for number in range(19))


def test_a_version_that_is_activated_before_its_records_removes_nobody(run, sandbox):
    run(members(range(20), 1), activate(1), mappings=MIRROR)
    run(activate(2), members(range(20), 2), activate(2), mappings=MIRROR)
    assert len(sandbox.contacts) == 20


def test_thirty_percent_that_vanished_remove_nobody_and_fail_with_the_count(run, sandbox, sent):
    run(members(range(200), 1), activate(1), mappings=MIRROR)
    sent()
    rest = members(range(140), 2)
    ended = run(rest, member(7, city="Springfield"), activate(2), state(a=1), mappings=MIRROR)
    assert (ended.exit_code, ended.states) == (7, [])
    assert "60 of 200" in ended.stderr
    assert sent() == {"contact": 1}
    assert len(sandbox.contacts) == 200
    assert run(members(range(140), 3), activate(3), mappings=MIRROR, max_removals=60).exit_code == 0
    assert len(sandbox.contacts) == 140


def test_the_default_share_is_five_percent_or_ten(run, sandbox):
    run(members(range(300), 1), activate(1), mappings=MIRROR)
    assert run(members(range(284), 2), activate(2), mappings=MIRROR).exit_code == 7
    assert run(members(range(285), 3), activate(3), mappings=MIRROR).exit_code == 0
    assert len(sandbox.contacts) == 285


def test_one_that_is_rejected_or_left_out_is_not_gone(run, sandbox):
    mappings = [{**MIRROR[0], "where": "city != 'nowhere'"}]
    run(members(range(5), 1), activate(1), mappings=mappings)
    left = members([1], 2, city="nowhere")
    wrong = members([2], 2, email="no address")
    ended = run(members([0], 2), left, wrong, activate(2), mappings=mappings)
    assert (ended.total("filtered"), ended.total("rejected")) == (1, 1)
    assert ids(sandbox) == ["m0", "m1", "m2"]


def test_one_that_is_rejected_and_does_not_say_who_it_is_keeps_all(run, sandbox):
    run(members(range(5), 1), activate(1), mappings=MIRROR)
    run(members([0], 2), members([1], 2, id={"a": 1}), activate(2), mappings=MIRROR)
    assert len(sandbox.contacts) == 5


def test_a_vanished_one_that_the_vendor_refuses_is_a_reject_and_looked_up_next(run, sandbox, sent):
    run(members(range(3), 1), activate(1), mappings=MIRROR)
    gone = next(each for each in sandbox.contacts if each["fields"]["user_id"] == "m2")
    body = json.dumps({"app_id": sandbox.credentials["app_id"], "id": gone["_id"]}).encode()
    keys = {"X-API-KEY": "sandbox-key", "X-SECRET-KEY": "sandbox-secret"}
    headers = {**keys, "Content-Type": "application/json"}
    url = f"{sandbox.url}/v2/ExternalApi/removeContact"
    with urlopen(Request(url, body, headers), timeout=5):  # noqa: S310 - the sandbox
        pass
    ended = run(members(range(2), 2), activate(2), mappings=MIRROR)
    assert (ended.exit_code, ended.books["members:contact:mirror"]["rejected"]) == (1, 1)
    (reject,) = ended.rejects
    assert (reject["stream"], reject["record"]) == ("contact_removal", {"id": gone["_id"]})
    sent()
    assert run(members(range(2), 3), activate(3), mappings=MIRROR).exit_code == 0
    assert sent() == {"customers": 1}


# --- a run that ends in the middle of it


def test_what_was_not_removed_yet_stands_in_the_books(run, sandbox):
    many = range(600)
    run(members(many))
    sandbox.faults = [{"fault": "status", "status": 401, "path": "contact_removal"}]
    ended = run([deleted(number) for number in many], state(bookmark=1), max_removals=600)
    assert (ended.exit_code, ended.states, ended.total("not_attempted")) == (3, [], 600)


def test_nor_is_a_vanished_one_lost_where_the_ledger_fails(run):
    run(members(range(5), 1), activate(1), mappings=MIRROR)

    @contextmanager
    def no_counting():
        """The database breaks off when it is asked what several rows share."""

        def fail(_connection, _cursor, statement, *_):
            if "HAVING" in statement:
                raise DBAPIError(statement, None, ConnectionResetError())

        event.listen(Engine, "before_cursor_execute", fail)
        yield
        event.remove(Engine, "before_cursor_execute", fail)

    with no_counting():
        ended = run(members(range(2), 2), activate(2), mappings=MIRROR)
    assert (ended.exit_code, ended.total("not_attempted")) == (5, 3)


# --- settings


def test_what_on_delete_needs_is_said_at_once(run_target):
    wrong = [
        {**CONTACT, "on_delete": "remove"},
        {**CONTACT, "mirror": True},
        {**CONTACT, "on_delete": "keep", "mirror": "yes"},
        {"stream": "x", "resource": "event", "on_delete": "remove"},
    ]
    run = run_target(SCHEMAS, mappings=wrong)
    assert run.exit_code == 2
    for said in (
        "mappings[0].on_delete: needs the ledger",
        "mappings[1].mirror: removes nothing by itself",
        "mappings[2].on_delete: expected one of: remove",
        "mappings[2].mirror: expected true or false",
        "mappings[3].on_delete: a event cannot be removed",
    ):
        assert said in run.stderr
