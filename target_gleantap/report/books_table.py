"""The books (what became of every record) as a table in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

TEXTS = ("stream", "mapping")
NUMBERS = ("read", "delivered", "unchanged", "filtered", "rejected", "not_attempted")
MOST_DRAWN = 200
"""How many rows are drawn with lines around them: rich takes 0.5 ms and 8 kB for each."""


def drawn_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """The table with lines around its cells.

    Args:
        title: The title above it.
        rows: The rows of the books (`books.Row.as_dict`).
    """
    # Only here, at the end of a run: importing rich takes longer than starting one should.
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left")
    for column in TEXTS:
        table.add_column(column)
    for column in NUMBERS:
        table.add_column(_head(column), justify="right")
    for row in rows:
        # As text: a glob such as `[a-c]*` would be read as markup.
        table.add_row(*(Text(str(row[column])) for column in (*TEXTS, *NUMBERS)))
    return table


def plain_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The table line by line, for very many rows.

    Args:
        title: The title above it.
        rows: The rows of the books (`books.Row.as_dict`).
    """
    widths = {
        column: max(len(column), *(len(str(row[column])) for row in rows))
        for column in (*TEXTS, *NUMBERS)
    }
    cells = [f"{{{column}:<{widths[column]}}}" for column in TEXTS]
    cells += [f"{{{column}:>{widths[column]}}}" for column in NUMBERS]
    form = "  ".join(cells)
    yield f"{title}\n"
    yield form.format(**{column: _head(column) for column in widths}) + "\n"
    for row in rows:
        line = form.format(**row)
        # A name may hold what would end the line.
        yield "".join(one if one.isprintable() else "?" for one in line) + "\n"


def _head(column: str) -> str:
    return column.replace("_", " ")
