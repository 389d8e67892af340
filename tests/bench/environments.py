"""An environment of its own for each program that is measured beside the target.

They are made when they are needed first, in `.bench/envs/`, and again when what belongs into one
has changed. Singer-sdk, requests and urllib3 are of the same versions as the target's, so that the
programs are compared and not their libraries; drt-core and dlt bring what they ask for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(".bench") / "envs"
DRT = "drt-core[duckdb]==1.2.1"
DLT = "dlt==1.31.0"
ASKED = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


def _same(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}=={version(name)}" for name in names)


NEEDS: dict[str, tuple[str, ...]] = {
    "pool": _same("requests", "urllib3"),
    "singer": _same("singer-sdk", "requests", "urllib3"),
    "drt": (DRT,),
    "dlt": (DLT,),
}
TOLD = {
    "singer": ("singer-sdk", "requests", "urllib3"),
    "drt": ("drt-core", "httpx", "duckdb"),
    "dlt": ("dlt", "requests", "urllib3", "orjson"),
}


def python(name: str) -> Path:
    """The interpreter of an environment, which is made if it is not there.

    Raises:
        subprocess.CalledProcessError: Where it cannot be made.
    """
    folder = FOLDER.absolute() / name
    interpreter, stamp = folder / "bin" / "python", folder / "needs.txt"
    wanted = "\n".join((sys.version, *NEEDS[name]))
    if not stamp.exists() or stamp.read_text() != wanted:
        sys.stderr.write(f"making the environment {name}: {', '.join(NEEDS[name])}\n")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, *NEEDS[name]], check=True)
        stamp.write_text(wanted)
    return interpreter


def versions() -> dict[str, str]:
    """What is installed in those that there are, by name."""
    found: dict[str, str] = {}
    for name, libraries in TOLD.items():
        if not (FOLDER / name / "needs.txt").exists():
            continue
        said = subprocess.run(
            [python(name), "-c", ASKED, *libraries], check=True, capture_output=True
        )
        found.update(json.loads(said.stdout))
    return found
