"""Where the figures come from: the machine, and the versions of everybody."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path

import environments
import wrk

OURS = ("target-gleantap", "singer-sdk", "requests", "urllib3", "msgspec", "jsonschema-rs")


def load() -> str:
    """How many programs wanted a processor in the last minute: the machine's other work."""
    return f"{getloadavg()[0]:.1f}"


def described(before: str) -> dict[str, str]:
    """By name, for the JSON and for people; `before` is the load before anything was measured."""
    return {
        "machine": f"{cpu_count()} x {_model()}",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load before": before,
        "python": platform.python_version(),
        **{name: version(name) for name in OURS},
        **{name: each for name, each in environments.versions().items() if name not in OURS},
        "wrk": _wrk()
        if wrk.there()
        else "not installed (Debian's package `wrk`), so it has no row",
    }


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _wrk() -> str:
    said = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True).stdout
    return said.split()[1] if len(said.split()) > 1 else "unknown"
