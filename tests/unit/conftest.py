"""Nouns for the tests of mappings: settings, resources, entries."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings

from target_gleantap.contract import Resource
from target_gleantap.destinations import load
from target_gleantap.mapping import Mapping, Wire, compile_mapping
from target_gleantap.model import Fault, MappingEntry

# The first draw of text builds a table of Unicode, which is slow where nothing is cached.
settings.register_profile("tables", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tables")

GLEANTAP = load("gleantap")


@pytest.fixture(scope="session")
def contact() -> Resource:
    return GLEANTAP.resources["contact"]


@pytest.fixture(scope="session")
def event() -> Resource:
    return GLEANTAP.resources["event"]


@pytest.fixture(scope="session")
def wire() -> Callable[..., Wire]:
    """Settings, changed as a test asks."""

    def make(**changes: Any) -> Wire:
        vendor = {setting.name: setting.default for setting in GLEANTAP.settings}
        vendor |= {name: changes.pop(name) for name in list(changes) if name in vendor}
        given = {"timezone": ZoneInfo("UTC"), "default_region": None, "null_policy": "omit"}
        return Wire(vendor=vendor, **{**given, **changes})

    return make


@pytest.fixture(scope="session")
def faults_of(wire: Callable[..., Wire]) -> Callable[..., tuple[Fault, ...]]:
    """All that is wrong with an entry."""

    def compile_(resource: str = "contact", **entry: Any) -> tuple[Fault, ...]:
        written = MappingEntry(0, "members", resource, **entry)
        mapping, faults = compile_mapping(written, GLEANTAP.resources[resource], wire())
        assert (mapping is None) == bool(faults)
        return faults

    return compile_


@pytest.fixture(scope="session")
def mapping(wire: Callable[..., Wire]) -> Callable[..., Mapping]:
    """A contact's mapping that holds what is required, and what a test adds."""

    def make(
        fields: dict[str, Any] | None = None, settings: dict[str, Any] | None = None, **entry: Any
    ) -> Mapping:
        required = {"user_id": "id", "first_name": "'Ann'", "last_name": "'Example'"}
        written = MappingEntry(
            0, "members", "contact", fields={**required, **(fields or {})}, **entry
        )
        made, faults = compile_mapping(
            written, GLEANTAP.resources["contact"], wire(**settings or {})
        )
        assert faults == ()
        assert made is not None
        return made

    return make
