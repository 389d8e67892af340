"""A compiled mapping: record in, body out."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any, TypeAlias

from target_gleantap.contract import Resource
from target_gleantap.exact_json.values import NotCoercible, json_value
from target_gleantap.mapping.coercion.wire import Coercer
from target_gleantap.mapping.custom_attributes import Attributes
from target_gleantap.mapping.expressions.compile import (
    EVALUATION_ERRORS,
    Expression,
    Reader,
    evaluation_fault,
)
from target_gleantap.mapping.lint_stream import lint_sources
from target_gleantap.mapping.nested import each
from target_gleantap.mapping.shapes import Shape
from target_gleantap.model import Body, Fault, Faulty, Filtered, MappingEntry, Record
from target_gleantap.validation.explanations import dotted


@dataclass(frozen=True, slots=True)
class Field:
    """One body field: how its value is read, and made the documented type.

    Attributes:
        name: The body field.
        shape: What it is read with.
        coerce: What makes it the wire type.
    """

    name: str
    shape: Shape
    coerce: Coercer

    def faults(self, record: Record, error: Exception) -> list[Fault]:
        """What is wrong, of a record for which reading or coercing raised `error`."""
        if isinstance(error, NotCoercible):
            return [self._fault(way, one) for way, one in each(error)]
        found = self.shape.evaluation_faults(record)
        message = "cannot be built for this record"
        return found or [Fault(self.name, message, rule="expression")]

    def _fault(self, way: tuple[str | int, ...], error: NotCoercible) -> Fault:
        message = f"{error.message} {self.shape.origin_at(way)}".rstrip()
        return Fault(dotted((self.name, *way)), message, error.hint, error.rule)


Step: TypeAlias = tuple[str, Reader, Coercer, Field]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `compile_mapping` found out about an entry.

    Attributes:
        where: The compiled condition, or None.
        fields: The body fields, in the order of the YAML.
        attributes: What gives the custom attributes of the body's top level, or None.
        send_nulls: Whether nulls go out.
    """

    where: Expression | None
    fields: tuple[Field, ...]
    attributes: Attributes | None
    send_nulls: bool


class Mapping:
    """One entry of `mappings`, compiled for one resource. Made by `compile_mapping`."""

    def __init__(self, entry: MappingEntry, resource: Resource, plan: Plan) -> None:
        self.entry = entry
        self.resource = resource
        self.plan = plan
        self._where = plan.where
        self._attributes = plan.attributes
        self._send_nulls = plan.send_nulls
        self._fields = plan.fields
        # Flat tuples: attribute look-ups would cost as much as the reading itself.
        self._steps: tuple[Step, ...] = tuple(
            (field.name, field.shape.read, field.coerce, field) for field in plan.fields
        )

    def lint(self, stream_schema: MappingOf[str, Any], stream: str) -> tuple[Fault, ...]:
        """Source fields that the stream's SCHEMA certainly does not have.

        Args:
            stream_schema: The `schema` of the SCHEMA message.
            stream: The stream's name, for the messages.
        """
        expressions = [
            expression for field in self._fields for expression in field.shape.expressions
        ]
        if self._where is not None:
            expressions.insert(0, self._where)
        return lint_sources(self.entry, expressions, stream_schema, stream)

    def apply(self, record: Record) -> Body | Filtered | Faulty:
        """Map one record.

        Returns:
            The body without the envelope, or that `where` leaves the record out, or all that
            is wrong with the record at once.
        """
        passes = True if self._where is None else self.passes(record)
        if passes is not True:
            return passes or Filtered.FILTERED
        faults: list[Fault] = []
        body = self._read_fields(self._steps, record, faults)
        if self._attributes is not None:
            self._add_attributes(body, self._attributes(record), faults)
        return Faulty(tuple(faults)) if faults else body

    def passes(self, record: Record) -> bool | Faulty:
        """Tell whether `where` lets a record through."""
        if self._where is None:
            return True
        try:
            return is_true(self._where.read(record))
        except EVALUATION_ERRORS as error:
            return Faulty((evaluation_fault(error, self._where),))

    def part(self, record: Record, names: Collection[str]) -> Body | Faulty:
        """Map some fields of a record, whatever `where` says and whatever the others are.

        Args:
            record: The record.
            names: The body fields.
        """
        faults: list[Fault] = []
        steps = tuple(step for step in self._steps if step[0] in names)
        body = self._read_fields(steps, record, faults)
        return Faulty(tuple(faults)) if faults else body

    def _read_fields(self, steps: tuple[Step, ...], record: Record, faults: list[Fault]) -> Body:
        body: Body = {}
        send_nulls = self._send_nulls
        for name, read, coerce, field in steps:
            try:
                value = read(record)
                if value is not None:
                    value = coerce(value)
            except (NotCoercible, *EVALUATION_ERRORS) as error:  # noqa: PERF203 - all are told
                faults.extend(field.faults(record, error))
            else:
                if value is not None or send_nulls:
                    body[name] = value
        return body

    @staticmethod
    def _add_attributes(body: Body, attributes: dict[str, Any], faults: list[Fault]) -> None:
        for name, value in attributes.items():
            try:
                json_value(name)
                body[name] = json_value(value)
            except NotCoercible as error:  # noqa: PERF203 - every one of them is told
                shown = name.encode(errors="backslashreplace").decode()
                faults.append(Fault(shown, error.message, error.hint, error.rule))


def is_true(value: Any) -> bool:
    """JMESPath's truth: zero is true, and what is empty is not."""
    return not (value is None or value is False or value in ("", [], {}))
