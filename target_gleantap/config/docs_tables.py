"""The settings as people read them: a table for the docs, a list for Meltano."""

from __future__ import annotations

import json
from typing import Any

from target_gleantap.config.declared import SETTINGS
from target_gleantap.contract import Setting


def _kind(setting: Setting) -> str:
    bounds = {
        (True, True): f", {setting.minimum} to {setting.maximum}",
        (True, False): f", at least {setting.minimum}",
        (False, True): f", at most {setting.maximum}",
    }
    has = (setting.minimum is not None, setting.maximum is not None)
    return f"{setting.kind}{bounds.get(has, '')}{', secret' if setting.secret else ''}"


def _default(setting: Setting) -> str:
    if setting.required:
        return "**required**"
    if setting.default is None:
        return ""
    text = setting.default if isinstance(setting.default, str) else json.dumps(setting.default)
    return f"`{text}`"


def _description(setting: Setting) -> str:
    choices = ", ".join(f"`{choice}`" for choice in setting.choices)
    return f"{setting.description} One of {choices}." if choices else setting.description


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def table() -> str:
    """All settings as a Markdown table."""
    rows = [
        _row(f"`{each.name}`", _kind(each), _default(each), _description(each)) for each in SETTINGS
    ]
    head = (_row("setting", "kind", "default", "what it does"), _row("---", "---", "---", "---"))
    return "\n".join((*head, *rows))


def meltano() -> list[dict[str, Any]]:
    """All settings as meltano.yml lists them.

    Defaults are left to the target: a value that Meltano passes on its own would keep a
    destination from having its own default.
    """
    return [_meltano(setting) for setting in SETTINGS]


def _meltano(setting: Setting) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": setting.name,
        "label": setting.name.replace("_", " ").capitalize(),
        "kind": "options" if setting.choices else setting.kind,
        "description": setting.description,
    }
    if setting.choices:
        entry["options"] = [{"label": choice, "value": choice} for choice in setting.choices]
    if setting.secret:
        entry["sensitive"] = True
    return entry
