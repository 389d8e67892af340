"""What the programs are given, written once for all: a file costs no processor while they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environments import python
from measure import HERE

LARGEST_FILE = 100_000
"""Above so many records they come through a pipe, or the files would be gigabytes."""


def feeder(kind: str, count: int) -> list[str | Path]:
    """What writes them to its standard output."""
    return [sys.executable, HERE / "data.py", kind, str(count)]


def feed(folder: Path, kind: str, count: int) -> Path:
    """A file of them: `messages`, `bodies` or `bulks`."""
    path = folder / f"{kind}-{count}"
    if not path.exists():
        with path.open("wb") as file:
            subprocess.run(feeder(kind, count), stdout=file, check=True)
    return path


def table(folder: Path, count: int) -> Path:
    """The same as a Parquet file."""
    path = folder / f"members-{count}.parquet"
    if not path.exists():
        with subprocess.Popen(feeder("messages", count), stdout=subprocess.PIPE) as made:
            command = [python("drt"), HERE / "rivals" / "drt_tables.py", path]
            subprocess.run(command, stdin=made.stdout, check=True)
    return path
