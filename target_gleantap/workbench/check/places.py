"""Where in the config files a fault stands: file and line, for whoever has to mend it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from target_gleantap.config import yaml_text
from target_gleantap.config.files import ENVIRONMENT

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Places:
    """The config files as trees that know their lines.

    Args:
        paths: What `--config` named; a later file wins.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._files = [(path, _tree(path)) for path in reversed(paths) if path != ENVIRONMENT]

    def find(self, fault_path: str) -> tuple[str, int]:
        """The file and 1-based line of a setting, or of the nearest thing above it.

        Returns:
            An empty name where no file holds any of it.
        """
        for file, tree in self._files:
            steps = [number or name for number, name in _STEP.findall(fault_path)]
            line, depth = _walk(tree, steps)
            if depth:
                return file, line
        return "", 0


def _tree(path: str) -> yaml.Node | None:
    try:
        return yaml_text.compose(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None


def _walk(node: yaml.Node | None, steps: list[str]) -> tuple[int, int]:
    """The line of the deepest node on the way, and how many nodes deep that is."""
    line = depth = 0
    while node is not None and steps:
        found = _child(node, steps)
        if found is None:
            break
        mark, node, used = found
        line, depth, steps = mark.line + 1, depth + 1, steps[used:]
    return line, depth


def _child(node: yaml.Node, steps: list[str]) -> tuple[yaml.Mark, yaml.Node, int] | None:
    """The member that the first steps lead to; a key with dots takes several of them."""
    if isinstance(node, yaml.SequenceNode):
        place = int(steps[0]) if steps[0].isdigit() else len(node.value)
        if place >= len(node.value):
            return None
        return node.value[place].start_mark, node.value[place], 1
    if isinstance(node, yaml.MappingNode):
        for used in range(1, len(steps) + 1):
            name = ".".join(steps[:used])
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value == name:
                    return key.start_mark, value, used
    return None
