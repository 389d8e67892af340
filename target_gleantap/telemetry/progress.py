"""Progress of a run: a line on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

TERMINAL_SECONDS = 0.5
LOG_SECONDS = 15.0
CLEAR = "\r\x1b[2K"


@dataclass(frozen=True, slots=True)
class ProgressCounts:
    """Where a run stands.

    Attributes:
        settled: Records processed so far, counted once in each mapping.
        in_flight: Requests in flight.
        limit: How many there may be in flight.
        waiting: Records that wait to be delivered.
        rejected: Records rejected so far.
        quota_left: Requests that the rate limit allows now; None where none is known.
    """

    settled: int
    in_flight: int
    limit: int
    waiting: int
    rejected: int
    quota_left: int | None


class Progress:
    """Writes the progress of a run, at intervals.

    Args:
        pulse: Gives the counts.
        logger: Used where stderr is no terminal.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        pulse: Callable[[], ProgressCounts],
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse = pulse
        self._logger = logger
        self._clock = clock
        self._terminal = sys.stderr.isatty()
        self._interval = TERMINAL_SECONDS if self._terminal else LOG_SECONDS
        self._written_at = clock()
        self._settled = 0

    def write_if_due(self) -> None:
        """Write a line, if it is time to."""
        now = self._clock()
        passed = now - self._written_at
        if passed < self._interval:
            return
        pulse = self._pulse()
        line = _line(pulse, (pulse.settled - self._settled) / passed)
        self._written_at, self._settled = now, pulse.settled
        if self._terminal:
            sys.stderr.write(CLEAR + line)
            sys.stderr.flush()
        else:
            self._logger.info(line)

    def clear(self) -> None:
        """Clear the line on the terminal, before something else is written."""
        if self._terminal:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()


def _line(pulse: ProgressCounts, rate: float) -> str:
    quota = "" if pulse.quota_left is None else f", rate limit allows {pulse.quota_left}"
    return (
        f"processed {pulse.settled}, in flight {pulse.in_flight} of {pulse.limit}, "
        f"waiting {pulse.waiting}, rejected {pulse.rejected}, {rate:.0f} a second{quota}"
    )
