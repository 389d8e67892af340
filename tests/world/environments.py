"""Environments for other people's software, in `.world/`, kept between runs.

An environment is named by what it holds: other requirements, or another Python, make another one.
Versions are as they were on the day it was made; `make clean` removes them all.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".world"
SECONDS = 900


class NotInstallable(Exception):
    """pip could not install the software here; the message is its reason."""


def bin_of(name: str, *requirements: str) -> Path:
    """The folder with the commands of an environment, which is made if it is not there.

    Args:
        name: What its folder's name begins with.
        requirements: What pip installs, one requirement each.

    Raises:
        NotInstallable: Where pip could not install them.
    """
    held = "\n".join((sys.version, *requirements))
    folder = FOLDER / f"{name}-{hashlib.sha256(held.encode()).hexdigest()[:10]}"
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{folder.name}.lock").open("w") as lock:  # another test process may make it now
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed.txt").exists():
            _make(folder, requirements)
    return folder / "bin"


def _make(folder: Path, requirements: tuple[str, ...]) -> None:
    sys.stderr.write(f"making {folder.name}: {', '.join(requirements)}\n")
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", folder], requirements)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    _run([*pip, "install", "--quiet", *requirements], requirements)
    (folder / "installed.txt").write_text(_run([*pip, "freeze"], requirements))


def _run(command: list[str | Path], requirements: tuple[str, ...]) -> str:
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotInstallable(f"{' '.join(requirements)}: no end after {SECONDS} s") from None
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if "ERROR" in line] or [ended.stderr]
        raise NotInstallable(f"{' '.join(requirements)} cannot be installed here: {said[-1]}")
    return ended.stdout
