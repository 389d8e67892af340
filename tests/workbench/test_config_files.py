"""A config may be YAML, as people write it."""

from __future__ import annotations

import pytest

from target_gleantap.config.files import read_config
from target_gleantap.errors import ConfigError

NORWAY = """\
default_region: NO
mappings:
  - {stream: a, tests: [{given: {day: 2026-01-31, ok: true}}]}
"""


def test_yaml_is_read_as_the_json_types_that_it_looks_like(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text(NORWAY)
    assert read_config([str(path)], {}) == {
        "default_region": "NO",
        "mappings": [{"stream": "a", "tests": [{"given": {"day": "2026-01-31", "ok": True}}]}],
    }


def test_json_and_yaml_lie_over_each_other(tmp_path):
    (tmp_path / "a.json").write_text('{"timezone": "UTC", "max_in_flight": 3}')
    (tmp_path / "b.yaml").write_text("max_in_flight: 4\n")
    given = [str(tmp_path / name) for name in ("a.json", "b.yaml")]
    assert read_config(given, {}) == {"timezone": "UTC", "max_in_flight": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", ":1:5: is not YAML from here on"),
        ("a: 1\nb: 'Zq7Canary\n", "is not YAML from here on"),
        ("a: 1\na: 2\n", ":2:1: holds a key that stands in the same place already"),
        ("- a\n", "holds a list, not an object with the settings"),
        ("Zq7Canary", "holds a string, not an object with the settings"),
        ("a: !!python/object:os.system {}\n", ":1:4: has a tag (a word after !)"),
        ("a: *Zq7Canary\n", ":1:4: names an anchor (after *) that is not set above"),
        ("a: 1\n---\nb: 2\n", ":2:1: begins a second document"),
        ("a:\n\tb: Zq7Canary\n", ":2:1: is not YAML from here on (the line begins with a tab"),
        ("", "config.yml: is empty"),
    ],
)
def test_what_is_wrong_in_it_is_told_by_its_place(tmp_path, text, said):
    path = tmp_path / "config.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_config([str(path)], {})
    assert said in str(refused.value)
    assert "Zq7Canary" not in str(refused.value)


def test_a_key_that_stands_twice_is_a_fault_in_json_too(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"mappings": [{"fields": {"email": "Zq7Canary", "email": "b"}}]}')
    with pytest.raises(ConfigError, match="holds the key email twice") as refused:
        read_config([str(path)], {})
    assert "Zq7Canary" not in str(refused.value)


def test_env_in_small_letters_is_told_from_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="the environment is ENV, in capitals"):
        read_config(["env"], {})


def test_a_slip_in_the_name_of_a_variable_is_told(caplog):
    """In a file it is a fault. Here it may be somebody else's, and the run would go on in UTC."""
    read_config(
        ["ENV"],
        {
            "TARGET_GLEANTAP_TIMEZON": "Zq7Canary",
            "target_gleantap_app_id": "Zq7Canary",
            "TARGET_GLEANTAP_API_KEYS": "Zq7Canary",
            "TARGET_GLEANTAP_LOGLEVEL": "INFO",
            "TARGET_GLEANTAP_LOAD_SCHEMA": "public",
            "TARGET_GLEANTAP__ENV": "x",
            "TARGET_GLEANTAP_QUOTAS": "[]",
        },
    )
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"{name} is no setting, and is passed over: did you mean TARGET_GLEANTAP_{meant}?"
        for name, meant in (
            ("TARGET_GLEANTAP_TIMEZON", "TIMEZONE"),
            ("target_gleantap_app_id", "APP_ID"),
            ("TARGET_GLEANTAP_API_KEYS", "API_KEY"),
        )
    ]


def test_a_file_of_comments_sets_nothing(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text("# nothing yet\n")
    assert read_config([str(path)], {}) == {}
