"""What a parsed JMESPath tree tells before any record: its calls, and the fields it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]
SourcePath: TypeAlias = tuple[str, ...]
Place: TypeAlias = "SourcePath | None"
"""Where in the record a node looks: a path from the top, or None where that is not certain."""

ITEM = "[]"
"""In a source path: any item of the list before it."""


def calls(tree: Node) -> Iterator[tuple[str, int]]:
    """Every function call: its name and number of arguments."""
    if tree["type"] == "function_expression":
        yield tree["value"], len(tree["children"])
    for child in tree.get("children", ()):
        if isinstance(child, dict):  # the children of a slice are numbers
            yield from calls(child)


def source_paths(tree: Node) -> frozenset[SourcePath]:
    """The fields that the expression reads, as far as that is certain."""
    found: set[SourcePath] = set()
    _visit(tree, (), found)
    return frozenset(found)


def _visit(node: Node, place: Place, found: set[SourcePath]) -> Place:
    return _VISITS.get(node["type"], _each)(node, place, found)


def _each(node: Node, place: Place, found: set[SourcePath]) -> Place:
    """All children look at the same place; what comes out is a value of its own."""
    for child in node.get("children", ()):
        if isinstance(child, dict):
            _visit(child, place, found)
    return None


def _field(node: Node, place: Place, found: set[SourcePath]) -> Place:
    if place is None:
        return None
    path = (*place, node["value"])
    found.add(path)
    return path


def _chain(node: Node, place: Place, found: set[SourcePath]) -> Place:
    """Each child looks at what the one before it gave."""
    for child in node["children"]:
        place = _visit(child, place, found)
    return place


def _item(_node: Node, place: Place, _found: set[SourcePath]) -> Place:
    return None if place is None else (*place, ITEM)


def _same(_node: Node, place: Place, _found: set[SourcePath]) -> Place:
    return place


def _projection(node: Node, place: Place, found: set[SourcePath]) -> Place:
    base, *rest = node["children"]
    items = _item(node, _visit(base, place, found), found)
    for child in rest:
        _visit(child, items, found)
    return None


def _unknown_items(node: Node, place: Place, found: set[SourcePath]) -> Place:
    base, *rest = node["children"]
    _visit(base, place, found)
    for child in rest:
        _visit(child, None, found)
    return None


def _function(node: Node, place: Place, found: set[SourcePath]) -> Place:
    for child in node["children"]:
        # An expression reference looks at the items of another argument.
        _visit(child, None if child["type"] == "expref" else place, found)
    return None


_VISITS: dict[str, Callable[[Node, Place, set[SourcePath]], Place]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _item,
    "slice": _same,
    "current": _same,
    "identity": _same,
    "projection": _projection,
    "filter_projection": _projection,
    "value_projection": _unknown_items,
    "function_expression": _function,
}
