"""The example of each destination's page, with the demo's data, into its sandbox."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from gym import record, state

from target_gleantap import destinations
from target_gleantap.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "docs" / "demo"


def example(name: str) -> dict:
    """The first YAML of the page that has mappings; none where there is no page."""
    page = ROOT / "docs" / f"{name}.md"
    text = page.read_text("utf-8") if page.is_file() else ""
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    configs = [config for config in map(yaml.safe_load, blocks) if isinstance(config, dict)]
    return next((config for config in configs if "mappings" in config), {})


PAGES = [name for name in destinations.names() if example(name)]


def demo(stream: str) -> list[dict]:
    lines = (DEMO / f"{stream}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def messages() -> list[dict]:
    """The demo's members and check-ins. A field that only a page's example has is null here."""
    made = []
    for stream in ("members", "check_ins"):
        records = demo(stream)
        keys, properties = ["id"], {key: {} for each in records for key in each}
        schema = {"type": "object", "properties": properties, "additionalProperties": True}
        made.append({"type": "SCHEMA", "stream": stream, "key_properties": keys, "schema": schema})
        made += [record(stream, **each) for each in records]
    return [*made, state(bookmark="end")]


@pytest.fixture(params=PAGES)
def name(request) -> str:
    return request.param


@pytest.fixture
def sandbox(name):
    with Sandbox(destination=name, quotas=[]) as sandbox:
        yield sandbox


def test_the_demos_data_flow_and_the_books_balance(name, sandbox, run_target, messages) -> None:
    run = run_target(messages, **{**example(name), **sandbox.credentials})
    assert (run.exit_code, run.states) == (0, [{"bookmark": "end"}]), run.stderr
    assert run.total("read") == len(messages) - 3
    assert 0 < run.total("rejected") < 10
    assert run.total("filtered") == 1
    assert len(sandbox.contacts) > 30
    assert len(sandbox.events) > 100


def test_the_examples_are_found() -> None:
    assert {"suresend"} <= set(PAGES)
