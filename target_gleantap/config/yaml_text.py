"""YAML as a config is written in it: the JSON types of YAML 1.2, and no key twice. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

BOOLEAN = "tag:yaml.org,2002:bool"
TWICE = "holds a key that stands in the same place already"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(yaml.SafeLoader):
    """Reads `no`, `on` and `2026-01-31` as the texts that they are.

    YAML 1.1 takes the first two for booleans, which makes false of the country code of Norway,
    and the third for a date, which JSON does not have.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and the kind are PyYAML's
        first: [(tag, form) for tag, form in resolvers if tag not in (BOOLEAN, TIMESTAMP)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice: only the last would count.

        Raises:
            yaml.MarkedYAMLError: At the second one.
        """
        seen: set[Any] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.value != "<<":
                raise yaml.MarkedYAMLError(problem=TWICE, problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


Loader.add_implicit_resolver(BOOLEAN, re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF"))


def load(text: str) -> Any:
    """Read a YAML document.

    Raises:
        yaml.YAMLError: Where it is none.
    """
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader


def compose(text: str) -> yaml.Node | None:
    """Read a YAML document (or JSON) as nodes that know their lines.

    Raises:
        yaml.YAMLError: Where it is none.
    """
    node: yaml.Node | None = yaml.compose(text, Loader)
    return node
