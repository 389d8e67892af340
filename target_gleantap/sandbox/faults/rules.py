"""Fault rules: which request fails, and how. This file chooses; others make it fail."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from target_gleantap.sandbox.http_messages import look_up

_COUNT = {"type": "integer", "minimum": 1}
_SECONDS = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0},
            "minItems": 2,
            "maxItems": 2,
        },
    ]
}
_STATUS = {"type": "integer", "minimum": 200, "maximum": 599}

WHEN: Mapping[str, Any] = {
    "rate": {"type": "number", "minimum": 0, "maximum": 1},
    "every": _COUNT,
    "first": _COUNT,
    "after": {"type": "integer", "minimum": 0},
    "times": _COUNT,
    "per": {"enum": ["body"]},
    "path": {"type": "string", "minLength": 1},
    "match": {"type": "object"},
    "carried_out": {"type": "boolean"},
    "off": {"type": "boolean"},
}
"""The keys of every rule that choose its requests."""

KINDS: Mapping[str, Mapping[str, Any]] = {
    "status": {
        "status": _STATUS,
        "body": {},
        "headers": {"additionalProperties": {"type": "string"}},
    },
    "throttle": {
        "retry_after": {"type": "number", "minimum": 0},
        "form": {"enum": ["seconds", "date"]},
    },
    "failure_in_200": {"message": {"type": "string"}, "body": {}},
    "html": {"status": _STATUS},
    "empty": {"status": _STATUS},
    "redirect": {"status": {"enum": [301, 302, 303, 307, 308]}, "location": {"type": "string"}},
    "latency": {"seconds": _SECONDS},
    "reset_before": {},
    "reset_after": {},
    "half_body": {},
    "stall": {"seconds": _SECONDS},
    "stall_body": {"seconds": _SECONDS},
    "slow_headers": {"seconds": _SECONDS},
    "drip": {"seconds": _SECONDS},
    "close_idle": {},
    "wrong_length": {"form": {"enum": ["more", "less"]}},
    "gzip": {"form": {"enum": ["good", "broken", "bomb"]}},
    "chunked": {"form": {"enum": ["good", "broken"]}},
    "endless": {"seconds": _SECONDS},
    "huge_headers": {"form": {"enum": ["long", "many"]}},
}
"""Each kind of failure, with its own parameters."""

NEEDED = {"latency": ["seconds"], "redirect": ["location"]}
ANSWERS_ITSELF = frozenset({"status", "throttle", "failure_in_200", "html", "empty", "redirect"})
NOT_CARRIED_OUT = (ANSWERS_ITSELF - {"empty"}) | {"reset_before"}
DEFAULT_SECONDS = 60.0


class FaultRulesError(ValueError):
    """Rules that are not valid; the message lists all errors."""


def _schema(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["fault", *NEEDED.get(kind, [])],
        "properties": {"fault": {"const": kind}, **WHEN, **KINDS[kind]},
        "additionalProperties": False,
    }


_CHECKS = {kind: jsonschema_rs.Draft202012Validator(_schema(kind)) for kind in KINDS}


@dataclass(slots=True)
class FaultRule:
    """One rule and how often it has been used.

    Attributes:
        number: 1 for the first of the list; a removed rule leaves a gap.
        kind: The kind of failure.
        spec: The rule as it was given.
        matched: Requests that it matched, in all or (with `per`) for each body.
        applied: Requests that it made fail.
        off: Whether it is switched off.
    """

    number: int
    kind: str
    spec: Mapping[str, Any]
    matched: Counter[int] = field(default_factory=Counter)
    applied: int = 0
    off: bool = False

    @property
    def carried_out(self) -> bool:
        """Whether the request takes effect in spite of the failure."""
        return bool(self.spec.get("carried_out", self.kind not in NOT_CARRIED_OUT))

    def is_for(self, name: str, path: str, body: Any) -> bool:
        """Whether the rule matches a request: resource or part of the path, body fields."""
        where = self.spec.get("path")
        if where is not None and where != name and where not in path:
            return False
        wanted = self.spec.get("match", {})
        return all(look_up(body, key) == value for key, value in wanted.items())

    def strikes(self, raw: bytes, chance: random.Random) -> bool:
        """Count a request that the rule matches; return whether it fails."""
        if self.applied >= self.spec.get("times", self.applied + 1):
            return False
        counter = hash(raw) if "per" in self.spec else 0
        self.matched[counter] += 1
        count = self.matched[counter] - self.spec.get("after", 0)
        if not self._turn(count) or chance.random() >= self.spec.get("rate", 1):
            return False
        self.applied += 1
        return True

    def _turn(self, count: int) -> bool:
        return 0 < count <= self.spec.get("first", count) and not count % self.spec.get("every", 1)


class FaultRules:
    """The rules in force, and the one seeded source of random choices."""

    def __init__(self, specs: Iterable[Mapping[str, Any]] = (), seed: int = 0) -> None:
        self.seed = seed
        self.replace_rules(specs)

    def replace_rules(self, specs: Any) -> None:
        """Replace all rules (a list of JSON objects); random choices start from the seed again.

        Raises:
            FaultRulesError: Where one of them is not valid; the old ones stay.
        """
        self.rules = read_rules(specs)
        self._given = len(self.rules)
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def choose_rule(
        self, name: str, path: str, body: Any, raw: bytes
    ) -> tuple[FaultRule | None, list[FaultRule]]:
        """Choose for one request: the first rule that applies, and every delay before it."""
        latencies: list[FaultRule] = []
        for rule in self.rules:
            if rule.off or not rule.is_for(name, path, body):
                continue
            if rule.strikes(raw, self.chance):
                if rule.kind != "latency":
                    return rule, latencies
                latencies.append(rule)
        return None, latencies

    def restart(self) -> None:
        """Count from zero; random choices start from the seed again."""
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        for rule in self.rules:
            rule.matched.clear()
            rule.applied = 0

    def add_rule(self, spec: Any) -> FaultRule:
        """Add a rule after the others, which keep their counts.

        Raises:
            FaultRulesError: Where it is not valid.
        """
        (rule,) = read_rules([spec])
        self._given += 1
        rule.number = self._given
        self.rules = [*self.rules, rule]
        return rule

    def remove_rule(self, number: int) -> None:
        """Remove a rule; the others keep their numbers and counts."""
        self.rules = [rule for rule in self.rules if rule.number != number]

    def switch_rule(self, number: int, *, on: bool) -> None:
        """Switch a rule off or on; it keeps its counts."""
        for rule in self.rules:
            if rule.number == number:
                rule.off = not on

    def seconds(self, length: Any) -> float:
        """A fixed number of seconds, or a random one between two."""
        if isinstance(length, (list, tuple)):
            return self.chance.uniform(length[0], length[1])
        return float(length)

    def view(self) -> list[dict[str, Any]]:
        """The rules as JSON types, with how often each was applied."""
        return [
            {**rule.spec, "off": rule.off, "number": rule.number, "applied": rule.applied}
            for rule in self.rules
        ]


def read_rules(specs: Any) -> list[FaultRule]:
    """Read rules from their JSON form.

    Raises:
        FaultRulesError: Where one of them is not valid.
    """
    if not isinstance(specs, (list, tuple)):
        raise FaultRulesError("The fault rules are not a list")
    faults = [fault for index, spec in enumerate(specs) for fault in _faults(index, spec)]
    if faults:
        raise FaultRulesError("\n".join(faults))
    return [
        FaultRule(number, spec["fault"], dict(spec), off=spec.get("off", False))
        for number, spec in enumerate(specs, 1)
    ]


def _faults(index: int, spec: Any) -> list[str]:
    kind = spec.get("fault") if isinstance(spec, dict) else None
    if kind not in _CHECKS:
        return [f"faults[{index}].fault: must be one of {', '.join(KINDS)}"]
    errors = _CHECKS[kind].iter_errors(spec)
    return [
        f"faults[{index}]{''.join(f'.{part}' for part in error.instance_path)}: {error.message}"
        for error in errors
    ]
