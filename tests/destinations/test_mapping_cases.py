"""The cases beside this file: record, mapping, and the body or the faults, as people read them."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml

from target_gleantap.destinations import load, names
from target_gleantap.exact_json.codec import encode, parse_number
from target_gleantap.mapping import Wire, compile_mapping
from target_gleantap.model import Faulty, Filtered, MappingEntry
from target_gleantap.validation.checker import Checker, without_nulls

HERE = Path(__file__).parent
CASES = [
    pytest.param(path.parent.name, case, id=f"{path.parent.name}-{path.stem}-{case['name']}")
    for path in sorted(HERE.glob("*/*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
    if "mapping" in case
]
DECODER = msgspec.json.Decoder(float_hook=parse_number)


def wire_of(destination: str, settings: dict[str, Any]) -> Wire:
    vendor = {setting.name: setting.default for setting in load(destination).settings}
    return Wire(
        ZoneInfo(settings.get("timezone", "UTC")),
        settings.get("default_region"),
        settings.get("null_policy", "omit"),
        {name: settings.get(name, default) for name, default in vendor.items()},
    )


def result_of(destination: str, case: dict[str, Any]) -> dict[str, Any]:
    written = {"index": 0, "stream": "stream", **case["mapping"]}
    resource = load(destination).resources[written["resource"]]
    mapping, faults = compile_mapping(
        MappingEntry(**written), resource, wire_of(destination, case.get("settings", {}))
    )
    assert faults == ()
    assert mapping is not None
    text = case["record_json"] if "record_json" in case else msgspec.json.encode(case["record"])
    result = mapping.apply(DECODER.decode(text))
    if result is Filtered.FILTERED:
        return {"filtered": True}
    if isinstance(result, dict):
        faults = Checker(resource.schema, formats=True).faults(without_nulls(result))
    elif isinstance(result, Faulty):
        faults = result.faults
    return {"errors": [str(fault) for fault in faults]} if faults else {"body": result}


@pytest.mark.parametrize(("destination", "case"), CASES)
def test_case(destination: str, case: dict[str, Any]) -> None:
    expected = {key: case[key] for key in ("body", "errors", "filtered") if key in case}
    result = result_of(destination, case)
    assert list(result) == list(expected)
    # As JSON: in Python, 1 equals true and 1.0, on the wire it does not.
    assert as_json(result) == as_json(expected)


def as_json(value: dict[str, Any]) -> str:
    return json.dumps(json.loads(encode(value)), sort_keys=True)


def test_every_destination_has_cases() -> None:
    assert {case.values[0] for case in CASES} <= set(names())
    assert "gleantap" in {case.values[0] for case in CASES}
