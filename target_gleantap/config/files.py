"""The files and the environment that `--config` names, merged to one raw config."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values, find_dotenv

from target_gleantap.config import environment, misspelt
from target_gleantap.config.kinds import found
from target_gleantap.config.names import shown
from target_gleantap.errors import ConfigError
from target_gleantap.model import Fault
from target_gleantap.telemetry.logs import LOGGER

if TYPE_CHECKING:
    import yaml

ENVIRONMENT = "ENV"
YAML_ENDS = (".yml", ".yaml")
KEEP_ONE = "keep one of the two"


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
        both = {**written, **environ}
        for name, near in misspelt(both).items():
            LOGGER.warning("%s is no setting, and is passed over: did you mean %s?", name, near)
        merged.update(environment(both))
    return merged


def _read_file(path: str) -> dict[str, Any] | Fault:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Fault(path, "is not written in UTF-8", rule="encoding")
    except OSError as error:
        hint = (
            f"the environment is {ENVIRONMENT}, in capitals" if path == ENVIRONMENT.lower() else ""
        )
        return Fault(path, f"cannot be read: {error.strerror}", hint, rule="file")
    read = _read_yaml if path.endswith(YAML_ENDS) else _read_json
    try:
        config = read(path, text)
    except RecursionError:
        return Fault(path, "is nested too deeply", rule="json")
    if isinstance(config, (dict, Fault)):
        return config
    hint = "names and their values, such as timezone: UTC"
    return Fault(path, f"holds {found(config)}, not an object with the settings", hint, rule="json")


class _TwiceError(Exception):
    """A key stands twice in an object: only the last would count."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(shown(next(name for name in names if names.count(name) > 1)))
    return read


def _read_json(path: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except _TwiceError as twice:
        return Fault(path, f"holds the key {twice} twice in one object", KEEP_ONE, rule="json")
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

    from target_gleantap.config import yaml_text  # noqa: PLC0415

    try:
        config = yaml_text.load(text)
    except yaml.MarkedYAMLError as error:
        # PyYAML's own words can hold a part of the file.
        mark = error.problem_mark or error.context_mark
        at = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        if error.problem == yaml_text.TWICE:
            return Fault(at, yaml_text.TWICE, KEEP_ONE, rule="yaml")
        message, hint = _refused(error, text)
        return Fault(at, message, hint, rule="yaml")
    except (yaml.YAMLError, ValueError):
        return Fault(path, "is not YAML", rule="yaml")
    if not text.strip():
        # One with comments alone may be meant; one without a letter was cut off or never written.
        return Fault(path, "is empty", "leave it out of --config, or write a comment", rule="yaml")
    return {} if config is None else config


def _refused(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str]:
    """What PyYAML found, in words that hold nothing of the file; it has one class for each step."""
    kind, problem = type(error).__name__, str(error.problem)
    if kind == "ConstructorError" and "tag" in problem:
        return "has a tag (a word after !), which a config cannot have", "write the value itself"
    if kind == "ComposerError" and "alias" in problem:
        return "names an anchor (after *) that is not set above", "set it with & where it stands"
    if kind == "ComposerError":
        return "begins a second document; a config is one", "leave out the --- between them"
    mark = error.problem_mark
    lines = text.splitlines()
    if mark and mark.line < len(lines) and lines[mark.line].lstrip(" ").startswith("\t"):
        return "is not YAML from here on", "the line begins with a tab: YAML takes spaces only"
    return "is not YAML from here on", "look at the indentation, and for a missing quote"
