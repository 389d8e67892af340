"""Expressions: JMESPath, compiled once; plain paths and constants cost a look-up."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import jmespath
from jmespath import exceptions
from jmespath.visitor import Options, TreeInterpreter

from target_gleantap.errors import did_you_mean
from target_gleantap.exact_json.codec import parse_number
from target_gleantap.mapping.expressions.functions import FunctionError, Functions, jmespath_type
from target_gleantap.mapping.expressions.tree import SourcePath, calls, source_paths
from target_gleantap.model import Fault

Reader: TypeAlias = Callable[[Any], Any]

PLAIN_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
QUOTE_HINT = "a fixed text stands in quotes within quotes, such as \"'member'\""

_SLIPS = (
    (re.compile(r"[^=!<>]=[^=]").search, "equal is written ==, such as \"status == 'active'\""),
    (re.compile(r"[=<>]\s*-?[0-9]").search, 'a number stands in backticks, such as "age > `18`"'),
    (
        re.compile(r"[\w.-]*(-|[^\W0-9A-Za-z_])[\w.-]*").fullmatch,
        "a name with a - or other letters than a to z stands in double quotes: '\"e-mail\"'",
    ),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: As it was written.
        path: Where it stands in the YAML.
        read: Evaluates it over a record; raises what `evaluation_fault` knows.
        constant: Whether it gives the same for every record.
        sources: The source fields that it reads.
    """

    text: str
    path: str
    read: Reader
    constant: bool = False
    sources: frozenset[SourcePath] = frozenset()


EVALUATION_ERRORS = (
    exceptions.JMESPathError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What jmespath raises for a value that an expression cannot take."""


def evaluation_fault(error: Exception, expression: Expression) -> Fault:
    """Say why an expression gave nothing, without the values that jmespath's message holds."""
    message = "cannot be evaluated for this record: a value has a type that it cannot take"
    if isinstance(error, exceptions.JMESPathTypeError):
        wanted = " or ".join(str(kind) for kind in error.expected_types)
        got = jmespath_type(str(error.actual_type))
        message = f"{error.function_name}() got {got}, wants {wanted}"
    elif isinstance(error, FunctionError):
        message = str(error)
    hint = f"in the expression `{expression.text}`"
    return Fault(expression.path, message, hint, rule="expression")


def compile_expression(text: str, path: str) -> tuple[Expression | None, tuple[Fault, ...]]:
    """Compile an expression, or give everything that is wrong with it."""
    if PLAIN_PATH.fullmatch(text):
        names = tuple(text.split("."))
        sources = frozenset(names[: end + 1] for end in range(len(names)))
        return Expression(text, path, _look_up(names), sources=sources), ()
    try:
        tree = _parse(text)
    except (exceptions.JMESPathError, RecursionError) as error:
        return None, (Fault(path, _parse_message(error), _parse_hint(text), rule="expression"),)
    faults = tuple(_call_faults(tree, path))
    if faults:
        return None, faults
    if tree["type"] == "literal":
        return Expression(text, path, constantly(_literal(text, tree["value"])), constant=True), ()
    interpreter = TreeInterpreter(Options(custom_functions=Functions()))

    def read(record: Any) -> Any:
        return interpreter.visit(tree, record)

    return Expression(text, path, read, sources=source_paths(tree)), ()


def constantly(value: Any) -> Reader:
    """A reader that gives the same for every record."""
    return lambda _record: value


def _parse(text: str) -> Any:
    with warnings.catch_warnings():
        # JMESPath's old form of a literal, a bare word in backticks, still works.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return jmespath.compile(text).parsed


def _look_up(names: tuple[str, ...]) -> Reader:
    if len(names) == 1:
        (name,) = names
        return lambda record: record.get(name)
    first, *rest = names

    def read(record: Any) -> Any:
        value = record.get(first)
        for name in rest:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return read


def _literal(text: str, value: Any) -> Any:
    """The value of a literal, numbers in their exact text."""
    text = text.strip()
    if not text.startswith("`"):
        return value
    try:
        return json.loads(text[1:-1].replace("\\`", "`"), parse_float=parse_number)
    except ValueError:
        return value


def _parse_message(error: Exception) -> str:
    if isinstance(error, exceptions.EmptyExpressionError):
        return "is an empty expression"
    if not isinstance(error, exceptions.ParseError):
        return "is no JMESPath expression"
    if error.token_type in (None, "EOF"):  # None: jmespath's IncompleteExpressionError
        return "is no JMESPath expression: it ends too early"
    place = getattr(error, "lexer_position", error.lex_position)
    return f"is no JMESPath expression: wrong at column {place + 1}"


def _parse_hint(text: str) -> str:
    """What most likely should have been written: the slips of who knows SQL, Python or YAML."""
    return next((hint for slip, hint in _SLIPS if slip(text)), QUOTE_HINT)


def _call_faults(tree: Any, path: str) -> list[Fault]:
    faults = []
    for name, count in calls(tree):
        function = Functions.FUNCTION_TABLE.get(name)
        if function is None:
            hint = did_you_mean(name, Functions.FUNCTION_TABLE)
            faults.append(Fault(path, f"unknown function {name}()", hint, rule="expression"))
            continue
        signature = function["signature"]
        variadic = bool(signature) and bool(signature[-1].get("variadic"))
        if count < len(signature) or (count > len(signature) and not variadic):
            least = "at least " if variadic else ""
            message = f"{name}() takes {least}{len(signature)} arguments, here it has {count}"
            faults.append(Fault(path, message, rule="expression"))
    return faults
