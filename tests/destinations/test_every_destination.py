"""What holds for every destination: one suite, and a folder is all that it takes to be in it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from gym import SCHEMAS, check_in, member, state
from jsonschema import Draft202012Validator
from runs import Settings, environment
from test_mapping_cases import wire_of

from target_gleantap import destinations
from target_gleantap.config.config import Config
from target_gleantap.contract import Destination, Resource, Verdict, read_status
from target_gleantap.mapping import compile_mapping, default_mapping
from target_gleantap.model import MappingEntry
from target_gleantap.sandbox import vendors
from target_gleantap.sandbox.account.quota import parse_quota
from target_gleantap.sandbox.http_messages import HttpRequest
from target_gleantap.sandbox.server import Sandbox
from target_gleantap.transform.routes import Routes
from target_gleantap.validation.checker import without_nulls

HERE = Path(__file__).parent
NAMES = destinations.names()
FOURTH = "made_up"
KINDS = {"string", "integer", "boolean", "array", "object"}
WIRES = {"text", "date", "time", "datetime", "timestamp", "boolean", "number", "integer", "tags"}
WIRES |= {"phone", "json", "object"}
KEYWORDS = {"x-wire", "x-format", "x-shape", "x-aliases", "x-e164", "x-synonyms"}
OTHER_STATUSES = (302, 418, 500, 503)
"""Statuses that the common table does not list: they go by their class."""


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def sample(name) -> dict[str, Any]:
    (sample,) = yaml.safe_load((HERE / name / "sample.yaml").read_text("utf-8"))
    return sample


@pytest.fixture
def vendor_settings(name, sample) -> dict[str, Any]:
    """The destination's own settings, as a run has them."""
    declared = {each.name: each.default for each in destinations.load(name).settings}
    given = {**vendors.load(name).credentials, **sample["settings"]}
    return {setting: given.get(setting, default) for setting, default in declared.items()}


@pytest.fixture
def destination(name, vendor_settings) -> Destination:
    """The destination as the sample's settings make it."""
    declared = destinations.load(name)
    return declared.configure(declared, vendor_settings)


@pytest.fixture
def sandbox(name) -> Iterator[Sandbox]:
    with Sandbox(destination=name, record=True) as sandbox:
        yield sandbox


@pytest.fixture
def settings(settings, name, sample):
    def of_the_sample(**values: Any) -> Settings:
        own = {"destination": name, "mappings": sample["mappings"], **sample["settings"]}
        return settings(**{**own, **values})

    return of_the_sample


# --- the folder


def test_the_folder_gives_its_name_and_its_documents(name, destination) -> None:
    assert destination.name == name
    assert destination.title
    assert destination.base_url.startswith("https://")
    assert not destination.base_url.endswith("/")
    readme = files(f"{destinations.__name__}.{name}").joinpath("README.md").read_text("utf-8")
    assert re.search(r"\bSources?\b", readme)
    assert "https://" in readme


def test_every_setting_is_described(name) -> None:
    declared = destinations.load(name).settings
    for setting in declared:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", setting.name)
        assert setting.kind in KINDS
        assert setting.description.endswith("."), setting.name
        assert setting.default is None or not (setting.required or setting.secret), setting.name
        assert not setting.choices or setting.default in (None, *setting.choices)
    assert {each.name for each in declared if each.required} <= {each.name for each in declared}
    assert set(destinations.load(name).credentials) <= {each.name for each in declared}
    assert any(setting.secret for setting in declared)


def test_the_credentials_go_into_headers_and_nowhere_else(destination, vendor_settings) -> None:
    secrets = [
        str(vendor_settings[each.name])
        for each in destination.settings
        if each.secret and each.required
    ]
    headers = " ".join(destination.sign(vendor_settings).values())
    assert all(secret in headers for secret in secrets)
    paths = " ".join(resource.path for resource in destination.resources.values())
    assert not any(secret in paths for secret in secrets)


def test_the_settings_of_the_sample_are_without_fault(destination, vendor_settings) -> None:
    today = datetime.now(timezone.utc).date()
    inspection = destination.inspect(vendor_settings, today)
    assert (inspection.faults, inspection.warnings) == ((), ())
    ahead = destination.inspect(vendor_settings, date(today.year + 50, 1, 1))
    assert all(isinstance(warning, str) for warning in ahead.warnings)


# --- the contract


def each_schema(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and all those inside it."""
    if isinstance(schema, Mapping):
        yield schema
        for keyword, inner in schema.items():
            within = inner.values() if keyword in ("properties", "$defs") else (inner,)
            for one in within:
                yield from each_schema(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from each_schema(one)


def test_every_schema_is_valid_and_has_no_unknown_keyword_of_ours(name, destination) -> None:
    own = {setting.name for setting in destinations.load(name).settings}
    for resource in destination.resources.values():
        Draft202012Validator.check_schema(resource.schema)
        for schema in each_schema(resource.schema):
            assert {key for key in schema if key.startswith("x-")} <= KEYWORDS
            assert {schema.get("x-wire", "text")} <= WIRES
            assert {schema[key] for key in ("x-format", "x-shape") if key in schema} <= own


def test_resources_name_only_fields_that_their_bodies_have(destination) -> None:
    for name, resource in destination.resources.items():
        properties = resource.schema["properties"]
        assert (resource.name, resource.path[0]) == (name, "/")
        assert resource.title
        assert resource.custom_attributes in (None, "", *properties)
        assert resource.derived_id in (None, *properties)
        assert resource.cardinality is None or resource.cardinality.field in properties
        assert not (resource.explicit_only and resource.streams)
        assert resource.identifiers
        for identifier in resource.identifiers:
            assert identifier.path.split(".")[0] in properties, identifier


def test_a_space_of_identifiers_is_compared_in_one_way(destination) -> None:
    kinds: dict[str, set[str]] = {}
    for resource in destination.resources.values():
        for identifier in resource.identifiers:
            kinds.setdefault(identifier.space, set()).add(identifier.kind)
    assert all(len(each) == 1 for each in kinds.values())


def test_what_the_ledger_knows_something_by_is_there_and_keeps_its_order(destination) -> None:
    """Two deliveries that share a key share an identifier, so the later one comes later."""
    for resource in destination.resources.values():
        properties = resource.schema["properties"]
        ordered = {identifier.path for identifier in resource.identifiers}
        for alternative in resource.key:
            paths = {part.path for part in alternative}
            assert {path.split(".")[0] for path in paths} <= properties.keys()
            assert paths & ordered, (resource.name, paths)
        if resource.removal is not None:
            removes = destination.resources[resource.removal.resource]
            assert resource.removal.field in removes.schema["properties"]
            assert resource.key
        assert {each.field for each in resource.voids} <= properties.keys()


def ways_to_identify(resource: Resource) -> Iterator[list[str]]:
    required = resource.schema.get("required", ())
    for option in resource.schema.get("anyOf", ({},)):
        yield sorted({*required, *option.get("required", ())} - {resource.derived_id})


def test_what_is_required_can_be_mapped(name, destination) -> None:
    for resource in destination.resources.values():
        for fields in ways_to_identify(resource):
            entry = MappingEntry(0, "stream", resource.name, fields=dict.fromkeys(fields, "a"))
            assert compile_mapping(entry, resource, wire_of(name, {}))[1] == ()


def test_a_stream_with_the_names_of_the_fields_needs_no_mapping(name, destination) -> None:
    for resource in destination.resources.values():
        schema = {"properties": {key: {} for key in resource.schema["properties"]}}
        for stream in resource.streams:
            entry = default_mapping(stream, resource, schema, 0)
            assert compile_mapping(entry, resource, wire_of(name, {}))[1] == ()


# --- the sample


@pytest.fixture
def routes(destination, sample, vendor_settings) -> Routes:
    entries = (MappingEntry(index=place, **entry) for place, entry in enumerate(sample["mappings"]))
    config = Config(
        destination, destination.base_url, vendor=vendor_settings, mappings=tuple(entries)
    )
    return Routes(config)


def test_the_sample_compiles_fits_the_streams_and_keeps_to_the_contract(
    routes, vendor_settings
) -> None:
    assert routes.faults == ()
    messages = (member(1, city="Springfield"), check_in(1, 1, email="member1@example.com"))
    for schema, message in zip(SCHEMAS, messages, strict=True):
        (route,) = routes.for_stream(schema["stream"], schema["schema"])
        assert route.mapping.lint(schema["schema"], schema["stream"]) == ()
        body = route.mapping.apply(message["record"])
        assert isinstance(body, dict), body
        assert route.checker.faults(without_nulls(body)) == ()
        assert route.resource.checks(body, datetime.now(timezone.utc)) == ()
        wire = route.resource.envelope(body, vendor_settings)
        assert wire == route.resource.envelope(body, vendor_settings)


# --- the sandbox


def test_the_sandbox_serves_each_resource_with_the_documented_limits(name, destination) -> None:
    vendor = vendors.load(name)
    assert name in vendors.names()
    required = {each.name for each in destinations.load(name).settings if each.required}
    assert required <= set(vendor.credentials)
    for resource in destination.resources.values():
        served = [
            each
            for each in vendor.operations
            if (each.method, each.path) == (resource.method, resource.path)
        ]
        assert len(served) == 1, resource.name
        _, limits = vendor.quotas(served[0], HttpRequest(resource.method, resource.path))
        allowed = {each.seconds: each.requests for each in map(parse_quota, limits)}
        used = {each.seconds: each.requests for each in resource.quotas or destination.quotas}
        assert allowed.keys() == used.keys()
        # Where the vendor's pages name two figures, the smaller one is kept to.
        assert all(used[seconds] <= allowed[seconds] for seconds in used)


# --- the flow


def numbers(entries: list[dict[str, Any]]) -> list[int]:
    """The numbers that the test put into the records, in the order of arrival; each once."""
    found = (int(number) for each in entries for number in re.findall(r"seq-(\d+)", each["body"]))
    return list(dict.fromkeys(found))


def carried_out(sandbox: Sandbox) -> list[int]:
    return numbers([each for each in sandbox.requests if each["carried_out"]])


def changes(rounds: int, contacts: int) -> list[dict[str, Any]]:
    """Changes and check-ins of a few contacts, numbered in their order."""
    made = []
    for number, (_, contact) in enumerate(product(range(rounds), range(1, contacts + 1))):
        city, key = f"seq-{2 * number}", f"seq-{2 * number + 1}"
        made.append(member(contact, city=city))
        made.append(check_in(0, contact, id=key, email=f"MEMBER{contact}@example.com"))
    return made


def test_everything_arrives_in_order_per_contact_and_the_books_balance(name, run_command) -> None:
    with Sandbox(destination=name, record=True, latency=0.02) as sandbox:
        messages = changes(rounds=4, contacts=6)
        run = run_command(
            [*SCHEMAS, *messages, state(bookmark="end")],
            base_url=sandbox.url,
        )
        assert (run.exit_code, run.states) == (0, [{"bookmark": "end"}]), run.stderr
        assert run.total("delivered") == len(messages)
        assert sorted(carried_out(sandbox)) == list(range(len(messages)))
        assert (len(sandbox.contacts), len(sandbox.events)) == (6, 24)
        assert (sandbox.stats["overlaps"], sandbox.stats["max_in_progress"] > 1) == (0, True)
        by_identifier: dict[str, list[dict[str, Any]]] = {}
        for entry in sandbox.requests:
            for identifier in entry["identifiers"]:
                by_identifier.setdefault(identifier, []).append(entry)
        assert all(numbers(each) == sorted(numbers(each)) for each in by_identifier.values())
        assert max(len(numbers(each)) for each in by_identifier.values()) == 8


def test_a_faulty_record_is_rejected_and_the_others_go_on(sandbox, run_target) -> None:
    messages = [
        *SCHEMAS,
        member(1, city="seq-0"),
        state(bookmark=1),
        member(2, city="seq-1", email="nobody"),
        state(bookmark=2),
        check_in(0, 3, id="seq-2", email="member3@example.com"),
        state(bookmark=3),
    ]
    run = run_target(messages, batch_size_rows=1)
    assert (run.exit_code, run.states) == (1, [{"bookmark": 1}])
    assert (run.total("delivered"), run.total("rejected")) == (2, 1)
    assert sorted(carried_out(sandbox)) == [0, 2]
    (reject,) = run.rejects
    assert reject["record"]["id"] == "m2"
    assert reject["reject"]["reason"] == "contract"
    assert reject["reject"]["faults"]
    again = run_target(run.reject_messages, on_reject="quarantine")
    assert (again.exit_code, again.total("rejected")) == (0, 1)


def test_a_run_that_stops_goes_on_where_its_state_says(sandbox, run_target) -> None:
    records = [member(number, city=f"seq-{number}") for number in range(40)]
    messages = [
        message
        for number, record in enumerate(records)
        for message in (record, state(bookmark=number))
    ]
    sandbox.faults = [{"fault": "status", "status": 401, "after": 15}]
    first = run_target([*SCHEMAS, *messages], batch_size_rows=4)
    assert (first.exit_code, first.rejects) == (3, [])
    settled = [value["bookmark"] for value in first.states]
    assert settled == sorted(set(settled))
    assert set(carried_out(sandbox)) >= set(range(settled[-1] + 1))
    sandbox.faults = []
    second = run_target([*SCHEMAS, *messages[2 * settled[-1] + 2 :]])
    assert (second.exit_code, second.states[-1]) == (0, {"bookmark": 39}), second.stderr
    assert sorted(carried_out(sandbox)) == list(range(40))
    assert len(sandbox.contacts) == 40


def test_a_quota_is_kept_and_a_429_costs_nothing(sandbox, run_target) -> None:
    sandbox.quotas = ["30/1s sliding"]
    messages = [*SCHEMAS, *(member(number, city=f"seq-{number}") for number in range(50))]
    paced = run_target(messages, quotas=["20/1s"])
    assert (paced.exit_code, paced.seconds > 2) == (0, True)
    assert "429" not in sandbox.stats["by_status"]
    sandbox.reset()
    sandbox.quotas = ["30/1s"]
    throttled = run_target(messages, max_in_flight=64)
    assert (throttled.exit_code, throttled.total("delivered")) == (0, 50), throttled.stderr
    assert sorted(carried_out(sandbox)) == list(range(50))


# --- the ledger


def test_what_was_delivered_is_not_sent_again(
    destination, sample, sandbox, run_target, tmp_path
) -> None:
    """Of each resource that the ledger knows by something; the others go out as without one."""
    ledger = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}"}
    known = {
        entry["stream"]: bool(destination.resources[entry["resource"]].key)
        for entry in sample["mappings"]
    }
    contacts = [member(number, city=f"seq-{number}") for number in range(10)]
    events = [
        check_in(0, number, id=f"seq-{10 + number}", email=f"member{number}@example.com")
        for number in range(10)
    ]
    first = run_target([*SCHEMAS, *contacts, *events], **ledger)
    assert (first.exit_code, first.total("delivered")) == (0, 20), first.stderr
    contacts[3] = member(3, city="seq-30", email="Member3@example.com ".strip())
    events.append(check_in(0, 3, id="seq-31", email="member3@example.com"))
    asked = len(sandbox.requests)
    second = run_target([*SCHEMAS, *contacts, *events], **ledger)
    assert second.exit_code == 0, second.stderr
    unchanged = {row["stream"]: row["unchanged"] for row in second.summary["books"]}
    assert unchanged == {
        "members": 9 if known["members"] else 0,
        "check_ins": 10 if known["check_ins"] else 0,
    }
    sent = set(numbers(sandbox.requests[asked:]))
    assert {30, 31} <= sent
    if all(known.values()):
        assert sent == {30, 31}


# --- the answers


def statuses_of(destination: Destination, *verdicts: Verdict) -> list[int]:
    """The statuses that mean one of these, for this destination."""
    every = sorted({*destination.statuses, *OTHER_STATUSES})
    return [each for each in every if read_status(each, destination.statuses).verdict in verdicts]


def answers(statuses: list[int]) -> list[dict[str, Any]]:
    """Fault rules that give each request in turn one of these."""
    headers = {"Retry-After": "0"}
    return [
        {"fault": "status", "status": each, "times": 1, "headers": headers} for each in statuses
    ]


@pytest.fixture(params=["members", "check_ins"])
def records(request) -> list[dict[str, Any]]:
    """Records of one of the sample's streams; each of another contact."""
    make = {
        "members": lambda number: member(number, city=f"seq-{number}"),
        "check_ins": lambda number: check_in(
            0, number, id=f"seq-{number}", email=f"member{number}@example.com"
        ),
    }[request.param]
    return [make(number) for number in range(20)]


def test_what_refuses_a_record_rejects_it_alone(destination, sandbox, run_target, records) -> None:
    refusals = statuses_of(destination, Verdict.REJECTED)
    sandbox.faults = answers(refusals)
    run = run_target([*SCHEMAS, *records, state(bookmark="end")], on_reject="quarantine")
    assert (run.exit_code, run.states) == (0, [{"bookmark": "end"}]), run.stderr
    told = [reject["reject"] for reject in run.rejects]
    assert sorted(each["answer"]["status"] for each in told) == refusals
    assert {each["reason"] for each in told} == {"vendor"}
    assert len(carried_out(sandbox)) == run.total("delivered") == 20 - len(refusals)


def test_what_may_pass_is_tried_again(destination, sandbox, run_target, records) -> None:
    passing = statuses_of(destination, Verdict.RETRY, Verdict.THROTTLED, Verdict.AMBIGUOUS)
    sandbox.faults = answers(passing)
    run = run_target([*SCHEMAS, *records], on_ambiguous="retry")
    assert (run.exit_code, run.rejects) == (0, []), run.stderr
    assert {str(each) for each in passing} <= sandbox.stats["by_status"].keys()
    assert sorted(carried_out(sandbox)) == list(range(20))


def test_what_may_have_been_carried_out_goes_by_on_ambiguous(
    destination, sample, sandbox, run_target, records
) -> None:
    ambiguous = statuses_of(destination, Verdict.AMBIGUOUS)
    sandbox.faults = answers(ambiguous)
    stream = records[0]["stream"]
    (entry,) = (each for each in sample["mappings"] if each["stream"] == stream)
    again = destination.resources[entry["resource"]].idempotent
    run = run_target([*SCHEMAS, *records], on_ambiguous="reject", on_reject="quarantine")
    assert run.exit_code == 0, run.stderr
    assert run.total("rejected") == (0 if again else len(ambiguous))
    assert {reject["reject"]["reason"] for reject in run.rejects} <= {"ambiguous"}


def test_what_no_record_is_to_blame_for_stops_the_run(destination, sandbox, run_target) -> None:
    for status in statuses_of(destination, Verdict.STOP):
        sandbox.reset()
        sandbox.faults = [{"fault": "status", "status": status}]
        run = run_target([*SCHEMAS, member(1), state(bookmark=1)])
        assert (run.exit_code, run.states, run.rejects) == (3, [], []), status
        assert f"HTTP {status}" in run.stderr


# --- a fourth destination


@pytest.mark.skipif(FOURTH in NAMES, reason="this is the suite that the fourth one is run through")
def test_a_fourth_destination_is_a_folder_and_passes_this_suite() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", FOURTH]
    ended = subprocess.run(
        [*command, __file__],
        env=environment(PYTHONPATH=str(HERE / FOURTH / "site")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"\d\d passed", ended.stdout), ended.stdout
