"""Raw values to their kinds. What comes from the environment is text, and is read as such."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeAlias

from target_gleantap.contract import Setting
from target_gleantap.model import Fault

Checked: TypeAlias = tuple[Any, tuple[Fault, ...]]
"""A value, and what is wrong with it. With faults, the value means nothing."""

TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")

EXPECTED: Mapping[str, str] = {
    "string": "a string",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object (names and values)",
}


class _Unfit(Enum):
    UNFIT = "unfit"


UNFIT = _Unfit.UNFIT


def found(value: Any) -> str:
    """What kind of thing a value is, in words, without the value."""
    words = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    words |= {list: "a list", dict: "an object", type(None): "nothing"}
    return words.get(type(value), "something else")


def is_absent(raw: Any) -> bool:
    """Whether a value counts as not set: Meltano passes null, an environment empty text."""
    return raw is None or raw == ""


def _string(raw: Any) -> Any:
    # YAML reads an id of digits as a number: its text is the same without loss.
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    return raw if isinstance(raw, str) else UNFIT


def _integer(raw: Any) -> Any:
    if isinstance(raw, str):
        return int(raw) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", raw) else UNFIT
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return UNFIT
    return int(raw) if raw == raw // 1 else UNFIT


def _boolean(raw: Any) -> Any:
    if isinstance(raw, str):
        word = raw.strip().lower()
        return word in TRUE if word in (*TRUE, *FALSE) else UNFIT
    return raw if isinstance(raw, bool) else UNFIT


def _json(raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return UNFIT


def _array(raw: Any) -> Any:
    value = _json(raw)
    return value if isinstance(value, list) else UNFIT


def _object(raw: Any) -> Any:
    value = _json(raw)
    return value if isinstance(value, dict) else UNFIT


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}


def _wrong_kind(setting: Setting, raw: Any) -> Fault:
    hint = ""
    if isinstance(raw, str) and setting.kind == "array":
        hint = "a list stands in brackets; in the environment it is written as JSON"
    elif isinstance(raw, str) and setting.kind == "object":
        hint = "in the environment it is written as JSON"
    return Fault(
        setting.name, f"expected {EXPECTED[setting.kind]}, found {found(raw)}", hint, rule="type"
    )


def _bounds(setting: Setting) -> str:
    least = "" if setting.minimum is None else f"at least {setting.minimum}"
    most = "" if setting.maximum is None else f"at most {setting.maximum}"
    return " and ".join(bound for bound in (least, most) if bound)


def _in_range(setting: Setting, value: int) -> bool:
    return (setting.minimum is None or value >= setting.minimum) and (
        setting.maximum is None or value <= setting.maximum
    )


def convert(setting: Setting, raw: Any) -> Checked:
    """Bring a value that is set to its setting's kind, and hold it against choices and range."""
    value = _KINDS[setting.kind](raw)
    if value is UNFIT:
        return None, (_wrong_kind(setting, raw),)
    if setting.choices and value not in setting.choices:
        message = f"expected one of: {', '.join(setting.choices)}"
        return None, (Fault(setting.name, message, rule="choice"),)
    if setting.kind == "integer" and not _in_range(setting, value):
        return None, (Fault(setting.name, f"expected {_bounds(setting)}", rule="range"),)
    return value, ()
