"""Every command of the tutorial runs, in order, and what it shows is what comes out."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MARK = "@@ block"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_every_block_is_a_command_or_what_one_shows() -> None:
    assert {language for language, _ in BLOCKS} == {"shell", "text"}
    assert BLOCKS[0][0] == "shell"


def test_the_tutorial_is_true(tmp_path: Path) -> None:
    """All commands in one shell, as a reader would type them; each block's output is kept apart."""
    port = str(free_port())
    script = ["set -e"]
    for number, (language, text) in enumerate(BLOCKS):
        if language == "shell":
            script += [f"echo '{MARK} {number}'", text.replace("8130", port)]
    kept = {name: value for name, value in os.environ.items() if "GLEANTAP" not in name}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "120",
            "NO_PROXY": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    outputs = {
        int(number): text
        for number, text in re.findall(
            rf"^{MARK} (\d+)\n(.*?)(?=^{MARK}|\Z)", done.stdout, re.MULTILINE | re.DOTALL
        )
    }
    for number, (language, text) in enumerate(BLOCKS):
        if language == "text":
            before = max(one for one in outputs if one < number)
            for line in text.splitlines():
                assert in_one_line(line) in in_one_line(outputs[before]), line
