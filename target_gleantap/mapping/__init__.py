"""Record to body: expressions, coercion, linting, and the check against the contract. No I/O."""

from __future__ import annotations

from target_gleantap.mapping.checker import Checker, DeadReferenceError, without_nulls
from target_gleantap.mapping.coercion import Wire
from target_gleantap.mapping.compiler import compile_mapping
from target_gleantap.mapping.defaults import default_mapping
from target_gleantap.mapping.mapping import Mapping
from target_gleantap.mapping.numbers import (
    ExactNumber,
    decode_json,
    encode,
    encode_canonical,
    encode_json,
    parse_number,
)

__all__ = [
    "Checker",
    "DeadReferenceError",
    "ExactNumber",
    "Mapping",
    "Wire",
    "compile_mapping",
    "decode_json",
    "default_mapping",
    "encode",
    "encode_canonical",
    "encode_json",
    "parse_number",
    "without_nulls",
]
