"""wrk, a client in C: what the server and the machine can do with no interpreter between them."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import Bench, Case
from measure import PATH, Command, Run, run, server

SECONDS = 3
SCRIPT = """
wrk.method = "POST"
wrk.body = string.rep(" ", 450)
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-API-KEY"] = "bench"
"""
NAME = "wrk (C)"


def there() -> bool:
    """Whether it is installed; Debian's package is `wrk`."""
    return shutil.which("wrk") is not None


def pressed(bench: Bench, case: Case) -> Run | None:
    """What it gets out of the server, or nothing where it is missing."""
    if not there():
        return None
    script = Path(bench.folder) / "post.lua"
    script.write_text(SCRIPT)
    with server(*case.options) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        words = ["wrk", "-t1", f"-c{case.in_flight}", f"-d{SECONDS}s", "-s", script, url]
        came = run(port, Command(words))
    bench.runs.append({"case": case.name, "program": NAME, "rate": came.rate, "cpu": came.cpu_each})
    return came
