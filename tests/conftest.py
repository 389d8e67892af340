"""Fixtures of tests that run the whole target against the sandbox."""

from __future__ import annotations

import pytest
from gym import MAPPINGS
from runs import OF_THE_MACHINE, Paths, Process, Settings, run_as_process, run_in_process

from target_gleantap.sandbox.server import Sandbox


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes half a minute; `-m 'not slow'` leaves it out")


@pytest.fixture
def sandbox():
    """A vendor's API on this machine."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def settings(sandbox, tmp_path, monkeypatch):
    """Settings that fit the sandbox and the gym; each call gives a run files of its own."""
    for name in OF_THE_MACHINE:
        monkeypatch.delenv(name, raising=False)
    paths = Paths(tmp_path)

    def settings(**values):
        given = {"base_url": sandbox.url, **sandbox.credentials, "mappings": MAPPINGS, **values}
        return Settings(given, paths)

    return settings


@pytest.fixture
def balanced():
    """Every run given to it ends with its books balanced; a config that is refused has none."""
    runs = []

    def keep(run):
        runs.append(run)
        return run

    yield keep
    for run in runs:
        if run.exit_code != 2:
            run.assert_balanced()


@pytest.fixture
def run_target(settings, balanced):
    """Run the target in this process: `run_target(messages, **settings) -> Run`."""

    def run_target(messages, **values):
        return balanced(run_in_process(settings(**values), messages))

    return run_target


@pytest.fixture
def run_command(settings, balanced):
    """Run the target as a process: `run_command(messages, env=..., **settings) -> Run`."""

    def run_command(messages, *, env=None, arguments=None, timeout=60, **values):
        chosen = settings(**values)
        run = run_as_process(chosen, messages, env=env, arguments=arguments, timeout=timeout)
        return balanced(run)

    return run_command


@pytest.fixture
def start(settings):
    """Start the target as a process whose input stays open."""
    started = []

    def start(*, env=None, **values):
        process = Process(settings(**values), env)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
