"""What may stand in the log: nothing that a record, a key or an exception holds.

singer-sdk logs records, filter results and whole exceptions at DEBUG and ERROR. So what other
packages say at DEBUG is not let through, and no traceback is ever written.
"""

from __future__ import annotations

import errno
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from target_gleantap.errors import ConfigError
from target_gleantap.model import Fault

LOGGER = logging.getLogger("target-gleantap")
LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
LEVEL_VARIABLES = ("TARGET_GLEANTAP_LOGLEVEL", "LOGLEVEL")

_PACKAGE = "target_gleantap"
_OURS = Path(__file__).parents[1]
# urllib3's one warning prints header lines of the answer that it could not read.
_SPEAKS_OF_HEADERS = "urllib3.connection"

# singer-sdk's line ahead of what it raises again, and we then say in full.
_SAID_AGAIN = "Error initializing target sink"


def _may_be_written(record: logging.LogRecord) -> bool:
    if record.name == _SPEAKS_OF_HEADERS or str(record.msg).startswith(_SAID_AGAIN):
        return False
    if record.levelno >= logging.INFO:
        return True
    return _OURS in Path(record.pathname).parents


def discreet(record: logging.LogRecord) -> bool:
    """A filter for handlers: drops what may hold values, and every traceback."""
    record.exc_info = record.exc_text = record.stack_info = None
    return _may_be_written(record)


def check_level(environ: Mapping[str, str]) -> None:
    """Refuse a log level that does not exist.

    Raises:
        ConfigError: Naming the variable.
    """
    for variable in LEVEL_VARIABLES:
        if environ.get(variable, "INFO").upper() not in ("", *LEVELS):
            message = f"expected one of: {', '.join(LEVELS)}"
            raise ConfigError([Fault(variable, message, rule="choice")], about="The environment")


def make_discreet() -> None:
    """Filter every handler that is set up, and take over what Python prints of its own accord."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        handler.addFilter(discreet)
    # A log call with wrong arguments would print them all.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable


def place(trace: TracebackType | None) -> str:
    """Where an exception came from: our last line on the way, and the last line of all."""
    frames = [
        (str(frame.f_globals.get("__name__")), line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(trace)
    ]
    ours = [frame for frame in frames if frame[0].split(".")[0] == _PACKAGE]
    shown = dict.fromkeys([*ours[-1:], *frames[-1:]])
    return ", in ".join(f"{module}:{line} {function}" for module, line, function in shown)


def _class_of(error: BaseException) -> str:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    number = error.errno if isinstance(error, OSError) else None
    code = f" ({errno.errorcode.get(number, number)})" if number is not None else ""
    return f"{module}{kind.__qualname__}{code}"


def log_unexpected(error: BaseException, where: str = "") -> None:
    """Report an exception that nobody expected by its class and place.

    Its message is left out: it may hold a value of a record.
    """
    LOGGER.error(
        "Unexpected %s%s at %s. This is a defect of the target: please report this line. Nothing "
        "is lost: the state is at the last settled point.",
        _class_of(error),
        where,
        place(error.__traceback__) or "an unknown place",
    )


def _log_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None:
        log_unexpected(caught.exc_value, " in a thread")


def _log_unraisable(caught: sys.UnraisableHookArgs) -> None:
    if caught.exc_value is not None:
        LOGGER.debug("%s while an object was freed", _class_of(caught.exc_value))
