"""The examples of docs/mappings.md are true."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from target_gleantap.destinations import load
from target_gleantap.mapping import Wire, compile_mapping
from target_gleantap.model import Faulty, MappingEntry
from target_gleantap.validation.checker import Checker, without_nulls

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
TRIPLETS = [example for example in EXAMPLES if "record" in example]
ENTRIES = [entry for example in EXAMPLES for entry in example.get("mappings", ())]
GLEANTAP = load("gleantap")
WIRE = Wire(ZoneInfo("UTC"), None, "omit", {one.name: one.default for one in GLEANTAP.settings})


def test_the_page_has_examples() -> None:
    assert len(TRIPLETS) >= 5
    assert len(ENTRIES) >= 3


@pytest.mark.parametrize("entry", [*ENTRIES, *(one["mapping"] for one in TRIPLETS)])
def test_every_entry_compiles(entry: dict[str, Any]) -> None:
    written = MappingEntry(**{"index": 0, "stream": "any", **entry})
    assert compile_mapping(written, GLEANTAP.resources[written.resource], WIRE)[1] == ()


@pytest.mark.parametrize("example", TRIPLETS)
def test_every_triplet_is_true(example: dict[str, Any]) -> None:
    written = MappingEntry(**{"index": 0, "stream": "any", **example["mapping"]})
    resource = GLEANTAP.resources[written.resource]
    mapping, _ = compile_mapping(written, resource, WIRE)
    assert mapping is not None
    result = mapping.apply(example["record"])
    if isinstance(result, Faulty):
        assert [str(fault) for fault in result.faults] == example["errors"]
        return
    assert isinstance(result, dict)
    assert result == example["body"]
    assert Checker(resource.schema, formats=True).faults(without_nulls(result)) == ()
