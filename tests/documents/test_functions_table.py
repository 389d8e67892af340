"""The table of functions in docs/mappings.md is that of the code."""

import runpy
from pathlib import Path

from target_gleantap.mapping.expressions.functions_table import table

ROOT = Path(__file__).resolve().parents[2]


def test_the_functions_of_the_docs_are_those_of_the_code() -> None:
    with_part = runpy.run_path(str(ROOT / "docs" / "generate.py"))["with_part"]
    text = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")
    assert text == with_part(text, "functions", f"\n{table()}\n\n")
