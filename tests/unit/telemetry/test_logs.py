"""Nothing that a record, a key or an exception holds gets into the log."""

import logging
import threading
from collections.abc import Iterator

import pytest

from target_gleantap.exact_json.codec import decode_json
from target_gleantap.telemetry import logs

CANARY = "Zq7Canary"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What a filtered handler of the root logger is given, formatted."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keep()
    handler.addFilter(logs.discreet)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def fail() -> None:
    """Raise what holds a value."""
    raise ValueError(CANARY)


def test_an_unexpected_exception_is_told_by_class_and_place(lines: list[str]) -> None:
    try:
        fail()
    except ValueError as error:
        logs.log_unexpected(error)
    (line,) = lines
    assert "Unexpected ValueError at " in line
    assert ":" in line
    assert " fail" in line
    assert CANARY not in line


def test_our_own_last_line_is_named_where_a_library_below_it_failed() -> None:
    try:
        decode_json("{")
    except ValueError as error:
        place = logs.place(error.__traceback__)
    assert "target_gleantap.exact_json.codec" in place


def test_the_number_of_a_system_error_is_told(lines: list[str]) -> None:
    try:
        open(f"/nowhere/{CANARY}")  # noqa: PTH123, SIM115 - it only has to fail
    except OSError as error:
        logs.log_unexpected(error)
    assert "FileNotFoundError (ENOENT)" in lines[0]
    assert CANARY not in lines[0]


def test_tracebacks_are_never_written(lines: list[str]) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("any").exception("it failed")
    assert lines == ["it failed"]


def test_debug_lines_of_other_packages_are_dropped(lines: list[str]) -> None:
    """singer-sdk logs records and filter results at DEBUG."""
    logging.getLogger("target-gleantap.members").debug("Processed record: %s", CANARY)
    logging.getLogger("urllib3.connection").warning("Failed to parse headers: %s", CANARY)
    assert lines == []


def test_what_singer_sdk_says_ahead_of_our_own_message_is_dropped(lines: list[str]) -> None:
    """The first ERROR of a run is what people look for: it has to be the one that says why."""
    logging.getLogger("target-gleantap").error("Error initializing target sink '%s'", "x")
    logging.getLogger("target-gleantap").error("The config has 1 fault")
    assert lines == ["The config has 1 fault"]


def test_an_exception_in_a_thread_is_told_the_same_way(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", logs._log_thread)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = lines
    assert "Unexpected ValueError in a thread at " in line
    assert CANARY not in line
