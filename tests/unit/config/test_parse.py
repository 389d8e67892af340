"""A raw config to one frozen object: every fault at once, and no value in any of them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap import config as settings
from target_gleantap import destinations
from target_gleantap.config.config import Config
from target_gleantap.config.rules import strftime
from target_gleantap.contract import Quota

CREDENTIALS = {"api_key": "key", "secret_key": "secret", "app_id": "app"}
ENTRY = {"stream": "members", "resource": "contact", "fields": {"user_id": "id"}}


def read(**raw: Any) -> Config:
    """Read a config that must be faultless."""
    config, faults = settings.read({**CREDENTIALS, **raw})
    assert config is not None
    assert faults == ()
    return config


def faults(raw: dict[str, Any]) -> dict[str, str]:
    """The faults of a config, path to message and hint."""
    _, found = settings.read({**CREDENTIALS, **raw})
    return {fault.path: f"{fault.message} ({fault.hint})" for fault in found}


def test_defaults_are_those_that_are_described() -> None:
    """A config of nothing but credentials: the described defaults, which are also Config's own."""
    config = read()
    described = {s.name: () if s.kind == "array" else s.default for s in settings.SETTINGS}
    for name in Config.__dataclass_fields__.keys() - {"destination", "vendor", "timezone"}:
        assert getattr(config, name) == described[name], name
    assert config.timezone.key == described["timezone"]
    assert config.destination.name == described["destination"]
    assert replace(config, vendor={}) == Config(config.destination, config.base_url)


def test_the_vendors_settings_have_their_defaults() -> None:
    config = read(event_time_format="%H:%M:%S")
    assert config.vendor == {
        **CREDENTIALS,
        "event_data_shape": "object",
        "event_time_format": "%H:%M:%S",
        "created_date_format": "%Y-%m-%d %H:%M:%S",
    }


@pytest.mark.parametrize("absent", [None, ""])
def test_null_and_empty_count_as_not_set(absent: Any) -> None:
    """Meltano passes null for what is not set, an environment empty text."""
    others = [s.name for s in settings.SETTINGS if s.name not in CREDENTIALS]
    config = read(**dict.fromkeys(others, absent))
    assert config == read()


def test_text_of_an_environment_is_read_in_its_kind() -> None:
    environ = {
        "TARGET_GLEANTAP_MAX_IN_FLIGHT": " 32 ",
        "TARGET_GLEANTAP_VALIDATE_RECORDS": "False",
        "TARGET_GLEANTAP_QUOTAS": '["50/1s"]',
        "TARGET_GLEANTAP_MAPPINGS": json.dumps([ENTRY]),
        "TARGET_GLEANTAP_SUMMARY_PATH": "",
        "TARGET_GLEANTAP_NO_SUCH": "x",
        "HOME": "/",
    }
    raw = settings.environment(environ)
    assert raw.keys() == {"max_in_flight", "validate_records", "quotas", "mappings"}
    config = read(**raw)
    assert config.max_in_flight == 32
    assert config.validate_records is False
    assert config.quotas == (Quota(50, 1.0),)
    assert [entry.resource for entry in config.mappings] == ["contact"]


def test_an_id_of_digits_may_be_a_number() -> None:
    assert read(app_id=1234).vendor["app_id"] == "1234"


def test_all_faults_of_all_settings_come_at_once() -> None:
    found = faults(
        {
            "api_key": None,
            "base_url": "http://example.com",
            "timezone": "Europe/Berln",
            "default_region": "UK",
            "max_in_flight": 0,
            "on_reject": "ignore",
            "validate_records": "perhaps",
            "quotas": ["50/1s", "fast"],
            "event_time_format": "%Q",
            "mapings": [],
            "stream_maps": {"members": 3},
        }
    )
    assert found.keys() == {
        "api_key",
        "base_url",
        "timezone",
        "default_region",
        "max_in_flight",
        "on_reject",
        "validate_records",
        "quotas[1]",
        "event_time_format",
        "mapings",
        "stream_maps.members",
    }
    assert "TARGET_GLEANTAP_API_KEY" in found["api_key"]
    assert "did you mean Europe/Berlin?" in found["timezone"]
    assert "did you mean GB?" in found["default_region"]
    assert "at least 1 and at most 512" in found["max_in_flight"]
    assert "fail, quarantine" in found["on_reject"]
    assert "did you mean mappings?" in found["mapings"]


def test_faulty_settings_do_not_hide_the_mappings() -> None:
    """What is faulty goes by its default, so that mappings can be compiled all the same."""
    config, found = settings.read(
        {"timezone": "Mars", "quotas": ["x", "2/1m"], "mappings": [ENTRY]}
    )
    assert config is not None
    assert config.timezone.key == "UTC"
    assert config.quotas == (Quota(2, 60.0),)
    assert len(config.mappings) == 1
    assert len(found) == 2 + len(CREDENTIALS)


def test_without_a_destination_there_is_no_config() -> None:
    config, found = settings.read({"destination": "gleantop", "max_in_flight": "x"})
    assert config is None
    assert [fault.path for fault in found] == ["destination", "max_in_flight"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com/base/", "https://api.example.com/base"),
        ("http://127.0.0.1:8130", "http://127.0.0.1:8130"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8130/", "http://[::1]:8130"),
    ],
)
def test_base_urls_that_are_taken(url: str, kept: str) -> None:
    assert read(base_url=url).base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "ftp://example.com",
        "http://example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://user:word@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://example.com/?",
        "https://",
        "https://exa mple.com",
        "https://example.com\\@127.0.0.1",
        "https://example.com:99999",
        "https://[::1",
        "https://example.com\n",
    ],
)
def test_base_urls_that_are_refused(url: str) -> None:
    assert set(faults({"base_url": url})) == {"base_url"}


@pytest.mark.parametrize(
    ("written", "quota"),
    [
        ("50/1s", Quota(50, 1.0)),
        ("50/s", Quota(50, 1.0)),
        ("2000/1m", Quota(2000, 60.0)),
        ("10/500ms", Quota(10, 0.5)),
        (" 30000 / 1 h ", Quota(30_000, 3600.0)),
    ],
)
def test_quotas(written: str, quota: Quota) -> None:
    assert read(quotas=[written]).quotas == (quota,)


@pytest.mark.parametrize("written", ["", "50", "0/1s", "5/0s", "-5/1s", "5/1d", 50, None, "5.5/1s"])
def test_quotas_that_are_refused(written: Any) -> None:
    assert set(faults({"quotas": [written]})) == {"quotas[0]"}


@pytest.mark.parametrize("pattern", ["%H:%M", "%I:%M %p", "%-I%%", "%Y-%m-%dT%H:%M:%S%z"])
def test_patterns(pattern: str) -> None:
    assert read(event_time_format=pattern).vendor["event_time_format"] == pattern


@pytest.mark.parametrize("pattern", ["HH:MM", " ", "%", "%%", "%Q", "%H:%"])
def test_patterns_that_are_refused(pattern: str) -> None:
    value, found = strftime("event_time_format", pattern)
    assert value is None
    assert len(found) == 1


@pytest.mark.parametrize("key", ["abc\n", "a b", "ключ", "$GLEANTAP_KEY", "${GLEANTAP_KEY}"])
def test_keys_that_no_header_can_carry_are_refused(key: str) -> None:
    assert set(faults({"api_key": key})) == {"api_key"}


def test_mappings_keyed_by_stream_are_told_to_be_a_list() -> None:
    found = faults({"mappings": {"members": {"resource": "contact"}}})
    assert "expected a list" in found["mappings"]
    assert "Meltano" in found["mappings"]


def test_every_fault_of_a_mapping_has_its_path() -> None:
    found = faults(
        {
            "mappings": [
                ENTRY,
                {"stream": "members", "feilds": {}},
                "members",
                {
                    "stream": 3,
                    "resource": "contact",
                    "where": True,
                    "fields": [],
                    "custom_attributes": "all",
                    "null_policy": "keep",
                    "tests": [{"given": {}, "expect": {}}, {"expect": 1, "error": "x"}, 1],
                },
                {**ENTRY, "custom_attributes": ["plan", 3]},
            ]
        }
    )
    assert found.keys() == {
        "mappings[1].feilds",
        "mappings[1].resource",
        "mappings[2]",
        "mappings[3].stream",
        "mappings[3].where",
        "mappings[3].fields",
        "mappings[3].custom_attributes",
        "mappings[3].null_policy",
        "mappings[3].tests[1]",
        "mappings[3].tests[1].given",
        "mappings[3].tests[1].expect",
        "mappings[3].tests[2]",
        "mappings[4].custom_attributes[1]",
    }
    assert "did you mean fields?" in found["mappings[1].feilds"]


def test_a_mapping_is_kept_as_it_was_written() -> None:
    written = {
        **ENTRY,
        "where": "status != 'test'",
        "custom_attributes": "*",
        "null_policy": "send",
        "name": "people",
        "tests": [{"given": {"id": 1}, "expect": None}, {"given": {}, "error": ["user_id"]}],
    }
    (entry,) = read(mappings=[written]).mappings
    assert (entry.index, entry.stream, entry.resource) == (0, "members", "contact")
    assert (entry.where, entry.fields) == (written["where"], written["fields"])
    assert (entry.custom_attributes, entry.null_policy, entry.name) == ("*", "send", "people")
    assert len(entry.tests) == 2


CANARY = "Zq7Canary"
CANARIES = st.sampled_from(
    [CANARY, f" {CANARY}\n", f"https://u:{CANARY}@x/?q", f"%{CANARY}", 77123]
)
JSONISH = st.recursive(
    st.one_of(CANARIES, st.booleans(), st.none(), st.just(-77123)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["stream", "resource", "fields", "given", "x"]), inner),
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([setting.name for setting in settings.SETTINGS]), JSONISH, max_size=12
    )
)
def test_no_fault_holds_a_value(raw: dict[str, Any]) -> None:
    """Any value of any setting may be a secret, and any config gives a result."""
    _, found = settings.read(raw)
    for fault in found:
        assert CANARY not in str(fault)
        assert "77123" not in str(fault)


def test_the_part_for_singer_sdk_holds_no_credential() -> None:
    part = settings.singer_config({**CREDENTIALS, "flattening_enabled": "yes", "stream_maps": "{}"})
    assert part == {
        "validate_records": True,
        "add_record_metadata": False,
        "flattening_enabled": True,
        "stream_maps": {},
        "batch_size_rows": 500,
    }


def test_the_schema_shows_every_setting_with_kind_default_and_secrecy() -> None:
    schema = settings.config_jsonschema()
    assert "load_method" not in schema["properties"]
    assert schema["required"] == ["api_key"], "only what every destination requires"
    for setting in settings.SETTINGS:
        shown = schema["properties"][setting.name]
        assert shown["type"] == [setting.kind, "null"]
        assert shown["description"] == setting.description
        assert shown.get("default") == setting.default
        assert shown.get("secret", False) == shown.get("writeOnly", False) == setting.secret
        assert tuple(shown.get("enum", ())) == setting.choices
    assert settings.config_jsonschema() is not settings.config_jsonschema()


def test_secrets_have_no_default_and_kinds_survive_the_environment() -> None:
    """singer-sdk leaves a number in the environment as text, so there are only integers."""
    for setting in settings.SETTINGS:
        assert setting.kind in {"string", "integer", "boolean", "array", "object"}
        assert not (setting.secret and setting.default)


def test_every_setting_of_every_destination_is_shown() -> None:
    shown = {setting.name for setting in settings.SETTINGS}
    for name in destinations.names():
        assert {setting.name for setting in destinations.load(name).settings} <= shown


def test_the_table_has_a_row_for_each_setting() -> None:
    rows = settings.table().splitlines()
    assert len(rows) == len(settings.SETTINGS) + 2
    assert any(row.startswith("| `api_key` | string, secret | **required** |") for row in rows)


@pytest.mark.parametrize("rejects", ["out/run.json", "./out/../out/run.json"])
def test_the_summary_is_never_written_over_the_rejects(rejects: str) -> None:
    told = faults({"summary_path": "out/run.json", "rejects_path": rejects})
    assert "rejects_path" in told["summary_path"]
    assert "rejects_path" in faults({"report_path": "rejects.singer.jsonl"})["report_path"]
    assert "summary_path" in faults({"report_path": "a", "summary_path": "a"})["report_path"]
    assert faults({"summary_path": "out/run.json", "rejects_path": "out/rejects.jsonl"}) == {}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"max_rejects": 5}, "max_rejects changes nothing without on_reject: quarantine."),
        ({"max_rejects": 5, "on_reject": "quarantine"}, None),
        ({"quota_runs": "3"}, "quota_runs changes nothing without quota_url."),
        ({"quota_runs": "3", "quota_url": "redis://127.0.0.1/0"}, None),
        ({"ledger_mode": "rebuild"}, "ledger_mode changes nothing without ledger_url."),
        ({"ledger_mode": "use", "on_event_conflict": "send"}, None),
        (
            {"event_mode": "bulk"},
            "event_mode changes nothing here: it is no setting of Gleantap.",
        ),
        ({"destination": "klaviyo", "event_mode": "bulk"}, None),
        ({"system_id": "a credential of SureSend's in the same environment"}, None),
        ({"max_in_flight": 3, "quotas": ["1/1s"], "summary_path": "x"}, None),
    ],
)
def test_what_is_set_and_changes_nothing_is_told(raw: dict[str, Any], told: str | None) -> None:
    """Who sets max_rejects expects some to be allowed, and on_reject is fail by default."""
    raw = {**CREDENTIALS, **raw}
    config, _ = settings.read(raw)
    assert config is not None
    assert list(settings.without_effect(raw, config)) == ([told] if told else [])
