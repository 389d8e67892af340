"""The mappings' own tests: a record is given, and a body, a fault or nothing is expected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import msgspec

from target_gleantap.config.config import Config
from target_gleantap.exact_json.codec import encode, parse_number
from target_gleantap.model import Fault, Filtered, Rejection
from target_gleantap.transform.prepare import Preparation
from target_gleantap.transform.routes import Route, Routes

_decode = msgspec.json.Decoder(float_hook=parse_number).decode

SHOW = "see both with --show-values"


@dataclass
class TestRun:
    """What came of the tests.

    Attributes:
        passed: How many passed.
        faults: Each difference of those that failed, with its place in the config.
    """

    passed: int = 0
    faults: list[Fault] = field(default_factory=list)


def run_tests(config: Config, routes: Routes, *, show_values: bool) -> TestRun:
    """Run the tests of every entry that compiles.

    Args:
        config: The settings.
        routes: The compiled mappings.
        show_values: Whether messages may say what was expected, and what came.
    """
    run = TestRun()
    for entry, route in routes.by_entry():
        for index, test in enumerate(entry.tests if route is not None else ()):
            if route is None or not _is_written_well(test):
                continue  # reported where the config was read
            path = f"{entry.path}.tests[{index}]"
            faults = list(_faults(config, route, test, path, show_values=show_values))
            run.faults += faults
            run.passed += not faults
    return run


def _is_written_well(test: Any) -> bool:
    return (
        isinstance(test, Mapping)
        and isinstance(test.get("given"), Mapping)
        and ("expect" in test) != ("error" in test)
    )


def _faults(
    config: Config, route: Route, test: Mapping[str, Any], path: str, *, show_values: bool
) -> Iterator[Fault]:
    # Through JSON: numbers of a record are exact, those of a config are not.
    record = _decode(encode(dict(test["given"])))
    made = Preparation(config.vendor).prepare(route, record, datetime.now(timezone.utc))
    if "error" in test:
        yield from _against_error(made, test["error"], f"{path}.error")
    elif isinstance(made, Rejection):
        yield from (_fault(f"{path}.expect", f"is rejected: {fault}") for fault in made.faults)
    else:
        body = None if isinstance(made, Filtered) else _plain(made.body)
        yield from _against_body(
            body, test["expect"], f"{path}.expect", route.resource.derived_id, show=show_values
        )


def _against_error(made: Any, expected: str | Sequence[str], path: str) -> Iterator[Fault]:
    wanted = [expected] if isinstance(expected, str) else expected
    faults = made.faults if isinstance(made, Rejection) else ()
    if not faults:
        what = "is filtered" if isinstance(made, Filtered) else "is taken without a fault"
        yield _fault(path, f"the record {what}")
        return
    for one in wanted:
        if not any(one in (fault.path, fault.rule) for fault in faults):
            told = "; ".join(str(fault) for fault in faults)
            yield _fault(path, f"no fault is at {one} or breaks a rule of that name", told)


def _against_body(
    body: dict[str, Any] | None, expected: Any, path: str, derived: str | None, *, show: bool
) -> Iterator[Fault]:
    if (body is None) != (expected is None):
        what = "is left out by `where`" if body is None else "is not left out by `where`"
        yield _fault(path, f"the record {what}")
        return
    if body is None:
        return
    expected = _plain(expected)
    if derived is not None and derived not in expected:
        body.pop(derived, None)  # made of the record, and not the mapping's own
    for name in dict.fromkeys((*expected, *body)):
        yield from _difference(name, expected, body, path, show=show)


def _difference(
    name: str, expected: Mapping[str, Any], body: Mapping[str, Any], path: str, *, show: bool
) -> Iterator[Fault]:
    # As text: in Python, 1 equals true and 1.0, on the wire it does not.
    wanted, got = (_text(side[name]) if name in side else None for side in (expected, body))
    if wanted == got:
        return
    if got is None:
        message = "is expected, and the body does not have it"
    elif wanted is None:
        message = "is in the body, and not expected"
    else:
        message = f"is another {'value' if show else 'value than expected'}"
    hint = f"expected {wanted or 'nothing'}, got {got or 'nothing'}" if show else SHOW
    yield _fault(f"{path}.{name}", message, hint)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    return json.loads(encode(dict(value)))


def _fault(path: str, message: str, hint: str = "") -> Fault:
    return Fault(path, message, hint, rule="test")
