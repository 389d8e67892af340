"""A setting as it is declared, and what a destination has to say of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from target_gleantap.model import Fault


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: shown by `--about`, `meltano.yml` and the docs, and checked against.

    Attributes:
        name: snake_case.
        kind: `string`, `integer`, `boolean`, `array` or `object`.
        description: One or two sentences for who sets it.
        default: Its value when it is not set, or None.
        choices: The only values that it takes, or empty.
        secret: Whether it must never be shown.
        required: Whether a run cannot do without it.
        minimum: The least value of an integer, or None.
        maximum: The greatest value of an integer, or None.
    """

    name: str
    kind: str
    description: str
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a destination has to say of its own settings, taken together.

    Attributes:
        faults: What must be mended before a run, each with the setting's name as its path.
        warnings: What should be known, as sentences.
    """

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
