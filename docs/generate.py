"""Write the parts of documents that the code knows: `make docs`. With --check, only compare.

A part stands between two lines that hold its name with `: begin` and with `: end`.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import yaml

from target_gleantap import config as settings
from target_gleantap.mapping.expressions import functions_table

ROOT = Path(__file__).resolve().parent.parent


def meltano_settings() -> str:
    """The `settings` of the loader in meltano.yml."""
    text = yaml.safe_dump(settings.meltano(), sort_keys=False, allow_unicode=True, width=90)
    return textwrap.indent(text, "    ")


def settings_table() -> str:
    """The table of docs/settings.md."""
    return f"\n{settings.table()}\n\n"


def functions_part() -> str:
    """The table of functions in docs/mappings.md."""
    return f"\n{functions_table.table()}\n\n"


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "meltano.yml": ("settings", meltano_settings),
    "docs/settings.md": ("settings", settings_table),
    "docs/mappings.md": ("functions", functions_part),
}


def with_part(text: str, name: str, part: str) -> str:
    """Put a part in its place.

    Raises:
        ValueError: Where the text does not hold the two lines exactly once.
    """
    lines = re.compile(rf"^(.*\b{name}: begin\b.*\n)(?:.*\n)*?(.*\b{name}: end\b.*)$", re.MULTILINE)
    written, count = lines.subn(lambda found: f"{found[1]}{part}{found[2]}", text)
    if count != 1:
        raise ValueError(f"expected the lines '{name}: begin' and '{name}: end' once")
    return written


def stale(*, write: bool) -> list[str]:
    """The files that are out of step; brought into step where `write` says so."""
    found = []
    for name, (part, make) in PARTS.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        wanted = with_part(text, part, make())
        if wanted != text:
            found.append(name)
            if write:
                path.write_text(wanted, encoding="utf-8")
    return found


def main() -> None:
    """Write or compare; end with 1 where something is out of step and was only compared."""
    check = "--check" in sys.argv[1:]
    found = stale(write=not check)
    for name in found:
        sys.stderr.write(f"{name}: {'is out of step; run make docs' if check else 'written'}\n")
    sys.exit(1 if found and check else 0)


if __name__ == "__main__":
    main()
