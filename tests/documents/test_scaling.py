"""What docs/scaling.md shows can be set, and is Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml

from target_gleantap import config as settings

PAGE = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text("utf-8")
CREDENTIALS = {"api_key": "k", "secret_key": "s", "app_id": "a"}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_settings_are_settings():
    shown = yaml.safe_load(blocks("yaml")[0])
    config, faults = settings.read({**CREDENTIALS, **shown, "ledger_secret": "0123456789abcdef"})
    assert faults == ()
    assert config.quota_url == shown["quota_url"]


def test_the_loader_takes_what_the_project_sets():
    (loader,) = yaml.safe_load(blocks("yaml")[1])["plugins"]["loaders"]
    assert set(loader["config"]) <= set(settings.config_jsonschema()["properties"])


def test_the_orchestrators_files_are_python_and_run_the_extractors_that_the_project_has():
    extractors = yaml.safe_load(blocks("yaml")[1])["plugins"]["extractors"]
    assert len(blocks("python")) == 2
    for block in blocks("python"):
        ast.parse(block)
    for extractor in extractors[1:]:
        assert f'"{extractor["name"]}"' in blocks("python")[0]
