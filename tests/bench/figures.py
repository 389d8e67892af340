"""What a part of the benchmark gives: goals that are met or not, and tables beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOTHING = "-"


@dataclass(frozen=True)
class Goal:
    """A figure that has to be reached.

    Attributes:
        name: What it is of.
        value: What was measured.
        unit: Of both.
        wanted: What is wanted.
        least: Whether that is the least, or the most.
        reason: Why it is not met, where it is not: found by profiling.
    """

    name: str
    value: float
    unit: str
    wanted: float
    least: bool = True
    reason: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.wanted if self.least else self.value <= self.wanted

    @property
    def words(self) -> tuple[str, str, str, str]:
        """The cells of its row."""
        wanted = f"{number(self.wanted)} or {'more' if self.least else 'less'}"
        verdict = "met" if self.met else f"**not met**{': ' * bool(self.reason)}{self.reason}"
        return self.name, f"{number(self.value)} {self.unit}".strip(), wanted, verdict


@dataclass(frozen=True)
class Table:
    """Figures side by side.

    Attributes:
        title: Its heading.
        note: What has to be known to read it.
        head: The columns; the first is of names.
        rows: A cell for each column.
    """

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Findings:
    """What a part found."""

    goals: Sequence[Goal] = ()
    tables: Sequence[Table] = ()


def number(value: float) -> str:
    """Three digits that count, and no fraction beyond a hundred."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value < 0.9 else f"{100 * value:.1f} %"


def times(value: float) -> str:
    return f"{value:.2f}"
