"""Build the wheel once more, elsewhere and at another time: it is the same, byte for byte.

`make build` calls this with the wheel that it made. Whoever has the sources can so see whether a
published wheel was made of them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "target_gleantap")
LONG_AGO = 1_000_000_000


def build(folder: Path) -> Path:
    """Build in a copy of the sources whose times, modes and surroundings differ."""
    copy = folder / "elsewhere"
    copy.mkdir()
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    for path in copy.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
        if path.is_file():
            path.chmod(0o600)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", copy],
        check=True,
        capture_output=True,
        env={**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def main() -> None:
    """Compare; exit with 1 where the two differ."""
    first = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        second = build(Path(folder))
        sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)]
    if sums[0] != sums[1]:
        sys.exit(f"The wheel is not reproducible: {' and '.join(sums)}")
    sys.stderr.write(f"The wheel is reproducible: sha256 {sums[0]}\n")


if __name__ == "__main__":
    main()
