"""What a field of a mapping is made of: an expression, a nested shape of them, or a literal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from target_gleantap.mapping.expressions.compile import (
    EVALUATION_ERRORS,
    Expression,
    Reader,
    compile_expression,
    constantly,
    evaluation_fault,
)
from target_gleantap.model import Fault, Record


@dataclass(frozen=True, slots=True)
class Shape:
    """A compiled field.

    Attributes:
        read: Builds its value of a record.
        expressions: All the expressions in it.
        constant: Whether it gives the same for every record.
        origin: What it is made from, for faults: `(from ...)`, or empty.
        parts: What the members of the object that it builds are made of, by key.
        items: What the items of the list that it builds are made of.
    """

    read: Reader
    expressions: tuple[Expression, ...] = ()
    constant: bool = True
    origin: str = ""
    parts: Mapping[str, Shape] = field(default_factory=dict)
    items: tuple[Shape, ...] = ()

    def origin_at(self, way: Sequence[str | int]) -> str:
        """What the member is made from that this way leads to, as `origin` says it."""
        if not way:
            return self.origin
        place, *below = way
        if isinstance(place, str):
            part = self.parts.get(place)
        else:
            part = self.items[place] if place < len(self.items) else None
        return self.origin if part is None else part.origin_at(below)

    def evaluation_faults(self, record: Record) -> list[Fault]:
        """The faults of all the expressions that cannot be evaluated for this record."""
        faults = []
        for expression in self.expressions:
            try:
                expression.read(record)
            except EVALUATION_ERRORS as error:  # noqa: PERF203 - every one of them is told
                faults.append(evaluation_fault(error, expression))
        return faults


def compile_shape(value: Any, path: str, *, drop_nulls: bool) -> tuple[Shape, tuple[Fault, ...]]:
    """Compile what stands in the YAML, or say all that is wrong with it.

    Args:
        value: A text is an expression, a dictionary or list builds the same shape, any other
            scalar is itself.
        path: Where it stands.
        drop_nulls: Whether nested objects leave out what is null.
    """
    if isinstance(value, str):
        return _expression(value, path)
    if isinstance(value, Mapping):
        return _object(value, path, drop_nulls=drop_nulls)
    if isinstance(value, (list, tuple)):
        return _list(value, path, drop_nulls=drop_nulls)
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return Shape(constantly(value)), ()
    return _nothing(Fault(path, "is neither an expression nor a JSON value", rule="shape"))


def _nothing(*faults: Fault) -> tuple[Shape, tuple[Fault, ...]]:
    return Shape(constantly(None), constant=False), faults


def _expression(text: str, path: str) -> tuple[Shape, tuple[Fault, ...]]:
    expression, faults = compile_expression(text, path)
    if expression is None:
        return _nothing(*faults)
    origin = f"(from `{text}`)"
    return Shape(expression.read, (expression,), expression.constant, origin), ()


def _object(
    value: Mapping[Any, Any], path: str, *, drop_nulls: bool
) -> tuple[Shape, tuple[Fault, ...]]:
    faults = [
        Fault(f"{path}.{key}", "is a key that is not text", "put it in quotes", rule="shape")
        for key in value
        if not isinstance(key, str)
    ]
    shapes: dict[str, Shape] = {}
    for key, child in value.items():
        shapes[key], more = compile_shape(child, f"{path}.{key}", drop_nulls=drop_nulls)
        faults.extend(more)
    readers = tuple((key, shape.read) for key, shape in shapes.items())

    def read(record: Any) -> Any:
        built = {key: part(record) for key, part in readers}
        if drop_nulls and None in built.values():
            built = {key: part for key, part in built.items() if part is not None}
        return built if built or not readers else None

    return replace(_together(read, tuple(shapes.values())), parts=shapes), tuple(faults)


def _list(value: Any, path: str, *, drop_nulls: bool) -> tuple[Shape, tuple[Fault, ...]]:
    compiled = [
        compile_shape(child, f"{path}[{place}]", drop_nulls=drop_nulls)
        for place, child in enumerate(value)
    ]
    shapes = tuple(shape for shape, _ in compiled)
    readers = tuple(shape.read for shape in shapes)
    faults = tuple(fault for _, more in compiled for fault in more)
    shape = _together(lambda record: [part(record) for part in readers], shapes)
    return replace(shape, items=shapes), faults


def _together(read: Reader, shapes: tuple[Shape, ...]) -> Shape:
    expressions = tuple(expression for shape in shapes for expression in shape.expressions)
    return Shape(read, expressions, all(shape.constant for shape in shapes))
