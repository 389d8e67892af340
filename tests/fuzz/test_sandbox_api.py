"""The sandbox keeps to its own description, whatever it is asked: schemathesis asks."""

import os
import subprocess
import sys

import pytest

from target_gleantap.destinations import load, names
from target_gleantap.sandbox.server import Sandbox

pytest.importorskip("schemathesis", reason="schemathesis is not installed: `make fuzz` brings it")

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,"
CHECKS += "response_schema_conformance"
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "8")
ASK = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.mark.parametrize("destination", names())
def test_the_sandbox_answers_only_as_it_says(destination: str, tmp_path) -> None:
    """Never a 500 nor a cut connection; the described statuses, media types and shapes only."""
    with Sandbox(destination=destination, quotas=[]) as sandbox:
        vendor = load(destination)
        settings = {one.name: one.default for one in vendor.settings}
        signed = vendor.sign({**settings, **sandbox.credentials})
        keys = [f"{name}: {text}" for name, text in signed.items() if name != "Content-Type"]
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", ASK, "--no-color", "run"),
                *(f"{sandbox.url}/_sandbox/openapi.json", "--url", sandbox.url),
                *("--checks", CHECKS, "--max-examples", EXAMPLES, "--warnings", "off"),
                *("--phases", "examples,coverage,fuzzing", "--generation-deterministic"),
                *("--suppress-health-check", "all", "--continue-on-failure"),
                *(part for key in keys for part in ("--header", key)),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=int(EXAMPLES) * 10 + 300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert sandbox.requests
