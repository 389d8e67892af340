"""What is wrong with a JSON value, in words that hold none of it.

jsonschema's own messages repeat the value, so none of them is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from jsonschema import ValidationError

from target_gleantap.exact_json.values import a_kind_of, with_article
from target_gleantap.model import Fault

Error: TypeAlias = Any
"""jsonschema's ValidationError, whose stub has every attribute as maybe unset."""
Explanation: TypeAlias = Callable[[Error], Iterator[Fault]]

_KINDS = {"string": "text", "array": "a list", "object": "an object", "null": "null"}


def explain(errors: Iterable[ValidationError]) -> tuple[Fault, ...]:
    """All the errors of one instance as faults, each once."""
    faults: dict[Fault, None] = {}
    for error in errors:
        make = _EXPLANATIONS.get(str(error.validator), _other)
        faults.update(dict.fromkeys(make(error)))
    return tuple(faults)


def identity_message(options: Iterable[Sequence[str]]) -> str:
    """Say which fields identify: `needs user_id, or email with first_name`."""
    readable = (f"{first} with {' and '.join(rest)}" if rest else first for first, *rest in options)
    return "needs " + ", or ".join(readable)


def dotted(path: Iterable[str | int]) -> str:
    """A path into a JSON value: `contact.phones[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    shown = text.removeprefix(".")
    return shown.encode(errors="backslashreplace").decode()


def _fault(error: Error, message: str, rule: str = "") -> Fault:
    return Fault(dotted(error.absolute_path), message, rule=rule or str(error.validator))


def _required(error: Error) -> Iterator[Fault]:
    for name in error.validator_value:
        if name not in error.instance:
            path = dotted((*error.absolute_path, name))
            yield Fault(path, "is required", rule="required")


def _type(error: Error) -> Iterator[Fault]:
    yield _fault(error, _type_message(error.validator_value, error.instance), "type")


def _type_message(types: Any, instance: Any) -> str:
    names = [types] if isinstance(types, str) else types
    wanted = " or ".join(_KINDS.get(name, with_article(name)) for name in names)
    found = a_kind_of(instance)
    if "integer" in names and found == "a number":
        found = "a number with a fraction"
    return f"must be {wanted}, is {found}"


def _enum(error: Error) -> Iterator[Fault]:
    values = ", ".join("null" if value is None else str(value) for value in error.validator_value)
    yield _fault(error, f"is not one of the documented values {values}")


def _const(error: Error) -> Iterator[Fault]:
    yield _fault(error, f"is not the documented value {error.validator_value}")


def _form(error: Error) -> Iterator[Fault]:
    yield _fault(error, "does not match the documented form")


def _format(error: Error) -> Iterator[Fault]:
    address = error.validator_value == "email"
    yield _fault(error, "is no e-mail address" if address else "does not match the documented form")


def _min_length(error: Error) -> Iterator[Fault]:
    least = error.validator_value
    shorter = f"is shorter than {least} characters"
    yield _fault(error, "must not be empty" if least == 1 else shorter)


def _additional(error: Error) -> Iterator[Fault]:
    # Patterns are left to jsonschema: with any of them, only the place is told.
    known = None if "patternProperties" in error.schema else error.schema.get("properties", {})
    if known is None or not isinstance(error.instance, Mapping):
        yield _fault(error, "has a field that is not documented")
        return
    for name in error.instance:
        if name not in known:
            path = dotted((*error.absolute_path, name))
            yield Fault(path, "is not a documented field", rule="additionalProperties")


def _choice(error: Error) -> Iterator[Fault]:
    options = error.validator_value
    if error.validator == "anyOf" and all(set(option) == {"required"} for option in options):
        message = identity_message(option["required"] for option in options)
        yield _fault(error, message, "identity")
    elif all(
        inner.validator == "type" and not inner.relative_path for inner in error.context or ()
    ):
        types = [name for inner in error.context or () for name in _names(inner.validator_value)]
        yield _fault(error, _type_message(list(dict.fromkeys(types)), error.instance), "type")
    else:
        yield _fault(error, "fits none of the documented forms")


def _names(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types)


def _limit(words: str) -> Explanation:
    def explanation(error: Error) -> Iterator[Fault]:
        yield _fault(error, words.format(error.validator_value))

    return explanation


def _other(error: Error) -> Iterator[Fault]:
    yield _fault(error, f"breaks the rule {error.validator} of the schema")


_EXPLANATIONS: Mapping[str, Explanation] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _form,
    "format": _format,
    "minLength": _min_length,
    "maxLength": _limit("is longer than {} characters"),
    "minimum": _limit("is less than {}"),
    "maximum": _limit("is more than {}"),
    "exclusiveMinimum": _limit("must be more than {}"),
    "exclusiveMaximum": _limit("must be less than {}"),
    "multipleOf": _limit("is not a multiple of {}"),
    "minItems": _limit("has fewer than {} items"),
    "maxItems": _limit("has more than {} items"),
    "uniqueItems": _limit("holds an item twice"),
    "minProperties": _limit("has fewer than {} fields"),
    "maxProperties": _limit("has more than {} fields"),
    "additionalProperties": _additional,
    "unevaluatedProperties": _additional,
    "anyOf": _choice,
    "oneOf": _choice,
}
