"""Whatever comes in from outside, a line, a mapping, a value, an answer, leads to a stated end."""

from pathlib import Path

import pytest
from surfaces import SURFACES

SEEDS = sorted(path for path in (Path(__file__).parent / "seeds").glob("*/*") if path.is_file())


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_hard_to_take_once_is_taken(seed: Path) -> None:
    """Every seed of the fuzzer, and every input that it ever found."""
    SURFACES[seed.parent.name](seed.read_bytes())
