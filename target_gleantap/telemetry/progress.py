"""How a run fares while it runs: a line on a terminal, a log line now and then elsewhere."""

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
class Pulse:
    """Where a run stands.

    Attributes:
        settled: Records settled so far, counted once in each mapping.
        in_flight: Requests under way.
        limit: How many of them there may be.
        waiting: Deliveries that are not settled.
        rejected: Records rejected so far.
        quota_left: Requests that the quota would let go now; None where none is known.
    """

    settled: int
    in_flight: int
    limit: int
    waiting: int
    rejected: int
    quota_left: int | None


class Progress:
    """Tells how a run fares, at intervals.

    Args:
        pulse: Says where the run stands.
        logger: For where stderr is no terminal.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        pulse: Callable[[], Pulse],
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse = pulse
        self._logger = logger
        self._clock = clock
        self._terminal = sys.stderr.isatty()
        self._interval = TERMINAL_SECONDS if self._terminal else LOG_SECONDS
        self._told_at = clock()
        self._settled = 0

    def tell(self) -> None:
        """Tell, if it is time to."""
        now = self._clock()
        passed = now - self._told_at
        if passed < self._interval:
            return
        pulse = self._pulse()
        line = _line(pulse, (pulse.settled - self._settled) / passed)
        self._told_at, self._settled = now, pulse.settled
        if self._terminal:
            sys.stderr.write(CLEAR + line)
            sys.stderr.flush()
        else:
            self._logger.info(line)

    def clear(self) -> None:
        """Leave an empty line behind for what is said next."""
        if self._terminal:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()


def _line(pulse: Pulse, rate: float) -> str:
    quota = "" if pulse.quota_left is None else f", quota left {pulse.quota_left}"
    return (
        f"settled {pulse.settled}, in flight {pulse.in_flight} of {pulse.limit}, "
        f"waiting {pulse.waiting}, rejected {pulse.rejected}, {rate:.0f} a second{quota}"
    )
