"""What the tests of this folder stand on: an environment is made once, and says why it is not."""

from __future__ import annotations

import subprocess

import pytest
from environments import NotInstallable, bin_of

SMALL = "iniconfig==2.1.0"


def test_an_environment_holds_what_was_named_and_is_kept(environment):
    made = environment("small", SMALL)
    subprocess.run([made / "python", "-c", "import iniconfig"], check=True)
    stamp = (made.parent / "installed.txt").stat().st_mtime_ns
    assert environment("small", SMALL) == made
    assert (made.parent / "installed.txt").stat().st_mtime_ns == stamp


def test_other_requirements_make_another_environment(environment):
    assert environment("small", SMALL) != environment("small", "iniconfig==2.0.0")


def test_what_cannot_be_installed_is_named_with_its_reason(tmp_path):
    with pytest.raises(NotInstallable, match="not-there cannot be installed here: "):
        bin_of("small", f"./{tmp_path.name}/not-there")
