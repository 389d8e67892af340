"""How much of the suite is run: the short form among all tests, the long one by `make chaos`."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--chaos", choices=["short", "long"], default="short")
    parser.addoption("--chaos-rows", type=Path, help="a folder to write rows of the table to")


@pytest.fixture
def chaos_long(pytestconfig):
    return pytestconfig.getoption("--chaos", "short") == "long"


@pytest.fixture
def rows_folder(pytestconfig):
    return pytestconfig.getoption("--chaos-rows", None)


def pytest_collection_modifyitems(config, items):
    """What takes longest begins first, so that two workers end together."""
    if config.getoption("--chaos", "short") == "long":
        items.sort(key=lambda item: not any(name in item.name for name in ("soak", "10-000")))
