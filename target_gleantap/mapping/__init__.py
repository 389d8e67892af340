"""Record to body: expressions, coercion, linting, and the check against the contract. No I/O."""

from __future__ import annotations

from target_gleantap.mapping.coercion.wire import Wire
from target_gleantap.mapping.compiler import compile_mapping
from target_gleantap.mapping.defaults import default_mapping
from target_gleantap.mapping.mapping import Mapping

__all__ = ["Mapping", "Wire", "compile_mapping", "default_mapping"]
