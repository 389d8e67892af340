"""What befalls connections."""

from __future__ import annotations

import time

from fault import HASTY, NONE, SOME, Fault, on_one, passing
from stage import Live

TWICE = "twice, for one record, which was taken"
NEVER = "from the first connection on"


def _down_and_up(live: Live) -> None:
    """The vendor goes away in mid-run, and comes back."""
    live.write(live.given.data)
    live.wait_for_requests(12)
    live.sandbox.stop()
    time.sleep(1)
    live.sandbox.start()
    live.close()


def _unreachable(name: str, place: str, said: str, *, short: bool = False) -> Fault:
    return Fault(name, NEVER, 3, said, NONE, 0, place=place, short=short)


LINE = (
    _unreachable("refused", "nobody listens", "no connection can be made", short=True),
    Fault(
        "refused in mid-run",
        "the vendor stops listening for a second, and drops all connections",
        repeated=SOME,
        act=_down_and_up,
        short=True,
    ),
    _unreachable("no such host", "no such host", "name does not resolve"),
    _unreachable("TLS: signed by nobody known", "tls, unknown", "no trusted TLS connection"),
    _unreachable(
        "TLS: another host's name", "tls, another host", "no trusted TLS connection", short=True
    ),
    _unreachable("TLS: expired", "tls, expired", "no trusted TLS connection", short=True),
    _unreachable("TLS: plain http on its port", "tls, plain", "no trusted TLS connection"),
    Fault(
        "TLS: as it should be",
        "a run over https, to compare with",
        place="tls, trusted",
        next_exit_code=None,
    ),
    passing("a reset before execution", "twice, for one record", "reset_before"),
    passing("a reset after execution", TWICE, "reset_after"),
    passing(
        "no answer in time",
        f"{TWICE}; 60 s, for a request_timeout_seconds of 1",
        "stall",
        settings=HASTY,
    ),
    passing(
        "slow headers",
        f"{TWICE}; over 30 s, for a request_timeout_seconds of 1",
        "slow_headers",
        settings=HASTY,
        seconds=30,
        short=True,
    ),
    passing(
        "slow body",
        f"{TWICE}; byte by byte over 30 s, for a request_timeout_seconds of 1",
        "drip",
        settings=HASTY,
        seconds=30,
    ),
    passing(
        "a pause in the body",
        f"{TWICE}; 30 s, for a request_timeout_seconds of 1",
        "stall_body",
        settings=HASTY,
        seconds=30,
    ),
    passing("half of an answer", TWICE, "half_body"),
    passing("Content-Length of more than comes", TWICE, "wrong_length", short=True),
    passing("Content-Length of less than comes", TWICE, "wrong_length", form="less", short=True),
    Fault("gzip that nobody asked for", "for every request", rules=({"fault": "gzip"},)),
    passing("gzip, broken off", TWICE, "gzip", form="broken"),
    passing("gzip, a gigabyte of nothing", TWICE, "gzip", form="bomb", short=True),
    Fault("chunked", "for every request", rules=({"fault": "chunked"},)),
    passing("chunked, broken off", TWICE, "chunked", form="broken"),
    passing("a body without an end", TWICE, "endless", settings=HASTY, short=True),
    passing("a header of a megabyte", TWICE, "huge_headers"),
    Fault(
        "a thousand headers",
        "twice, for one record; they are read",
        rules=on_one("huge_headers", form="many", times=2),
    ),
    Fault(
        "idle connections closed by the vendor",
        "after every answer, without notice",
        repeated=SOME,
        rules=({"fault": "close_idle"},),
        short=True,
    ),
)
