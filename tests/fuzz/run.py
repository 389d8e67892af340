"""Feed every surface with what reaches new code, by atheris: `make fuzz` calls this.

    python tests/fuzz/run.py [--seconds N] [surface ...]

What an input was that broke a promise stands in .fuzz/<surface>/crash-*; copy it to
tests/fuzz/seeds/<surface>/ under a name that says what happens, and it is an ordinary test.
"""

from __future__ import annotations

import argparse
import logging
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
FOUND = FOLDER.parents[1] / ".fuzz"
LONGEST_INPUT = 4096
SURFACES = ("reading", "mapping", "coercion", "answers", "headers", "wire")
FIGURE = re.compile(r"stat::(\w+):\s+(\d+)|#\d+\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)")
SLOWEST_SECONDS = 25
"""How long one input may take; a longer one is a finding."""


def fuzz(surface: str, arguments: list[str]) -> None:
    """Feed one surface, in this process, which ends with it."""
    import atheris  # noqa: PLC0415 - the parent has no need of it

    logging.disable()
    with atheris.instrument_imports(include=["target_gleantap", "jmespath", "email"]):
        import surfaces  # noqa: PLC0415 - instrumented as it is imported
    atheris.Setup([surface, *arguments], surfaces.SURFACES[surface])
    atheris.Fuzz()


def run(surface: str, seconds: int) -> bool:
    """Feed one surface in a process of its own; tell whether it held."""
    corpus = FOUND / surface
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = FOLDER / "seeds" / surface
    arguments = [
        str(corpus),
        *([str(seeds)] if seeds.is_dir() else []),
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST_INPUT}",
        f"-timeout={SLOWEST_SECONDS}",
        f"-artifact_prefix={corpus}/",
        "-print_final_stats=1",
        "-rss_limit_mb=2048",
    ]
    done = subprocess.run(
        [sys.executable, __file__, "--child", surface, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    figures = {name: number for name, number, *_ in FIGURE.findall(done.stderr) if name}
    count = figures.get("number_of_executed_units", "?")
    said = "held" if done.returncode == 0 else "FAILED"
    sys.stdout.write(f"{surface:10} {said:7} {count:>9} inputs in {seconds} s\n")
    if done.returncode != 0:
        sys.stdout.write(done.stderr[-6000:])
    sys.stdout.flush()
    return done.returncode == 0


def main() -> None:
    """Feed the surfaces one after the other; exit with 1 where one did not hold."""
    if sys.argv[1:2] == ["--child"]:
        sys.path.insert(0, str(FOLDER))
        fuzz(sys.argv[2], sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("surfaces", nargs="*", default=SURFACES)
    chosen = parser.parse_args()
    held = [run(surface, chosen.seconds) for surface in chosen.surfaces]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
