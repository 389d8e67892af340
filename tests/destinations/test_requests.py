"""The cases beside this file that tell what leaves: method, URL, headers and body."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from test_mapping_cases import DECODER, as_json, wire_of

from target_gleantap.destinations import load
from target_gleantap.mapping import compile_mapping
from target_gleantap.model import MappingEntry

CASES = [
    pytest.param(path.parent.name, case, id=f"{path.parent.name}-{path.stem}-{case['name']}")
    for path in sorted(Path(__file__).parent.glob("*/*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
    if {"request", "refused"} & set(case)
]


@pytest.mark.parametrize(("destination", "case"), CASES)
def test_case(destination: str, case: dict[str, Any]) -> None:
    declared = load(destination)
    wire = wire_of(destination, case.get("settings", {}))
    secrets = {each.name: "a-token" for each in declared.settings if each.required}
    vendor = {**wire.vendor, **secrets, **case.get("settings", {})}
    assert declared.inspect(vendor, datetime.now(timezone.utc).date()).faults == ()
    configured = declared.configure(declared, vendor)
    entry = MappingEntry(**{"index": 0, "stream": "stream", **case["mapping"]})
    resource = configured.resources[entry.resource]
    mapping, faults = compile_mapping(entry, resource, wire)
    assert (faults, mapping is None) == ((), False)
    assert mapping
    body = mapping.apply(DECODER.decode(msgspec.json.encode(case["record"])))
    refused = resource.checks(body, datetime.now(timezone.utc))
    assert [str(fault) for fault in refused] == case.get("refused", [])
    if "request" in case:
        sent = {
            "method": resource.method,
            "url": configured.base_url + resource.path,
            "headers": dict(configured.sign(vendor)),
            "body": resource.envelope(body, vendor),
        }
        assert as_json(sent) == as_json(case["request"])
