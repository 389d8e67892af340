"""The run report in a real browser: one file, which needs nothing else."""

from __future__ import annotations

import pytest
from gym import SCHEMAS, check_in, member, state
from playwright.sync_api import expect

CHARTS = ("settled", "requests", "latency", "quota", "work")


@pytest.fixture
def report(sandbox, run_target, tmp_path):
    """The report of a run with rejects, retries and a quota."""
    path = tmp_path / "out" / "report.html"
    sandbox.faults = [{"fault": "status", "status": 503, "every": 9}]
    run = run_target(
        [
            *SCHEMAS,
            *(member(number, last_name=None if number % 10 == 0 else "E") for number in range(60)),
            *(check_in(number, number) for number in range(60)),
            state(at=1),
        ],
        report_path=str(path),
        quotas=["60/1s"],
        on_reject="quarantine",
    )
    assert run.exit_code == 0
    return path


def test_it_draws_its_charts_from_what_stands_in_it(report, open_page):
    page = open_page(report.as_uri())
    expect(page.get_by_text("It ended at the end of its input.")).to_be_visible()
    for name in CHARTS:
        place = page.locator(f"[data-chart={name}]")
        expect(place.locator("canvas")).to_be_visible()
        assert ":" in place.get_attribute("aria-label")
    drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
    for canvas in page.locator("canvas").all():
        assert canvas.evaluate(f"canvas => ({drawn})(canvas).data.some(value => value)")
    row = page.get_by_role("row", name="members:contact").first
    assert row.locator("td").all_inner_texts()[2:] == ["60", "54", "0", "0", "6", "0", "0"]
    expect(page.get_by_role("region", name="Rejects")).to_contain_text("last_name")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(report, open_page, no_fault, scheme):
    page = open_page(report.as_uri(), color_scheme=scheme)
    page.locator(".uplot").first.wait_for()
    page.get_by_text("Those that the course").click()
    no_fault(page)


def test_it_fits_a_phone(report, open_page):
    page = open_page(report.as_uri(), width=360)
    page.locator(".uplot").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
