"""What the commands say of themselves, and what their page says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PAGE = (Path(__file__).parents[2] / "docs" / "workbench.md").read_text(encoding="utf-8")
COMMANDS = ("check", "preview", "scaffold")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_help_with_examples(command: Any, name: str) -> None:
    shown = command(name, "--help").out
    assert f"target-gleantap {name} --" in shown.split("Examples:")[1]


@pytest.mark.parametrize(("wrong", "right"), [("chek", "check"), ("scafold", "scaffold")])
def test_a_wrong_name_is_told_the_right_one(command: Any, wrong: str, right: str) -> None:
    done = command(wrong)
    assert done.code == 2
    assert f"Did you mean {right}?" in done.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("", (*COMMANDS, "sandbox")), ("pre", ("preview",)), ("check --form", ("--format",))],
)
def test_the_shell_completes(command: Any, typed: str, offered: tuple[str, ...]) -> None:
    words = f"target-gleantap {typed}"
    done = command(
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
        _TARGET_GLEANTAP_COMPLETE="bash_complete",
    )
    assert {f"plain,{one}" for one in offered} <= set(done.out.splitlines())


def test_the_script_for_the_shell_is_there(command: Any) -> None:
    assert "complete -o nosort" in command(_TARGET_GLEANTAP_COMPLETE="bash_source").out


def test_the_tests_on_the_page_pass(command: Any, write: Any) -> None:
    (entries,) = (
        yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    )
    write("config.yml", {"mappings": entries})
    done = command("check", "--config", "config.yml", "--format", "json")
    assert (done.code, done.json["tests_passed"]) == (0, 3), done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_names_every_option(command: Any, name: str) -> None:
    known = {*re.findall(r"--[a-z-]+", command(name, "--help").out.split("Options:")[1])}
    told = {*re.findall(r"--[a-z-]+", PAGE)}
    assert known - told <= {"--help"}
