"""Whatever goes wrong, the promises hold; and docs/chaos.md says what came of it."""

from __future__ import annotations

import json
import re

from evidence import Evidence
from fault import END, NONE, SOME
from faults import FAULTS
from judge import judge
from places import PLACES
from stage import Stage
from table import Row, first_words, keep, rows
from taps import Given
from vendors import VENDORS

from target_gleantap.sandbox.server import Sandbox

LATENCY = (0.001, 0.004)
"""Without any, hardly anything is ever in progress side by side, and no overlap can be seen."""


def settings_of(fault, vendor, sandbox, folder):
    given = {
        "destination": fault.destination,
        "base_url": sandbox.url,
        **vendor.credentials,
        **vendor.settings,
        "mappings": list(vendor.mappings),
        **fault.settings,
    }
    return json.loads(json.dumps(given).replace("{folder}", str(folder)))


def rules_of(fault, sandbox, elsewhere):
    text = json.dumps(fault.rules)
    return json.loads(text.replace("{elsewhere}", elsewhere.url).replace("{here}", sandbox.url))


def try_out(fault, sandbox, elsewhere, folder):
    """The run that meets with the fault, and the one that follows without it."""
    vendor = VENDORS[fault.destination]
    stage = Stage(sandbox, folder, settings_of(fault, vendor, sandbox, folder))
    sandbox.faults = rules_of(fault, sandbox, elsewhere)
    with PLACES[fault.place](stage):
        runs = [stage.run(fault.given, fault.act)]
    if fault.next_exit_code is not None and runs[0].exit_code != 0:
        sandbox.faults = []
        mended = Given((fault.mended or fault.tap)())
        last = runs[0].states[-1] if runs[0].states else None
        settings = {**stage.settings, **vendor.credentials, "base_url": sandbox.url}
        after = Stage(sandbox, folder, settings, count=stage.count)
        runs.append(after.run_here(mended.after(last)))
    return Evidence(
        tuple(runs),
        vendor.asked_for,
        tuple(vendor.credentials.values()),
        sandbox.stats["overlaps"],
        len(elsewhere.requests),
        fault.memory_mb,
        refusals=fault.refusals,
        wanted=Given((fault.mended or fault.tap)()),
    )


def amount(expected, seen):
    """A number that is the same each time, or the word for one that is not."""
    return str(seen) if isinstance(expected, int) else expected


def _next_run(exit_code):
    what = "all has arrived" if exit_code == 0 else "the same is rejected, all else has arrived"
    return f"ends with {exit_code}, {what}"


def row_of(fault, evidence, checked):
    run = evidence.runs[0]
    ended_by = run.summary["ended_by"] if run.summary else "nothing: it was killed"
    following = evidence.runs[1:]
    return Row(
        fault.name,
        fault.destination,
        fault.tried,
        str(run.exit_code),
        amount(fault.delivered, run.total("delivered")),
        amount(fault.repeated, run.repeated),
        amount(fault.rejected, len(run.rejected)),
        str(len(run.calls)) if fault.steady and fault.destination != "klaviyo" else SOME,
        "" if ended_by == END else first_words(ended_by),
        _next_run(following[0].exit_code) if following else "",
        "all" if len(checked) == 10 else ", ".join(map(str, checked)),
    )


def meets(expected, seen, most):
    if expected == SOME:
        return 0 <= seen <= most
    return seen == (0 if expected == NONE else expected)


def pytest_generate_tests(metafunc):
    """Every fault by `make chaos`; those of the short form else."""
    if "fault" not in metafunc.fixturenames:
        return
    long = metafunc.config.getoption("--chaos", "short") == "long"
    tried = [(place, fault) for place, fault in enumerate(FAULTS) if fault.short or long]
    names = [f"{fault.destination}-{fault.name}-{fault.place}" for _, fault in tried]
    metafunc.parametrize(
        ("place", "fault"), tried, ids=[re.sub(r"\W+", "-", name) for name in names]
    )


def test_the_promises_hold(place, fault, rows_folder, tmp_path):
    credentials = VENDORS[fault.destination].credentials
    with (
        Sandbox(
            destination=fault.destination, credentials=credentials, record=True, latency=LATENCY
        ) as sandbox,
        Sandbox(record=True) as elsewhere,
    ):
        evidence = try_out(fault, sandbox, elsewhere, tmp_path)
    run = evidence.runs[0]
    verdict = judge(evidence)
    assert verdict.breaches == (), run.stderr[-2000:]
    assert run.exit_code == fault.exit_code, run.stderr[-2000:]
    if run.summary is not None:
        assert fault.said in run.summary["ended_by"]
        most = len(run.given.records)
        assert meets(fault.delivered, run.total("delivered"), most), run.summary["books"]
        assert meets(fault.rejected, len(run.rejected), most)
    assert meets(fault.repeated, run.repeated, 10 * len(run.given.records))
    if fault.next_exit_code is not None and run.exit_code != 0:
        assert evidence.runs[1].exit_code == fault.next_exit_code, evidence.runs[1].stderr[-2000:]
    row = row_of(fault, evidence, verdict.checked)
    if rows_folder is not None:
        keep(row, place, rows_folder)
    else:
        assert row in rows(), "docs/chaos.md says otherwise: make chaos writes it anew"
