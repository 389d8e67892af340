"""One record, followed through every rule of every mapping that takes it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from target_gleantap.contract.identify import identifiers
from target_gleantap.exact_json.values import NotCoercible
from target_gleantap.mapping.expressions.compile import EVALUATION_ERRORS, evaluation_fault
from target_gleantap.mapping.mapping import Field, is_true
from target_gleantap.model import Filtered, Origin, Record, Rejection
from target_gleantap.transform.prepare import Prepared
from target_gleantap.transform.routes import Route
from target_gleantap.workbench.preview.masking import constants, masked, showable
from target_gleantap.workbench.preview.messages import keys_of, record_of

MOST = 5
"""How many times one key is followed: a record may come again and again."""


@dataclass(frozen=True)
class Rule:
    """What one rule did.

    Attributes:
        name: `where`, a body field, or `custom_attributes`.
        written: The expression, as the mapping has it.
        read: What it gave for the record.
        sent: What became of that; None where nothing is sent.
        faults: What is wrong with it.
    """

    name: str
    written: str
    read: Any
    sent: Any = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explained:
    """One record in one mapping.

    Attributes:
        line: Its input line.
        stream: Its stream.
        mapping: The mapping's name.
        rules: What each rule did.
        outcome: How it ends.
        faults: What it is rejected for.
    """

    line: int
    stream: str
    mapping: str
    rules: tuple[Rule, ...]
    outcome: str
    faults: tuple[str, ...] = ()


class Explainer:
    """Looks out for one record.

    Args:
        key: The value of its key property; several are joined by commas.
        show_values: Whether to keep values as they are.
    """

    def __init__(self, key: str, *, show_values: bool) -> None:
        self.key = key
        self.found: list[Explained] = []
        self.more = 0
        self._show_values = show_values

    def take(
        self, route: Route, record: Record, made: Prepared | Filtered | Rejection, line: int
    ) -> None:
        """Follow a record, if it is the one."""
        if self._is_it([record.get(name) for name in route.key_properties]):
            outcome, faults = _outcome(route, made)
            rules = tuple(self._rules(route, record))
            explained = Explained(line, route.stream, route.name, rules, outcome, faults)
            self.found.append(explained)

    def take_refused(self, origin: Origin, mapping: str, rejection: Rejection) -> None:
        """Take in a record that the tap's own SCHEMA refuses, if it is the one."""
        record = record_of(origin)
        if self._is_it([record.get(name) for name in keys_of(origin)]):
            faults = tuple(str(fault) for fault in rejection.faults)
            outcome = "rejected: it does not fit the tap's own SCHEMA, so no rule was tried"
            self.found.append(Explained(origin.line, origin.stream, mapping, (), outcome, faults))

    def _is_it(self, values: list[Any]) -> bool:
        if not values or ",".join(str(value) for value in values) != self.key:
            return False
        if len(self.found) >= MOST:
            self.more += 1
            return False
        return True

    def _rules(self, route: Route, record: Record) -> Iterator[Rule]:
        plan = route.mapping.plan
        if plan.where is not None:
            try:
                read = plan.where.read(record)
            except EVALUATION_ERRORS as error:
                fault = str(evaluation_fault(error, plan.where))
                yield Rule("where", plan.where.text, None, faults=(fault,))
                return
            yield Rule("where", plan.where.text, self._shown(read), is_true(read))
            if not is_true(read):
                return
        yield from (self._field(field, record) for field in plan.fields)
        if plan.attributes is not None:
            attributes = self._shown(plan.attributes(record))
            yield Rule("custom_attributes", ", ".join(attributes), attributes, attributes)

    def _field(self, field: Field, record: Record) -> Rule:
        texts = [expression.text for expression in field.shape.expressions]
        written = ", ".join(texts) or "(fixed)"
        known = constants(field.shape)
        read: Any = None
        try:
            read = field.shape.read(record)
            sent = None if read is None else field.coerce(read)
        except (NotCoercible, *EVALUATION_ERRORS) as error:
            faults = tuple(str(fault) for fault in field.faults(record, error))
            return Rule(field.name, written, self._shown(read, known), faults=faults)
        return Rule(field.name, written, self._shown(read, known), self._shown(sent, known))

    def _shown(self, value: Any, known: AbstractSet[str] = frozenset()) -> Any:
        return showable(value) if self._show_values else masked(value, known)


def _outcome(route: Route, made: Prepared | Filtered | Rejection) -> tuple[str, tuple[str, ...]]:
    if isinstance(made, Filtered):
        return "filtered: `where` leaves it out", ()
    if isinstance(made, Rejection):
        what = "a rule of the mapping fails"
        if made.reason == "contract":
            what = "the body breaks the documented contract"
        return f"rejected: {what}", tuple(str(fault) for fault in made.faults)
    kinds = ", ".join(
        dict.fromkeys(one.partition(":")[0] for one in identifiers(route.resource, made.body))
    )
    request = f"{route.resource.method} {route.resource.path}"
    return f"would be sent: {request}, known by {kinds or 'nothing'}", ()
