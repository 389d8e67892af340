"""The sandbox keeps to its own description, whatever it is asked: schemathesis asks."""

import importlib.util
import os
import subprocess
import sys

import pytest
import requests

from target_gleantap.destinations import load, names
from target_gleantap.sandbox.server import Sandbox

needs_schemathesis = pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None,
    reason="schemathesis is not installed: the dependency group `api` brings it",
)
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,"
CHECKS += "response_schema_conformance"
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "")
"""How many for each operation, beside all that the description's own edges give; else a few."""
FEW = "8"
ASK = "from schemathesis.cli import schemathesis; schemathesis()"


def sign(destination: str, sandbox: Sandbox) -> dict[str, str]:
    """The headers of a request that the sandbox takes."""
    vendor = load(destination)
    settings = {one.name: one.default for one in vendor.settings}
    return dict(vendor.sign({**settings, **sandbox.credentials}))


@needs_schemathesis
@pytest.mark.parametrize("destination", names())
def test_the_sandbox_answers_only_as_it_says(destination: str, tmp_path) -> None:
    """Never a 500 nor a cut connection; the described statuses, media types and shapes only."""
    with Sandbox(destination=destination, quotas=[]) as sandbox:
        signed = sign(destination, sandbox)
        keys = [f"{name}: {text}" for name, text in signed.items() if name != "Content-Type"]
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", ASK, "--no-color", "run"),
                *(f"{sandbox.url}/_sandbox/openapi.json", "--url", sandbox.url),
                *("--checks", CHECKS, "--max-examples", EXAMPLES or FEW, "--warnings", "off"),
                *(
                    "--phases",
                    "coverage,fuzzing" if EXAMPLES else "fuzzing",
                    "--generation-deterministic",
                ),
                *("--suppress-health-check", "all", "--continue-on-failure"),
                *(part for key in keys for part in ("--header", key)),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=int(EXAMPLES or FEW) * 10 + 300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert sandbox.requests


PERSON = '{"type": "x", "person": {"emails": ["ann@example.com"]}, '
CUSTOMERS = "/v2/ExternalApi/getCustomers"


@pytest.mark.parametrize(
    ("destination", "path", "body", "status"),
    [
        ("suresend", "/events", PERSON + '"company": null}', 201),
        ("suresend", "/events", PERSON + '"personId": null}', 201),
        ("suresend", "/events", '{"type":' + "[" * 3000 + "]" * 3000 + "}", 400),
        ("gleantap", CUSTOMERS, '{"app_id": "sandbox-app", "limit": 1.0}', 200),
        ("gleantap", CUSTOMERS, '{"app_id": "sandbox-app", "offset": 1e30}', 200),
        ("gleantap", CUSTOMERS, '{"app_id": "sandbox-app", "limit": null}', 200),
        ("gleantap", "/_sandbox/faults", "[" * 3000, 400),
    ],
)
def test_what_once_closed_the_connection_is_answered(destination, path, body, status) -> None:
    with Sandbox(destination=destination, quotas=[]) as sandbox:
        headers = sign(destination, sandbox)
        answer = requests.post(sandbox.url + path, data=body, headers=headers, timeout=10)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("name", ["Host", "Origin"])
def test_an_address_that_is_none_is_not_let_in(name) -> None:
    with Sandbox() as sandbox:
        address = f"{sandbox.url}/_sandbox/contacts"
        answer = requests.get(address, headers={name: "http://["}, timeout=10)
        assert answer.status_code == 403


def test_a_page_that_is_no_number_is_refused() -> None:
    with Sandbox(destination="klaviyo", quotas=[]) as sandbox:
        headers = sign("klaviyo", sandbox)
        profile = '{"type": "profile", "attributes": {"email": "ann@example.com"}}'
        body = '{"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": ['
        jobs = f"{sandbox.url}/api/profile-bulk-import-jobs"
        started = requests.post(jobs, data=f"{body}{profile}]}}}}}}}}", headers=headers, timeout=10)
        errors = f"{jobs}/{started.json()['data']['id']}/import-errors?page[size]="
        asked = [requests.get(errors + size, headers=headers, timeout=10) for size in ("x", "5")]
        assert [answer.status_code for answer in asked] == [400, 200]
