"""The vendors, a folder each. The folder is the registration: nothing lists them."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from target_gleantap.contract import Destination


def names() -> tuple[str, ...]:
    """The names of all destinations, sorted: the folders beside this file."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))


@cache
def load(name: str) -> Destination:
    """Load a destination.

    Raises:
        ModuleNotFoundError: Where there is no folder of that name.
    """
    destination: Destination = import_module(f"{__name__}.{name}").DESTINATION
    return destination
