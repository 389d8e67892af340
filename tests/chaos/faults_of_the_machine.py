"""What befalls the machine and the process."""

from __future__ import annotations

import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path

from fault import HASTY, SOME, Fault
from faults_of_the_tap import rejecting_much
from stage import Live
from taps import joined, usual

YEAR = 365 * 86_400
MANY = 400
SLOW = ({"fault": "latency", "seconds": 0.02},)
LEDGER = {"ledger_url": "sqlite:///{folder}/ledger.db"}


def _after(requests: int, what: Callable[[Live], None]) -> Callable[[Live], None]:
    """Do something to the run once the vendor has received so many requests."""

    def act(live: Live) -> None:
        live.write(live.given.data)
        live.wait_for_requests(requests)
        what(live)
        live.close()

    return act


def _stop_and_continue(live: Live) -> None:
    live.signal(signal.SIGSTOP)
    time.sleep(3)
    live.signal(signal.SIGCONT)


def _close_stdout(live: Live) -> None:
    live.closed = True
    live.write(live.given.data[: len(live.given.data) // 2])
    live.wait_for(lambda: live.popen.stdout.closed)
    live.write(live.given.data[len(live.given.data) // 2 :])
    live.close()


def set_clock(live: Live, seconds: int) -> None:
    """Let the run's wall clock jump, for whoever reads it next."""
    # In its place: the run has the file mapped, and must not find it empty.
    with Path(live.env["CHAOS_CLOCK"]).open("r+b") as clock:
        clock.write(struct.pack("q", seconds))


def _jump(*jumps: int) -> Callable[[Live], None]:
    def act(live: Live) -> None:
        live.write(live.given.data)
        for place, seconds in enumerate(jumps, 1):
            live.wait_for_requests(10 * place)
            set_clock(live, seconds)
        live.close()

    return act


def _clock(name: str, *jumps: int, **more: object) -> Fault:
    return Fault(
        name,
        "in mid-run, with 429s that say a date",
        repeated=SOME,
        rules=({"fault": "throttle", "retry_after": 1, "form": "date", "after": 14, "times": 2},),
        place="another clock",
        act=_jump(*jumps),
        **more,
    )


def _signalled(name: str, signum: int, code: int, *, ledger: bool = False, **more: object) -> Fault:
    return Fault(
        name + (", with a ledger" if ledger else ""),
        "after 12 requests",
        code,
        f"Stopped by signal {int(signum)}" if code > 0 else "",
        SOME,
        0,
        rules=SLOW,
        settings=LEDGER if ledger else {},
        act=_after(
            12, lambda live: live.kill() if signum == signal.SIGKILL else live.signal(signum)
        ),
        **more,
    )


MACHINE = (
    Fault(
        "a full disk under the rejects",
        "no file may grow past 32 kB; 40 records are rejected",
        5,
        "rejects file",
        SOME,
        0,
        rejected=SOME,
        settings={"on_reject": "quarantine"},
        tap=rejecting_much,
        place="a small disk",
        next_exit_code=0,
    ),
    Fault(
        "a full disk under the ledger",
        "no file may grow past 128 kB; 400 events are delivered",
        5,
        "ledger",
        SOME,
        0,
        settings=LEDGER,
        tap=lambda: joined(usual(MANY)),
        place="a disk for a ledger",
        short=True,
    ),
    Fault(
        "a full disk under the states",
        "stdout is a file with room for three of them",
        5,
        "stdout cannot be written",
        SOME,
        0,
        place="a small disk for states",
        short=True,
    ),
    Fault(
        "stdout closed",
        "by its reader, after the first state",
        5,
        "stdout is closed",
        SOME,
        0,
        act=_close_stdout,
        short=True,
    ),
    _clock("a clock that jumps ahead", YEAR, short=True),
    _clock("a clock that jumps back", -YEAR),
    _clock("a clock that jumps to and fro", YEAR, -2 * YEAR, 60),
    _signalled("SIGTERM", signal.SIGTERM, 143, short=True),
    _signalled("SIGINT", signal.SIGINT, 130),
    _signalled("SIGKILL", signal.SIGKILL, -9, short=True),
    _signalled("SIGTERM", signal.SIGTERM, 143, ledger=True),
    _signalled("SIGKILL", signal.SIGKILL, -9, ledger=True),
    Fault(
        "SIGSTOP, and SIGCONT three seconds later",
        "after 12 requests; request_timeout_seconds is 1",
        repeated=SOME,
        rules=SLOW,
        settings=HASTY,
        act=_after(12, _stop_and_continue),
        short=True,
    ),
)
