"""Run the installed wheel, away from its sources: `make build` calls this with its Python."""

import json
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

COMMAND = Path(sys.executable).with_name("target-gleantap")
MESSAGES = """\
{"type": "SCHEMA", "stream": "contacts", "schema": {"properties": {}}, "key_properties": []}
{"type": "RECORD", "stream": "contacts", "record": {}}
{"type": "STATE", "value": {"bookmarks": {}}}
"""


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command in an empty directory, and hold it to an exit code."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [COMMAND, *arguments],
            input=MESSAGES,
            capture_output=True,
            text=True,
            cwd=directory,
            check=False,
        )
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    return done


def assert_files() -> None:
    """The files that are no Python came along."""
    folder = files("target_gleantap")
    for name in ("assets/report.html", "assets/uplot.min.js", "assets/uplot.LICENSE"):
        assert folder.joinpath(name).is_file(), name
    assert folder.joinpath("delivery/shared_quota/link.lua").is_file()
    inbox = folder.joinpath("sandbox/inbox")
    for name in ("templates/base.html", "static/inbox.js"):
        assert inbox.joinpath(name).is_file(), name


def main() -> None:
    """Ask for the version and the settings; a run without credentials is refused."""
    assert "target-gleantap v" in run("--version").stdout
    about = json.loads(run("--about", "--format", "json").stdout)
    assert "mappings" in about["settings"]["properties"]
    assert "sandbox" in run("--help").stdout
    refused = run(code=2)
    assert refused.stdout == ""
    assert "api_key: is required" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert_files()
    sys.stderr.write("The wheel runs.\n")


if __name__ == "__main__":
    main()
