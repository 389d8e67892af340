"""The command as a process: what it prints, where, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CANARY = "Zq7Canary"
CONFIG = {"api_key": CANARY, "secret_key": CANARY, "app_id": CANARY}
CONFIG["base_url"] = "http://127.0.0.1:9"


def run(
    *arguments: str | Path, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m target_gleantap`; nothing that is secret may ever be printed."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("LOGLEVEL")}
    done = subprocess.run(
        [sys.executable, "-m", "target_gleantap", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **environ},
    )
    assert CANARY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def config(tmp_path: Path) -> Any:
    """A config file that holds what it is given."""

    def write(content: Any, name: str = "config.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_version_and_settings_go_to_stdout() -> None:
    assert run("--version").stdout.startswith("target-gleantap v")
    about = json.loads(run("--about", "--format", "json").stdout)
    assert about["settings"]["properties"]["api_key"]["secret"] is True
    assert "| mappings |" in run("--about", "--format", "markdown").stdout


def test_help_shows_both_the_singer_options_and_the_subcommands() -> None:
    shown = run("--help").stdout
    for word in ("--config", "--input", "--about", "sandbox", "tap-jsonl --config"):
        assert word in shown


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_shown_is_no_defect(unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "target_gleantap", "--about"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 5
    assert "stdout cannot be written (No space left on device)" in done.stderr
    assert "defect" not in done.stderr


def test_a_subcommand_has_its_own_help() -> None:
    assert "--port" in run("sandbox", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sandbix"], "Did you mean sandbox?"),
        (["replicate"], "There are: sandbox"),
        (["--about", "sandbox"], "write the options of a subcommand after its name"),
        (["--input", __file__, "check"], "--input: write the options of a subcommand after"),
        (["sandbox", "--port", "99999"], "99999 is not in the range 0<=x<=65535"),
        (["--confg", "x"], "--config"),
        (["--input", "nowhere.jsonl"], "No such file"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'{{"api_key": "{CANARY}",\n  x{CANARY}}}', ":2:3: is not JSON from here on"),
        ("", "the file is empty"),
        (f'["{CANARY}"]', "holds a list, not an object"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_named_with_its_place(
    config: Any, content: str, said: str
) -> None:
    done = run("--config", config(content))
    assert done.returncode == 2
    assert "config.json" in done.stderr
    assert said in done.stderr


def test_all_config_files_that_fail_are_told_at_once(config: Any, tmp_path: Path) -> None:
    done = run("--config", config("{"), "--config", tmp_path / "none.json", "--config", tmp_path)
    assert done.returncode == 2
    assert "3 faults" in done.stderr
    assert "none.json: cannot be read: No such file or directory" in done.stderr


def test_later_files_win_and_the_environment_wins_over_files(config: Any) -> None:
    """Each is left with a fault of its own, so that the message shows which one counted."""
    first = config({**CONFIG, "max_in_flight": 0, "on_reject": CANARY}, "first.json")
    second = config({"on_reject": "fail", "batch_wait_seconds": "x"}, "second.json")
    done = run(
        *("--config", first, "--config", "ENV", "--config", second),
        TARGET_GLEANTAP_MAX_IN_FLIGHT="8",
        TARGET_GLEANTAP_BATCH_SIZE_ROWS=CANARY,
        TARGET_GLEANTAP_NULL_POLICY="",
    )
    assert done.returncode == 2
    assert "2 faults" in done.stderr
    assert "batch_wait_seconds: expected a whole number" in done.stderr
    assert "batch_size_rows: expected a whole number" in done.stderr


def test_a_dotenv_file_counts_with_the_environment(config: Any, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TARGET_GLEANTAP_TIMEZONE={CANARY}\n")
    path = config(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "target_gleantap", "--config", path, "--config", "ENV"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert "timezone: no time zone has this name" in done.stderr
    assert CANARY not in done.stderr


def test_a_log_level_that_does_not_exist_is_refused(config: Any) -> None:
    done = run("--config", config(CONFIG), LOGLEVEL=CANARY)
    assert done.returncode == 2
    assert "LOGLEVEL: expected one of" in done.stderr


def test_an_empty_input_ends_well_and_says_nothing_on_stdout(config: Any) -> None:
    done = run("--config", config(CONFIG), LOGLEVEL="DEBUG")
    assert done.returncode == 0
    assert done.stdout == ""
