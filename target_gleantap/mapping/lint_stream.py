"""Holding a mapping against a stream's SCHEMA, before its first record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from target_gleantap.errors import closest
from target_gleantap.mapping.custom_attributes import METADATA, missing_faults
from target_gleantap.mapping.expressions.compile import Expression
from target_gleantap.mapping.expressions.tree import ITEM, SourcePath
from target_gleantap.model import Fault, MappingEntry

Schema: TypeAlias = Mapping[str, Any]

_BARE_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def lint_sources(
    entry: MappingEntry, expressions: Iterable[Expression], schema: Schema, stream: str
) -> tuple[Fault, ...]:
    """Faults for source fields that the SCHEMA certainly does not have."""
    faults: dict[Fault, None] = {}
    for expression in expressions:
        for path in sorted(expression.sources, key=lambda path: (len(path), path)):
            faults.update(dict.fromkeys(_missing(expression, path, schema, stream)))
    properties = known_properties(schema, schema)
    if properties is not None:
        faults.update(dict.fromkeys(missing_faults(entry, properties, stream)))
    return tuple(faults)


def _missing(
    expression: Expression, path: SourcePath, root: Schema, stream: str
) -> Iterator[Fault]:
    schema: Any = root
    for place, name in enumerate(path):
        if name == ITEM:
            schema = plain(schema, root).get("items")
            continue
        properties = known_properties(schema, root)
        if properties is None or name.startswith(METADATA):
            return
        if name not in properties:
            message = f"stream {stream!r} has no field {_dotted(path[: place + 1])}"
            yield Fault(
                expression.path,
                message,
                _hint(expression, path[:place], name, properties),
                rule="source",
            )
            return
        schema = properties[name]


def _dotted(path: SourcePath) -> str:
    return ".".join(path).replace(f".{ITEM}", ITEM)


def _hint(expression: Expression, above: SourcePath, name: str, properties: Schema) -> str:
    close = closest(name, properties)
    if close:
        return f"did you mean {_dotted((*above, close))}?"
    if f'"{name}"' in expression.text:
        return f"in double quotes it is a field; a fixed text stands in single ones: '{name}'"
    bare = _BARE_WORD.fullmatch(expression.text) and not expression.path.endswith(f".{name}")
    return f"if you mean the text itself, quote it: \"'{name}'\"" if bare else ""


def known_properties(schema: Any, root: Schema) -> Schema | None:
    """All the fields of an object by its schema; None where others are possible."""
    schema = plain(schema, root)
    properties = schema.get("properties")
    open_ended = schema.get("additionalProperties", False) is not False or any(
        schema.get(keyword) for keyword in ("patternProperties", "allOf", "if", "dependentSchemas")
    )
    return (
        None if open_ended or not isinstance(properties, Mapping) or not properties else properties
    )


def plain(schema: Any, root: Schema) -> Schema:
    """The schema behind references and behind a choice between it and null; {} if unclear."""
    for _ in range(32):  # a schema may refer to itself
        if not isinstance(schema, Mapping):
            return {}
        if "$ref" in schema:
            schema = _referred(schema["$ref"], root)
        elif "anyOf" in schema or "oneOf" in schema:
            choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
            choices = [choice for choice in choices if choice != {"type": "null"}]
            schema = choices[0] if len(choices) == 1 and "properties" not in schema else {}
        else:
            return schema
    return {}


def _referred(reference: Any, root: Schema) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return {}
    found: Any = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
