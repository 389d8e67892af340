"""Klaviyo's contract: revisions, limits, requests of many, and what an answer means."""

import json
from datetime import date, datetime, timezone
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.contract import Quota, Verdict
from target_gleantap.destinations import load
from target_gleantap.destinations.klaviyo import bodies
from target_gleantap.destinations.klaviyo.revisions import KNOWN, NEWEST, Revision
from target_gleantap.exact_json.codec import encode
from target_gleantap.model import Answer
from target_gleantap.validation.checker import Checker

KLAVIYO = load("klaviyo")
DEFAULTS = {setting.name: setting.default for setting in KLAVIYO.settings} | {"api_key": "pk_1"}
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
ANN = {"email": "ann@example.com"}
GROUPS = "/data/attributes/events-bulk-create/data"


def at(**settings):
    return KLAVIYO.configure(KLAVIYO, {**DEFAULTS, **settings}).resources


def inspected(**settings):
    return KLAVIYO.inspect({**DEFAULTS, **settings}, TODAY)


def event(unique_id="e-1", metric="Checked in", **profile):
    body = {"profile": profile or ANN, "metric": metric, "unique_id": unique_id}
    return KLAVIYO.resources["event"].envelope(body, DEFAULTS)


def profile(**fields):
    return KLAVIYO.resources["profile"].envelope(fields, DEFAULTS)


def answer(status, said=b""):
    return Answer(status, {}, said if isinstance(said, bytes) else json.dumps(said).encode())


def errors(*pointers, detail="canary", code="invalid"):
    own = {"id": "1", "status": 400, "code": code, "title": "canary", "detail": detail}
    return {"errors": [{**own, "source": {"pointer": pointer}} for pointer in pointers]}


def refusal(resource, said, wire, status=400):
    return resource.refusal(answer(status, said), wire)


# --- settings


def test_the_default_is_the_newest_revision_without_a_word():
    assert DEFAULTS["revision"] == NEWEST == KNOWN[-1]
    assert (inspected().faults, inspected().warnings) == ((), ())
    assert list(KNOWN) == sorted(KNOWN)


def test_the_resources_are_those_of_the_defaults():
    for name, resource in at().items():
        declared = KLAVIYO.resources[name]
        assert (declared.path, declared.schema) == (resource.path, resource.schema)


@pytest.mark.parametrize("revision", ["2026-07-14", "2026-07-15.pre", "latest", "2023-1-24"])
def test_an_unknown_revision_is_a_fault_that_lists_the_known(revision):
    (fault,) = inspected(revision=revision).faults
    assert fault.path == "revision"
    assert all(known in fault.hint for known in KNOWN)
    assert revision not in fault.message


def test_a_revision_newer_than_known_is_a_warning_and_goes_in_the_newest_known_form():
    inspection = inspected(revision="2027-01-15")
    assert inspection.faults == ()
    assert "newer than this target knows" in inspection.warnings[0]
    assert at(revision="2027-01-15")["event"].path == at(revision=NEWEST)["event"].path


def test_a_close_revision_is_meant():
    assert "did you mean 2023-01-24?" in inspected(revision="2023-01-25").faults[0].hint


@pytest.mark.parametrize(
    ("revision", "retired"),
    [
        ("2023-01-24", "2025-01-24"),
        ("2024-10-15", "2026-10-15"),
        ("2025-01-15", None),
    ],
)
def test_a_retired_revision_is_warned_of_with_its_date(revision, retired):
    inspection = inspected(revision=revision)
    assert inspection.faults == ()
    assert [retired in warning for warning in inspection.warnings] == [True] * bool(retired)


def test_a_revision_is_retired_on_the_day_itself():
    vendor = {**DEFAULTS, "revision": "2025-01-15"}
    assert KLAVIYO.inspect(vendor, date(2027, 1, 14)).warnings == ()
    assert len(KLAVIYO.inspect(vendor, date(2027, 1, 15)).warnings) == 1


@pytest.mark.parametrize(
    ("setting", "too_old", "first"),
    [
        ("event_mode", "2024-02-15", "2024-05-15"),
        ("profile_mode", "2023-10-15", "2023-12-15"),
    ],
)
def test_bulk_before_its_revision_is_a_fault(setting, too_old, first):
    (fault,) = inspected(revision=too_old, **{setting: "bulk"}).faults
    assert (fault.path, first in fault.message) == (setting, True)
    assert inspected(revision=first, **{setting: "bulk"}).faults == ()


@pytest.mark.parametrize("revision", KNOWN)
def test_every_revision_has_its_own_form(revision):
    settings = {"revision": revision}
    resources = at(**settings)
    slash = "/" if revision < "2024-10-15" else ""
    media_type = "application/json" if slash else "application/vnd.api+json"
    assert resources["event"].path == f"/api/events{slash}"
    assert ("profile" in resources) == (revision >= "2024-02-15")
    assert ("profile" in at(profile_mode="bulk", **settings)) == (revision >= "2023-12-15")
    headers = KLAVIYO.sign({**DEFAULTS, **settings})
    assert headers == {
        "Authorization": "Klaviyo-API-Key pk_1",
        "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",
        "revision": revision,
        "Accept": media_type,
        "Content-Type": media_type,
    }
    for resource in resources.values():
        Checker(resource.schema, formats=True)


def test_a_revision_takes_only_the_fields_that_it_has():
    def fields(revision):
        properties = at(revision=revision)["event"].schema["properties"]
        return properties.keys() | {
            f"profile.{name}" for name in properties["profile"]["properties"]
        }

    assert "profile.id" not in fields("2023-06-15")
    assert "profile.external_id" in fields("2023-06-15")
    assert {"profile.id", "profile.anonymous_id"} <= fields("2023-07-15")
    assert "profile._kx" in fields("2023-09-15")
    assert "value_currency" not in fields("2023-12-15")
    assert "profile.locale" in fields("2024-07-15")
    assert "backfill" not in fields("2026-01-15")
    assert "backfill" in fields("2026-04-15")
    old, new = (at(revision=one)["profile"].schema for one in ("2025-07-15", "2025-10-15"))
    assert old["properties"].keys() - new["properties"].keys() == {"anonymous_id"}


def test_external_id_identifies_since_profiles_are_nested():
    for revision, identified in (("2023-06-15", False), ("2023-07-15", True)):
        checker = Checker(at(revision=revision)["event"].schema, formats=True)
        faults = checker.faults({"metric": "m", "profile": {"external_id": "7"}})
        assert (faults == ()) == identified


@pytest.mark.parametrize(("revision", "most"), [("2025-01-15", 300), ("2025-04-15", 400)])
def test_an_event_bears_so_many_properties(revision, most):
    checker = Checker(at(revision=revision)["event"].schema, formats=True)
    body = {"metric": "m", "profile": ANN, "properties": {f"p{n}": n for n in range(most)}}
    assert checker.faults(body) == ()
    body["properties"]["one more"] = 1
    assert [str(fault) for fault in checker.faults(body)] == [
        f"properties: has more than {most} fields"
    ]


def test_each_endpoint_has_its_own_documented_quotas():
    single, many = at(), at(event_mode="bulk", profile_mode="bulk")
    assert single["event"].quotas == (Quota(350, 1), Quota(3500, 60))
    assert single["profile"].quotas == (Quota(75, 1), Quota(750, 60))
    for resource in many.values():
        assert resource.quotas == (Quota(10, 1), Quota(150, 60))
    assert (many["event"].bulk.most, many["profile"].bulk.most) == (1_000, 10_000)
    assert single["event"].derived_id == many["event"].derived_id == "unique_id"


# --- limits


def refused(body, resource="event", **settings):
    return [str(fault) for fault in at(**settings)[resource].checks(body, NOW)]


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"properties": {"t": "x" * 100_000}}, []),
        ({"properties": {"t": "x" * 100_001}}, ["properties.t: is text of more than 100 KB"]),
        ({"properties": {"t": "é" * 50_001}}, ["properties.t: is text of more than 100 KB"]),
        (
            {"profile": {"properties": {"t": ["x" * 100_001]}}},
            ["profile.properties.t[0]: is text of more than 100 KB"],
        ),
        ({"properties": {"l": [0] * 4_000}}, []),
        ({"properties": {"l": [0] * 4_001}}, ["properties.l: has more than 4000 items"]),
        ({"properties": nested(10)}, []),
        (
            {"properties": nested(11)},
            [f"properties{'.in' * 10}: is nested more than 10 levels deep"],
        ),
        (
            {"properties": nested(900)},
            [f"properties{'.in' * 10}: is nested more than 10 levels deep"],
        ),
        ({"time": "1990-01-01T00:00:00+00:00"}, []),
        ({"time": "1989-12-31T23:59:59+00:00"}, ["time: is before the year 1990"]),
        ({"time": "2027-11-21T00:00:00+00:00"}, []),
        ({"time": "2027-11-21T00:00:01+00:00"}, ["time: is more than a year ahead"]),
        ({"time": None}, []),
        ({"properties": {str(n): "x" * 99_000 for n in range(50)}}, []),
        ({"properties": {str(n): "x" * 99_000 for n in range(51)}}, ["is larger than 5 MB"]),
    ],
)
def test_documented_limits_each_with_a_reason_of_its_own(body, faults):
    assert refused({"profile": ANN, "metric": "m", **body}) == faults


def test_all_limits_are_told_at_once():
    body = {
        "time": "1980-01-01T00:00:00+00:00",
        "properties": {"a": "x" * 200_000, "b": [0] * 5_000},
    }
    assert len(refused({"profile": ANN, "metric": "m", **body})) == 3


def test_a_profile_of_100_kb_is_the_largest():
    assert refused({**ANN, "properties": {"t": "x" * 99_000}}, "profile") == []
    assert refused({**ANN, "properties": {"t": "x" * 100_000}}, "profile") == [
        "is larger than 100 KB"
    ]


# --- one by one


def test_an_event_is_delivered_by_202_and_by_nothing_else():
    read = at()["event"].read
    assert read(answer(202), [event()]).verdict is Verdict.DELIVERED
    for other in (answer(200, errors("/data")), answer(200, b"<html>"), answer(204)):
        assert read(other, [event()]).verdict is Verdict.AMBIGUOUS


@pytest.mark.parametrize(("status", "done"), [(201, "created"), (200, "updated")])
def test_a_profile_is_counted_as_created_or_updated(status, done):
    reading = at()["profile"].read(answer(status, {"data": {"id": "k-1"}}), [profile(**ANN)])
    assert (reading.verdict, reading.counts) == (Verdict.DELIVERED, {f"profiles {done}": 1})
    assert reading.kept == {"klaviyo_id": "k-1"}


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", {"data": None}, {"data": {}}])
def test_a_success_that_names_no_profile_is_in_doubt(said):
    reading = at()["profile"].read(answer(200, said), [profile(**ANN)])
    assert reading.verdict is Verdict.AMBIGUOUS


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/data/attributes/profile/data/attributes/phone_number", "profile.phone_number"),
        ("/data/attributes/profile/data/attributes/location/zip", "profile.location.zip"),
        ("/data/attributes/profile/data/attributes/properties/plan", "profile.properties.plan"),
        ("/data/attributes/profile/data/attributes/properties/canary", "profile.properties"),
        ("/data/attributes/profile/data/id", "profile.id"),
        ("/data/attributes/profile/data", "profile"),
        ("/data/attributes/profile/canary", "profile"),
        ("/data/attributes/phone_number", "profile.phone_number"),
        ("/data/attributes/metric/data/attributes/name", "metric"),
        ("/data/attributes/properties/club~1name", "properties.club/name"),
        ("/data/attributes/properties/data", "properties.data"),
        ("/data/attributes/properties/canary", "properties"),
        ("/data/attributes/time", "time"),
        ("/data", ""),
        ("", ""),
    ],
)
def test_a_pointer_leads_to_the_mappings_field(pointer, field):
    body = {
        "profile": {**ANN, "properties": {"plan": "gold"}},
        "metric": "m",
        "properties": {"club/name": 1, "data": 2},
    }
    resource = at()["event"]
    wire = resource.envelope(body, DEFAULTS)
    (fault,) = refusal(resource, errors(pointer), [wire]).faults
    assert (fault.path, "canary" in str(fault)) == (field, False)


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/data/attributes/profile/$email", "profile.email"),
        ("/data/attributes/profile/$city", "profile.location.city"),
        ("/data/attributes/metric/name", "metric"),
        ("/data/attributes/value", "value"),
    ],
)
def test_a_flat_pointer_leads_there_too(pointer, field):
    resource = at(revision="2023-01-24")["event"]
    wire = resource.envelope({"profile": ANN, "metric": "m"}, DEFAULTS)
    assert refusal(resource, errors(pointer), [wire]).faults[0].path == field


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/data/attributes/phone_number", "phone_number"),
        ("/data/attributes/location/latitude", "location.latitude"),
        ("/data/attributes/properties", "properties"),
        ("/data/id", "id"),
    ],
)
def test_a_pointer_into_a_profile(pointer, field):
    reading = refusal(at()["profile"], errors(pointer), [profile(**ANN)])
    assert (reading.verdict, reading.faults[0].path) == (Verdict.REJECTED, field)


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("Invalid email address", "is no e-mail address that Klaviyo takes"),
        (
            "Invalid phone number format (Example of a valid format: +12345678901)",
            "is no phone number that Klaviyo takes",
        ),
        (
            "Phone number is valid but is not in a supported region for this account.",
            "is a phone number of a region that the account does not serve",
        ),
        ("'canary@example.com' is wrong", "is invalid to Klaviyo"),
    ],
)
def test_only_our_own_words_are_said(detail, words):
    said = errors("/data/attributes/email", detail=detail)
    (fault,) = refusal(at()["profile"], said, [profile(**ANN)]).faults
    assert str(fault) == f"email: {words} (Klaviyo's own words stand in the reject)"


def test_a_conflict_is_a_reject_that_says_so():
    said = errors("/data/attributes", code="duplicate_profile")
    reading = refusal(at()["profile"], said, [profile(**ANN)], status=409)
    assert [str(fault).partition(" (")[0] for fault in reading.faults] == [
        "belongs to another profile"
    ]


@pytest.mark.parametrize("said", [b"", b"<html>", {"errors": []}, {"errors": "no"}, [1]])
def test_a_refusal_without_errors_goes_by_its_status(said):
    assert refusal(at()["event"], said, [event()]) is None


def test_what_is_wrong_with_the_request_itself_stops_the_run():
    said = {"errors": [{"code": "invalid", "source": {"parameter": "revision"}}]}
    reading = refusal(at()["event"], said, [event()])
    assert reading.verdict is Verdict.STOP
    assert "revision" in reading.message


# --- many in one request

MANY = at(event_mode="bulk", profile_mode="bulk")
EVENTS, PROFILES = MANY["event"], MANY["profile"]


def test_events_are_grouped_by_profile():
    wire = [event("1"), event("2", email="bob@example.com"), event("3")]
    data = EVENTS.bulk.wrap(wire, DEFAULTS)["data"]
    assert data["type"] == "event-bulk-create-job"
    groups = data["attributes"]["events-bulk-create"]["data"]
    assert [group["type"] for group in groups] == ["event-bulk-create"] * 2
    assert groups[0]["attributes"] == {
        "profile": {"data": {"type": "profile", "attributes": ANN}},
        "events": {
            "data": [
                {
                    "type": "event",
                    "attributes": {
                        "metric": {
                            "data": {"type": "metric", "attributes": {"name": "Checked in"}}
                        },
                        "properties": {},
                        "unique_id": unique_id,
                    },
                }
                for unique_id in ("1", "3")
            ]
        },
    }
    assert "profile" in wire[0]["data"]["attributes"]


def test_changes_of_one_contact_stay_in_order():
    first, second = {**ANN, "title": "Coach"}, {"email": "ANN@example.com", "title": "Owner"}
    wire = [event("1", **first), event("2", **second), event("3", **first)]
    assert [group.places for group in bodies.groups(wire)] == [[0], [1], [2]]


PEOPLE = st.fixed_dictionaries(
    {"email": st.sampled_from(["a@example.com", "A@example.com", "b@example.com"])},
    optional={"phone_number": st.sampled_from(["+1", "+2"]), "title": st.sampled_from(["x", "y"])},
)


@given(st.lists(PEOPLE, max_size=12))
def test_groups_hold_every_event_once_and_in_the_order_of_its_contact(people):
    wire = [event(str(place), **person) for place, person in enumerate(people)]
    made = bodies.groups(wire)
    sent = [place for group in made for place in group.places]
    assert sorted(sent) == list(range(len(people)))
    for group in made:
        assert group.places == sorted(group.places)
    known_by = [
        set(bodies.identifiers(one["data"]["attributes"]["profile"]["data"])) for one in wire
    ]
    for earlier, later in combinations(range(len(people)), 2):
        if known_by[earlier] & known_by[later]:
            assert sent.index(earlier) < sent.index(later)


@given(st.lists(PEOPLE, min_size=1, max_size=12))
def test_a_pointer_into_a_request_finds_the_event_again(people):
    wire = [event(str(place), **person) for place, person in enumerate(people)]
    groups = EVENTS.bulk.wrap(wire, DEFAULTS)["data"]["attributes"]["events-bulk-create"]["data"]
    for number, group in enumerate(groups):
        for place, one in enumerate(group["attributes"]["events"]["data"]):
            pointer = f"{GROUPS}/{number}/attributes/events/data/{place}/attributes/value"
            members = refusal(EVENTS, errors(pointer), wire).members
            assert list(members) == [int(one["attributes"]["unique_id"])]


def test_a_pointer_to_a_profile_names_all_its_events():
    wire = [event("1"), event("2", email="bob@example.com"), event("3")]
    said = errors(
        f"{GROUPS}/0/attributes/profile/data/attributes/email", detail="Invalid email address"
    )
    reading = refusal(EVENTS, said, wire)
    assert (reading.verdict, set(reading.members)) == (Verdict.REJECTED, {0, 2})
    assert {fault.path for faults in reading.members.values() for fault in faults} == {
        "profile.email"
    }


@pytest.mark.parametrize(
    "pointer",
    [
        *("", "/data", GROUPS, f"{GROUPS}/9", f"{GROUPS}/x"),
        *(f"{GROUPS}/0/attributes/events/data/9", f"{GROUPS}/0", f"{GROUPS}/0/attributes"),
        *(f"{GROUPS}/0/attributes/events", f"{GROUPS}/0/attributes/events/data"),
    ],
)
def test_a_pointer_that_names_no_record_leaves_it_to_halves(pointer):
    reading = refusal(EVENTS, errors(pointer), [event("1"), event("2")])
    assert (reading.verdict, reading.members) == (Verdict.REJECTED, {})
    assert reading.faults


def test_several_errors_are_told_each_where_it_belongs():
    above = f"{GROUPS}/0/attributes/events/data"
    said = errors(
        f"{above}/1/attributes/time", f"{above}/1/attributes/value", "/data", f"{above}/0"
    )
    reading = refusal(EVENTS, said, [event("1"), event("2"), event("3")])
    paths = {place: [fault.path for fault in faults] for place, faults in reading.members.items()}
    assert paths == {1: ["time", "value"], 0: [""]}


def test_one_record_in_a_bulk_request_has_its_faults_for_itself():
    pointer = f"{GROUPS}/0/attributes/events/data/0/attributes/time"
    assert refusal(EVENTS, errors(pointer), [event()]).faults[0].path == "time"


def together(*wire):
    """Whether these may stand in one request."""
    distinct = [set(EVENTS.bulk.distinct(one)) for one in wire]
    return all(one.isdisjoint(other) for one, other in combinations(distinct, 2))


def test_what_may_not_come_twice_is_a_unique_id_of_a_profile_and_metric():
    assert not together(event("1"), event("1", email="Ann@example.com", title="x"))
    others = [event("2"), event("1", "Bought"), event("1", email="bob@example.com")]
    assert together(event("1"), *others)


def test_a_profile_is_the_same_whatever_it_is_known_by():
    """One event knows the e-mail address, too, and the other only the external id."""
    both, one = {**ANN, "external_id": "7"}, {"external_id": "7"}
    assert not together(event("1", **both), event("1", **one))
    assert together(event("1", **ANN), event("1", **one))


@pytest.mark.parametrize("resource", [EVENTS, PROFILES])
def test_a_full_request_keeps_below_5_mb(resource):
    """The overhead declared for a record is no less than what a record adds."""
    make = event if resource is EVENTS else profile
    wire = [make(email=f"{place}@example.com") for place in range(500)]
    alone = sum(len(encode(one)) + resource.bulk.overhead for one in wire)
    whole = len(encode(resource.bulk.wrap(wire, DEFAULTS)))
    assert whole - alone <= 5_000_000 - resource.bulk.most_bytes


# --- import jobs

JOB = "/api/profile-bulk-import-jobs/job%2F1"
BOTH = [profile(**ANN), profile(email="bob@example.com")]


def started(revision=NEWEST):
    resource = at(revision=revision, profile_mode="bulk")["profile"]
    said = {"data": {"type": "profile-bulk-import-job", "id": "job/1"}}
    return resource.read(answer(202, said), BOTH)


def look(reading, **attributes):
    return reading.step.read(answer(200, {"data": {"attributes": attributes}}), BOTH)


def import_error(pointer="/data", **payload):
    attributes = {"code": "invalid", "title": "t", "detail": "Invalid email address"}
    attributes |= {"source": {"pointer": pointer}, "original_payload": payload or None}
    return {"type": "import-error", "id": "1", "attributes": attributes}


def test_a_job_is_looked_after_ever_more_seldom():
    reading = started()
    waits = []
    for _ in range(7):
        assert (reading.verdict, reading.step.method, reading.step.path) == (
            Verdict.CONTINUE,
            "GET",
            JOB,
        )
        waits.append(reading.step.after_seconds)
        reading = look(reading, status="processing")
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    reading = look(reading, status="complete", failed_count=None)
    assert (reading.verdict, reading.counts) == (Verdict.DELIVERED, {"profiles imported": 2})


def test_its_address_has_the_form_of_the_revision():
    assert started("2024-07-15").step.path == f"{JOB}/"


@pytest.mark.parametrize("said", [b"", b"<html>", {"data": {}}, {"data": {"id": 7}}])
def test_a_job_without_an_id_is_in_doubt(said):
    assert PROFILES.read(answer(202, said), BOTH).verdict is Verdict.AMBIGUOUS


def test_a_job_that_says_nothing_is_in_doubt_and_a_cancelled_one_stops_the_run():
    assert look(started()).verdict is Verdict.AMBIGUOUS
    assert look(started(), status="cancelled").verdict is Verdict.STOP


@pytest.mark.parametrize(
    "attributes",
    [[1], "complete", {"status": "complete", "failed_count": "many"}, {"status": ["complete"]}],
)
def test_a_job_that_speaks_in_another_form_is_in_doubt(attributes):
    reading = started().step.read(answer(200, {"data": {"attributes": attributes}}), BOTH)
    assert reading.verdict is Verdict.AMBIGUOUS


def failed(count, *pages):
    reading = look(started(), status="complete", failed_count=count)
    assert reading.step.path == f"{JOB}/import-errors?page%5Bsize%5D=100"
    for number, page in enumerate(pages):
        links = {"self": "https://a.klaviyo.com/api/x"}
        if number + 1 < len(pages):
            links["next"] = f"https://elsewhere.example.com/api/next?page={number}"
        reading = reading.step.read(answer(200, {"data": page, "links": links}), BOTH)
        if number + 1 < len(pages):
            assert reading.step.path == f"/api/next?page={number}"
    return reading


@pytest.mark.parametrize(
    "error",
    [
        import_error("/data/attributes/profiles/data/1/attributes/email"),
        import_error("/data", email="Bob@example.com"),
        import_error("/data", attributes={"email": "bob@example.com"}),
        import_error("/data", data={"attributes": {"email": "bob@example.com"}}),
        import_error("/data/attributes/profiles/data/0", email="bob@example.com"),
    ],
)
def test_an_import_error_finds_its_profile(error):
    reading = failed(1, [error])
    assert (reading.verdict, list(reading.members)) == (Verdict.DELIVERED, [1])
    assert reading.counts == {"profiles imported": 1}


def test_import_errors_are_read_page_by_page():
    reading = failed(2, [import_error("/data", **ANN)], [import_error(email="bob@example.com")])
    assert (reading.verdict, set(reading.members)) == (Verdict.DELIVERED, {0, 1})


@pytest.mark.parametrize("page", [[], [import_error()], [import_error(email="x@example.com")]])
def test_failures_that_are_not_named_are_sent_again(page):
    reading = failed(1, page)
    assert (reading.verdict, reading.members) == (Verdict.REJECTED, {})
    assert reading.faults


def test_pages_that_go_round_end_and_what_they_do_not_name_is_sent_again():
    reading = look(started(), status="complete", failed_count=2)
    for turn in range(3):
        links = {"next": f"https://a.klaviyo.com/api/next?page={turn % 2}"}
        reading = reading.step.read(
            answer(200, {"data": [import_error(**ANN)], "links": links}), BOTH
        )
    assert (reading.verdict, list(reading.members)) == (Verdict.REJECTED, [0])


def test_ten_thousand_import_errors_that_repeat_their_payload_are_found_in_one_pass():
    """Each costs a look into an index: with a search through all profiles this takes minutes."""
    wire = [profile(email=f"{number}@example.com") for number in range(10_000)]
    reading = look(started(), status="complete", failed_count=len(wire))
    page = [import_error(email=f"{number}@example.com") for number in range(10_000)]
    reading = reading.step.read(answer(200, {"data": page}), wire)
    assert (reading.verdict, len(reading.members)) == (Verdict.DELIVERED, len(wire))


def test_what_asks_after_a_job_is_marked_as_a_look():
    reading = started()
    assert reading.step.looks
    assert look(reading, status="complete", failed_count=1).step.looks


def test_a_next_page_without_an_address_is_none():
    reading = look(started(), status="complete", failed_count=1)
    said = {"data": [], "links": {"next": "https://["}}
    assert reading.step.read(answer(200, said), BOTH).verdict is Verdict.REJECTED


def test_import_errors_that_cannot_be_read_are_in_doubt():
    reading = look(started(), status="complete", failed_count=1)
    assert reading.step.read(answer(200, b"<html>"), BOTH).verdict is Verdict.AMBIGUOUS


def test_a_pointer_into_a_bulk_import_names_its_profile():
    pointer = "/data/attributes/profiles/data/1/attributes/phone_number"
    reading = refusal(PROFILES, errors(pointer), BOTH)
    assert [fault.path for fault in reading.members[1]] == ["phone_number"]
    assert list(reading.members) == [1]


def test_revisions_compare_as_dates_do():
    assert Revision("2023-06-15").flat
    assert not Revision("2023-07-15").flat
