"""The command as its user meets it: arguments in, exit code and text out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from runs import environment


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test's files are, and where its commands run."""
    return tmp_path


@pytest.fixture
def command(folder: Path) -> Any:
    """Run `target-gleantap <arguments>` in the folder."""

    def command(*arguments: str, stdin: str = "", **env: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "target_gleantap", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment(COLUMNS="140", **env),
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return command


@pytest.fixture
def write(folder: Path) -> Any:
    """Write a file: text as it is, anything else as YAML or, by its name, a line of JSON each."""

    def write(name: str, content: Any) -> str:
        if name.endswith(".singer"):
            content = "".join(json.dumps(each) + "\n" for each in content)
        elif not isinstance(content, str):
            content = yaml.safe_dump(content, sort_keys=False)
        (folder / name).write_text(content, encoding="utf-8")
        return name

    return write
