"""The files and the environment that `--config` names, merged to one raw config."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dotenv import dotenv_values, find_dotenv

from target_gleantap.errors import ConfigError
from target_gleantap.model import Fault
from target_gleantap.settings import environment

ENVIRONMENT = "ENV"
YAML_ENDS = (".yml", ".yaml")


def read_config(given: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    """Read what `--config` names, in turn; a later file wins, and `ENV` wins over all files.

    Args:
        given: Paths of JSON files, of YAML files by their name, and `ENV` for the environment.
        environ: The environment. A `.env` file in this directory or above adds to it.

    Raises:
        ConfigError: For every file that is not there, cannot be read or is no object.
    """
    read = [_read_file(path) for path in given if path != ENVIRONMENT]
    faults = [each for each in read if isinstance(each, Fault)]
    if faults:
        raise ConfigError(faults, about="What --config names")
    merged: dict[str, Any] = {}
    for each in read:
        merged.update(each if isinstance(each, dict) else {})
    if ENVIRONMENT in given:
        written = {
            name: value or "" for name, value in dotenv_values(find_dotenv(usecwd=True)).items()
        }
        merged.update(environment({**written, **environ}))
    return merged


def _read_file(path: str) -> dict[str, Any] | Fault:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Fault(path, "is not written in UTF-8", rule="encoding")
    except OSError as error:
        return Fault(path, f"cannot be read: {error.strerror}", rule="file")
    read = _read_yaml if path.endswith(YAML_ENDS) else _read_json
    try:
        config = read(path, text)
    except RecursionError:
        return Fault(path, "is nested too deeply", rule="json")
    if isinstance(config, (dict, Fault)):
        return config
    return Fault(path, "is not a JSON object with the settings", rule="json")


def _read_json(path: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # The decoder's own words can hold a letter of the file.
        at = f"{path}:{error.lineno}:{error.colno}"
        hint = "a config is JSON, or YAML in a file named .yml: " + (
            "the file is empty" if not text.strip() else "look for a comma or a quote before this"
        )
        return Fault(at, "is not JSON from here on", hint, rule="json")


def _read_yaml(path: str, text: str) -> Any:
    # Only here: a run whose config is JSON has no use for it.
    import yaml  # noqa: PLC0415

    from target_gleantap import yaml_text  # noqa: PLC0415

    try:
        config = yaml_text.load(text)
    except yaml.MarkedYAMLError as error:
        # PyYAML's own words can hold a part of the file.
        mark = error.problem_mark or error.context_mark
        at = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        if error.problem == yaml_text.TWICE:
            return Fault(at, yaml_text.TWICE, "keep one of the two", rule="yaml")
        hint = "look at the indentation, and for a missing quote"
        return Fault(at, "is not YAML from here on", hint, rule="yaml")
    except (yaml.YAMLError, ValueError):
        return Fault(path, "is not YAML", rule="yaml")
    return {} if config is None else config
