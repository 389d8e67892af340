"""What people copy from is in step with the package: meltano.yml, the table, the demo's data."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from target_gleantap import config as settings
from target_gleantap import destinations
from target_gleantap.transform.routes import Routes

ROOT = Path(__file__).resolve().parents[2]
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.fixture
def project() -> dict[str, Any]:
    """meltano.yml as Meltano reads it."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def loader(project: dict[str, Any]) -> dict[str, Any]:
    """This target in meltano.yml."""
    found: dict[str, Any] = project["plugins"]["loaders"][0]
    assert found["name"] == "target-gleantap"
    return found


def test_generated_parts_are_in_step() -> None:
    assert GENERATE["stale"](write=False) == []


def test_a_part_out_of_step_is_found() -> None:
    text = "a\n# settings: begin (x)\nold\n# settings: end\nz\n"
    assert GENERATE["with_part"](text, "settings", "new\n") == text.replace("old", "new")
    with pytest.raises(ValueError, match="once"):
        GENERATE["with_part"]("nothing\n", "settings", "new\n")


def test_meltano_knows_every_setting(loader: dict[str, Any]) -> None:
    described = {setting.name: setting for setting in settings.SETTINGS}
    listed = {entry["name"]: entry for entry in loader["settings"]}
    assert list(listed) == list(described)
    for name, entry in listed.items():
        assert entry["description"] == described[name].description
        assert entry["kind"] == ("options" if described[name].choices else described[name].kind)
        assert entry.get("sensitive", False) == described[name].secret
        options = tuple(option["value"] for option in entry.get("options", ()))
        assert options == described[name].choices


@pytest.mark.parametrize("environment", ["sandbox", "production"])
@pytest.mark.parametrize("name", [f"target-{name}" for name in destinations.names()])
def test_its_config_is_one_that_the_target_takes(
    project: dict[str, Any], loader: dict[str, Any], name: str, environment: str
) -> None:
    """Keys come from elsewhere; all the rest is there and right, mappings included."""
    (own,) = (each for each in project["plugins"]["loaders"] if each["name"] == name)
    (chosen,) = (each for each in project["environments"] if each["name"] == environment)
    loaders = chosen.get("config", {}).get("plugins", {}).get("loaders", [])
    local = next((each["config"] for each in loaders if each["name"] == name), {})
    credentials = {"api_key": "k", "secret_key": "s", "app_id": "a"}
    config, faults = settings.read({**credentials, **loader["config"], **own["config"], **local})
    assert faults == ()
    assert config is not None
    assert f"target-{config.destination.name}" == name
    assert Routes(config).faults == ()
    is_local = config.base_url.startswith("http://127.0.0.1")
    assert is_local == (environment == "sandbox")


def test_no_run_leaves_this_machine_unless_told_to(project: dict[str, Any]) -> None:
    assert project["default_environment"] == "sandbox"


def test_no_key_stands_in_it(project: dict[str, Any]) -> None:
    keys = {setting.name for setting in settings.SETTINGS if setting.secret} | {"app_id"}
    for each in project["plugins"]["loaders"]:
        assert not keys & each["config"].keys()


@pytest.mark.parametrize("name", ["members", "check_ins"])
def test_the_demos_people_are_invented(name: str) -> None:
    text = (ROOT / "docs" / "demo" / f"{name}.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        record = json.loads(line)
        contact = record.get("contact", {"email": None})
        assert contact["email"] is None or contact["email"].endswith("example.com")
        for number in (contact.get("mobile"), contact.get("home")):
            assert number is None or "desk" in number or re.search(r"555[ .-]01\d\d$", number)
