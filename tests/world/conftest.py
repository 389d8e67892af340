"""Fixtures of tests that install other people's software, each in an environment of its own.

`environment(name, *requirements)` gives the `bin` folder of an environment that holds just these.
It is made in `.world/` when it is needed first, and kept for the next run. A test whose software
cannot be installed here is skipped with pip's reason.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from environments import NotInstallable, bin_of


@pytest.fixture(scope="session")
def environment() -> Callable[..., Path]:
    """`environment("meltano", "meltano~=4.4") / "meltano"` is the path of that command."""

    def environment(name: str, *requirements: str) -> Path:
        try:
            return bin_of(name, *requirements)
        except NotInstallable as reason:
            pytest.skip(str(reason))

    return environment
