"""What happened when, in bounded memory."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.telemetry import charts
from target_gleantap.telemetry.series import Series, quantile, status_class

MOST = 16
moments = st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from(["2xx", "5xx"]), st.floats(0, 100)))


@given(moments)
def test_nothing_is_lost_however_long_it_takes_and_the_size_is_bounded(happened):
    series = Series(0.0, 1.0, MOST)
    for now, name, seconds in happened:
        series.answered(now, name, seconds)
        series.level(now, "waiting", seconds)
    view = series.view()
    assert len(view["seconds"]) <= MOST
    for name in ("2xx", "5xx"):
        came = sum(name == other for _, other, _ in happened)
        assert sum(view["counts"].get(name, [])) == came
    assert series.histogram().total() == len(happened)
    if happened:
        assert max(filter(None, [0.0, *view["levels"]["waiting"]]), default=0.0) == max(
            (seconds for *_, seconds in happened), default=0.0
        )


@given(st.lists(st.floats(0.001, 1000), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_within_five_per_cent(lengths, share):
    series = Series(0.0)
    for seconds in lengths:
        series.answered(0.0, "2xx", seconds)
    ranked = sorted(lengths)
    exact = next(one for place, one in enumerate(ranked, 1) if place >= len(ranked) * share)
    assert quantile(series.histogram(), share) == pytest.approx(exact, rel=0.06)


def test_a_stretch_in_which_nothing_happened_is_there_all_the_same():
    series = Series(10.0, 2.0)
    series.count(10.5, "settled", 4)
    series.count(15.0, "settled", 1)
    view = series.view()
    assert (view["seconds"], view["counts"]) == ([0.0, 2.0, 4.0], {"settled": [4, 0, 1]})
    assert view["lengths"]["p50"] == [None, None, None]


def test_what_is_of_no_quantile_or_of_a_time_before_the_first_does_no_harm():
    assert quantile({}, 0.5) is None
    series = Series(10.0)
    series.answered(9.0, "none", 0.0)
    assert series.view()["counts"] == {"none": [1]}


@pytest.mark.parametrize(
    ("status", "name"), [(200, "2xx"), (422, "4xx"), (429, "429"), (503, "5xx"), (None, "none")]
)
def test_statuses_by_class(status, name):
    assert status_class(status) == name


def test_charts_are_columns_of_json_types_and_say_what_they_show():
    series = Series(0.0, 2.0)
    for name in ("2xx", "2xx", "429"):
        series.answered(1.0, name, 0.01)
    series.level(1.0, "quota 10/1s", 0.5)
    series.level(1.0, "waiting", 7)
    view = series.view()
    requests = charts.requests(view, 100.0)
    assert requests["x"] == [100.0]
    assert [(one["name"], one["values"]) for one in requests["series"]] == [
        ("2xx", [1.0]),
        ("429 throttled", [0.5]),
    ]
    assert requests["says"].startswith("2xx: at most 1/s, at last 1/s")
    quota = charts.levels(view, 100.0, "Quota", "quota ")
    assert [(one["name"], one["values"]) for one in quota["series"]] == [("10/1s", [50.0])]
    work = charts.levels(view, 100.0, "Work", "", 1.0, leave_out="quota ")
    assert [one["name"] for one in work["series"]] == ["waiting"]
    assert charts.rates(view, 0.0, "None", {})["says"] == "nothing yet"
    json.dumps([requests, quota, work, charts.latency(view, 0.0)], allow_nan=False)
