"""Streams to routes, and all that is wrong told before record one."""

from typing import Any

import pytest

from target_gleantap.config.config import Config
from target_gleantap.destinations import load
from target_gleantap.errors import ConfigError
from target_gleantap.model import MappingEntry
from target_gleantap.transform.routes import Routes

GLEANTAP = load("gleantap")
OK = {"user_id": "id", "first_name": "first", "last_name": "last"}
SCHEMA = {"properties": {"id": {}, "first": {}, "last": {}}}


def routes(*entries: MappingEntry, **settings: Any) -> Routes:
    vendor = {setting.name: setting.default for setting in GLEANTAP.settings}
    return Routes(Config(GLEANTAP, GLEANTAP.base_url, vendor=vendor, mappings=entries, **settings))


def entry(index: int, stream: str, resource: str = "contact", **more: Any) -> MappingEntry:
    return MappingEntry(index, stream, resource, **{"fields": OK, **more})


def names(made: Routes, stream: str) -> list[str]:
    return [route.name for route in made.for_stream(stream, SCHEMA)]


def test_every_entry_of_a_stream_is_used_in_order() -> None:
    made = routes(entry(0, "members"), entry(1, "others"), entry(2, "members", where="id"))
    assert made.faults == ()
    assert names(made, "members") == ["members:contact", "members:contact#2"]
    (route,) = made.for_stream("others", SCHEMA)
    assert (route.stream, route.name, route.resource.name) == (
        "others",
        "others:contact",
        "contact",
    )
    body = route.mapping.apply({"id": 1, "first": "Ann", "last": "Example"})
    assert route.checker.faults(body) == ()


def test_exact_names_win_over_globs() -> None:
    made = routes(entry(0, "public.*"), entry(1, "public.members"), entry(2, "*-x"))
    assert names(made, "public.members") == ["public.members:contact"]
    assert names(made, "public.check_ins") == ["public.*:contact"]
    assert names(made, "public.a-x") == ["public.*:contact", "*-x:contact"]
    with pytest.raises(ConfigError):
        made.for_stream("PUBLIC.members", SCHEMA)


@pytest.mark.parametrize("stream", ["public.members", "a-b", "a/b", "a[b]", "über"])
def test_streams_of_any_name(stream: str) -> None:
    assert names(routes(entry(0, stream)), stream) == [f"{stream}:contact"]


def test_the_faults_of_all_entries_come_at_once() -> None:
    made = routes(
        entry(0, "a", "contcat"),
        entry(1, "b", fields={**OK, "emial": "x"}),
        entry(2, "c", name="same"),
        entry(3, "d", name="same"),
        entry(4, "e", "contact_removal", fields={"id": "gleantap_id"}),
    )
    assert [str(fault) for fault in made.faults] == [
        (
            "mappings[2].name: 2 mappings are named same "
            "(the books and the rejects tell mappings apart by their names)"
        ),
        (
            "mappings[3].name: 2 mappings are named same "
            "(the books and the rejects tell mappings apart by their names)"
        ),
        "mappings[0].resource: there is no resource contcat (did you mean contact?)",
        "mappings[1].fields.emial: contact has no documented field emial (did you mean email?)",
    ]


def test_names_that_are_given_stay_and_are_not_taken_twice() -> None:
    made = routes(entry(0, "a", name="a:contact"), entry(1, "a"), entry(2, "a", where="id"))
    assert names(made, "a") == ["a:contact", "a:contact#2", "a:contact#3"]


def test_all_lint_faults_of_a_stream_are_in_one_error() -> None:
    made = routes(entry(0, "members"), entry(1, "members", where="zap"))
    with pytest.raises(ConfigError) as refused:
        made.for_stream("members", {"properties": {"id": {}, "frist": {}, "last": {}}})
    assert [fault.path for fault in refused.value.faults] == [
        "mappings[0].fields.first_name",
        "mappings[1].where",
        "mappings[1].fields.first_name",
    ]
    assert str(refused.value).startswith("The mapping of stream 'members' has 3 faults")


def test_an_unmapped_stream_stops_the_run_or_is_ignored() -> None:
    with pytest.raises(ConfigError) as refused:
        routes(entry(0, "members")).for_stream("membrs", SCHEMA)
    (fault,) = refused.value.faults
    assert str(fault) == (
        "mappings: stream 'membrs' has no mapping (did you mean members?; mapped are members; "
        "map it, deselect it in the tap, or set unmapped_streams: ignore)"
    )
    assert routes(unmapped_streams="ignore").for_stream("membrs", SCHEMA) == ()


def test_streams_named_like_a_resource_need_no_mapping() -> None:
    schema = {"properties": {"email": {}, "firstname": {}, "last_name": {}, "shoe_size": {}}}
    (route,) = routes().for_stream("contacts", schema)
    assert route.name == "contacts:contact"
    record = {
        "email": "ann@example.com",
        "firstname": "Ann",
        "last_name": "Example",
        "shoe_size": 7,
    }
    assert route.mapping.apply(record) == {
        "first_name": "Ann",
        "last_name": "Example",
        "email": "ann@example.com",
    }


def test_a_default_mapping_that_lacks_what_is_required_says_so() -> None:
    with pytest.raises(ConfigError) as refused:
        routes().for_stream("events", {"properties": {"id": {}, "user_id": {}}})
    assert [fault.path for fault in refused.value.faults] == ["event_type", "event_date"]
    assert "write a mapping" in str(refused.value)


def test_what_has_effects_of_its_own_is_never_done_by_default() -> None:
    for stream in ("sms_optin", "contact_merge", "contact_removal", "optin"):
        with pytest.raises(ConfigError):
            routes().for_stream(stream, {"properties": {"id": {}}})
