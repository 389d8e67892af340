"""The table of docs/chaos.md: rows that runs wrote, between the lines that hold its name.

python tests/chaos/table.py FOLDER    puts the rows in FOLDER into the document
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import astuple, dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "chaos.md"
BEGIN, END = "<!-- what was tried: begin, by make chaos -->", "<!-- what was tried: end -->"
HEAD = (
    "fault",
    "vendor",
    "what was tried",
    "exit code",
    "delivered",
    "sent again",
    "rejected",
    "requests",
    "what the run said",
    "the next run",
    "promises checked",
)


@dataclass(frozen=True)
class Row:
    """What one fault was seen to do; every cell as it stands in the table."""

    fault: str
    vendor: str
    tried: str
    exit_code: str
    delivered: str
    repeated: str
    rejected: str
    requests: str
    said: str
    following: str
    promises: str

    @property
    def line(self) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in astuple(self)) + " |"

    @property
    def key(self) -> tuple[str, str]:
        return self.fault, self.vendor


def first_words(text: str) -> str:
    """The first sentence of why a run ended, without what differs from run to run."""
    text = re.sub(r"/\S*/", "", " ".join(text.split()))
    while text != (less := re.sub(r" \([^()]*\)", "", text)):
        text = less
    return re.split(r"(?<=[a-z)])\. ", text + " ")[0].strip().rstrip(".")


def rows(text: str | None = None) -> list[Row]:
    """The rows that stand in the document."""
    text = DOCUMENT.read_text("utf-8") if text is None else text
    part = text.split(BEGIN)[1].split(END)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    cells = (re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines)
    return [Row(*(cell.replace("\\|", "|") for cell in each)) for each in cells]


def with_rows(text: str, written: list[Row]) -> str:
    """The document with these rows in place of its own."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    head = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    part = "\n".join([*head, *(row.line for row in written)])
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def keep(row: Row, place: int, folder: Path) -> None:
    """Write a row down, for the table to be made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{place:04}.json").write_text(json.dumps(astuple(row)))


def main(folder: Path) -> None:
    kept = [Row(*json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))]
    text = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(with_rows(text, kept), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
