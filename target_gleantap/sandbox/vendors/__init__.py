"""The vendors that the sandbox can play, each in a folder named like its destination."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from target_gleantap.sandbox.account.vendor import Vendor


def names() -> tuple[str, ...]:
    """The destinations that the sandbox can play, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Vendor:
    """Load a vendor.

    Raises:
        ModuleNotFoundError: Where there is no module of that name.
    """
    vendor: Vendor = import_module(f"{__name__}.{name}").VENDOR
    return vendor
