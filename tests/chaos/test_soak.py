"""A soak: all that a server can do wrong at random, a ledger, kills; in the end all is there."""

from __future__ import annotations

import random
import signal
import time

from evidence import Evidence
from judge import PROMISES, judge
from stage import Live, Stage
from table import Row, keep, rows
from taps import MEMBERS, VISITS, Given, joined, member, state, visit
from vendors import VENDORS

from target_gleantap.sandbox.server import Sandbox

SEED = 6
PURCHASES = VISITS.replace(b'"visits"', b'"purchases"')
CONTACTS = 200
LAST_PLACE = 9999
COMMON, RARE, SELDOM = 0.01, 0.002, 0.0005
"""Of how many requests each fault is. What holds a request for a second, or everyone, is seldom."""
EVERYTHING = [
    *({"fault": "status", "status": status, "rate": RARE} for status in (400, 408, 409, 413, 422)),
    *({"fault": "status", "status": status, "rate": RARE} for status in (425, 500, 502, 503)),
    {"fault": "status", "status": 504, "rate": RARE, "carried_out": True},
    {"fault": "failure_in_200", "rate": RARE},
    {"fault": "html", "rate": RARE},
    {"fault": "html", "status": 500, "rate": RARE},
    {"fault": "empty", "rate": RARE},
    {"fault": "reset_before", "rate": COMMON},
    {"fault": "reset_after", "rate": COMMON},
    {"fault": "half_body", "rate": RARE},
    {"fault": "close_idle", "rate": COMMON},
    {"fault": "throttle", "rate": SELDOM},
    {"fault": "throttle", "rate": SELDOM, "retry_after": 1},
    {"fault": "throttle", "rate": SELDOM, "retry_after": 1, "form": "date"},
    *({"fault": kind, "rate": SELDOM} for kind in ("stall", "stall_body", "endless")),
    *({"fault": kind, "rate": SELDOM, "seconds": 5} for kind in ("slow_headers", "drip")),
    *({"fault": "wrong_length", "rate": RARE, "form": form} for form in ("more", "less")),
    *({"fault": "gzip", "rate": RARE, "form": form} for form in ("good", "broken")),
    {"fault": "gzip", "rate": SELDOM, "form": "bomb"},
    *({"fault": "chunked", "rate": RARE, "form": form} for form in ("good", "broken")),
    *({"fault": "huge_headers", "rate": SELDOM, "form": form} for form in ("long", "many")),
    {"fault": "latency", "rate": COMMON, "seconds": [0, 0.1]},
]
REFUSED = {"fault": "status", "status": 401}


def soaked(count: int) -> Given:
    """Three streams, a state after every few records."""
    lines = [MEMBERS, VISITS, PURCHASES]
    for number in range(1, count + 1):
        contact = (number * 7) % CONTACTS
        made = visit(number, contact)
        if number % 3 == 1:
            made = member(number, contact)
        elif number % 3 == 2:
            made = made.replace(b'"visits"', b'"purchases"')
        lines.append(made)
        if number % 10 == 0:
            lines.append(state(number))
    return Given(joined(lines))


def kill(live: Live) -> None:
    live.kill()


def terminate(live: Live) -> None:
    live.signal(signal.SIGTERM)


def pause(live: Live) -> None:
    live.signal(signal.SIGSTOP)
    time.sleep(2)
    live.signal(signal.SIGCONT)


def go_down(live: Live) -> None:
    live.sandbox.stop()
    time.sleep(0.5)
    live.sandbox.start()


def refuse(live: Live) -> None:
    live.sandbox.faults = [REFUSED]


def let_it_be(_live: Live) -> None:
    """Nothing but what the server does."""


FATES = (kill, kill, kill, terminate, pause, go_down, refuse, let_it_be)


def act_of(fate, after):
    def act(live):
        live.feed_aside()
        live.wait_for_requests(after)
        fate(live)

    return act


def soak(stage, given, seconds, most):
    """Run after run from the last state on, each with a fate of its own; and a clean one.

    Where all of the input is through, it begins again: most of it is then known to the ledger.
    """
    chance, runs = random.Random(SEED), []  # noqa: S311 - repeatable on purpose
    until, rest = time.monotonic() + seconds, given
    while time.monotonic() < until:
        stage.sandbox.faults = EVERYTHING
        fate = chance.choice(FATES)
        runs.append(stage.run(rest, act_of(fate, chance.randrange(most))))
        rest = rest.after(runs[-1].states[-1] if runs[-1].states else None)
        rest = rest if rest.records else given
    stage.sandbox.faults = []
    return (*runs, stage.run(rest))


def test_after_a_soak_everything_is_there(chaos_long, rows_folder, tmp_path):
    count, seconds, most = (8_000, 150, 1500) if chaos_long else (900, 6, 150)
    vendor = VENDORS["gleantap"]
    purchases = {**vendor.mappings[1], "stream": "purchases"}
    given = soaked(count)
    options = {"credentials": vendor.credentials, "record": True, "seed": SEED}
    with Sandbox(latency=(0.001, 0.004), log_size=1_000_000, **options) as sandbox:
        settings = {
            "base_url": sandbox.url,
            **vendor.credentials,
            "mappings": [*vendor.mappings, purchases],
            "ledger_url": f"sqlite:///{tmp_path}/ledger.db",
            "on_reject": "quarantine",
            "batch_size_rows": 25,
            "max_in_flight": 8,
            "request_timeout_seconds": 2,
            "retry_deadline_seconds": 30,
        }
        runs = soak(Stage(sandbox, tmp_path, settings), given, seconds, most)
        overlaps = sandbox.stats["overlaps"]
    evidence = Evidence(runs, vendor.asked_for, tuple(vendor.credentials.values()), overlaps)
    assert judge(evidence).breaches == ()
    assert len(runs) > 2
    assert {run.exit_code for run in runs} <= {0, 3, 143, -9}
    assert runs[-1].exit_code == 0, runs[-1].stderr[-2000:]
    assert runs[-1].states[-1:] == runs[-1].given.states[-1:]
    row = Row(
        "a soak",
        "gleantap",
        "three streams and a ledger; all faults of the sandbox at random, SIGKILL, SIGTERM, "
        "SIGSTOP, a vendor that goes away, keys that are refused; each run from the last state",
        *("some",) * 5,
        "",
        "without faults: ends with 0, all has arrived",
        "all" if len(PROMISES) == 10 else "",
    )
    if rows_folder is not None:
        keep(row, LAST_PLACE, rows_folder)
    else:
        assert row in rows(), "docs/chaos.md says otherwise: make chaos writes it anew"
