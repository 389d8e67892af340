"""What the README shows is what happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from target_gleantap import config as settings
from target_gleantap.errors import ConfigError
from target_gleantap.sandbox.server import Sandbox
from target_gleantap.transform.routes import Routes

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CREDENTIALS = {"api_key": "k", "secret_key": "s", "app_id": "a"}


def heredoc(mark: str) -> str:
    found = re.search(rf"<<'{mark}'\n(.*?)\n{mark}\n", README, re.DOTALL)
    assert found, f"the README has no {mark} block"
    return found[1]


def block(section: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README.split(f"## {section}")[1], re.DOTALL)
    assert found, f"the README's {section} has no {language} block"
    return found[1]


def test_the_ten_lines_run(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        config = json.loads(heredoc("JSON")) | {"base_url": sandbox.url}
        (tmp_path / "config.json").write_text(json.dumps(config))
        run = subprocess.run(
            [sys.executable, "-m", "target_gleantap", "--config", "config.json"],
            input=heredoc("SINGER") + "\n",
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            env=os.environ,
        )
        assert run.returncode == 0, run.stderr
        state = json.loads(heredoc("SINGER").splitlines()[-1])["value"]
        assert json.loads(run.stdout) == state
        assert [contact["fields"]["user_id"] for contact in sandbox.contacts] == ["1"]


def test_the_mapping_makes_that_body_of_that_record() -> None:
    record = json.loads(block("Mappings", "json"))
    mapping = yaml.safe_load(block("Mappings", "yaml"))
    bodies = re.findall(r"```json\n(.*?)```", README.split("## Mappings")[1], re.DOTALL)
    config, faults = settings.read(
        {
            **CREDENTIALS,
            "timezone": "America/New_York",
            "default_region": "US",
            "mappings": mapping,
        }
    )
    assert not faults
    assert config is not None
    schema = {"type": "object", "additionalProperties": True}
    (route,) = Routes(config).for_stream("members", schema)
    assert route.mapping.apply(record) == json.loads(bodies[1])


def test_the_faults_are_told_in_these_words() -> None:
    config, faults = settings.read(
        {
            **CREDENTIALS,
            "timezone": "America/NewYork",
            "mappings": [
                {
                    "stream": "members",
                    "resource": "contact",
                    "fields": {"user_id": "id", "fist_name": "a", "first_name": "b"},
                }
            ],
        }
    )
    assert config is not None
    told = str(ConfigError((*faults, *Routes(config).faults)))
    assert told.strip() == block("Mappings", "text").strip()


@pytest.mark.parametrize(
    "page", sorted(set(re.findall(r"\]\(((?:docs|target_gleantap)/[^)]+)\)", README)))
)
def test_every_page_that_it_names_is_there(page: str) -> None:
    assert (Path(__file__).parents[2] / page).is_file()
