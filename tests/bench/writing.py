"""The findings as Markdown, on the screen and between two marks of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from figures import Findings
from measure import HERE

DOCUMENT = HERE.parent.parent / "docs" / "benchmarks.md"
BEGIN = "<!-- begin: written by tests/bench/run.py -->\n"
END = "<!-- end: written by tests/bench/run.py -->\n"
COMPARED = "A figure of a comparison is a ratio within this one run."


def markdown(found: Sequence[Findings], where: Mapping[str, str]) -> str:
    """All that was found: first the goals, then what stands beside them."""
    lines = [_where(where), "", COMPARED, "", "### Goals", ""]
    goals = [goal.words for each in found for goal in each.goals]
    lines += _table(("goal", "measured", "wanted", ""), goals)
    for each in found:
        for table in each.tables:
            lines += ["", f"### {table.title}", "", table.note, ""]
            lines += _table(table.head, table.rows)
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Put it into the document.

    Raises:
        ValueError: Where the document has no place for it.
    """
    whole = DOCUMENT.read_text()
    before, _, rest = whole.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{DOCUMENT} lacks the marks that the figures stand between.")
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _where(where: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in where.items()) + "."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
