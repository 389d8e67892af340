/* Draws the charts of a page from what `charts.py` gives: uPlot does the drawing. */
(() => {
  "use strict";
  const drawn = new Map();
  const latest = new Map();
  const DASHES = { warn: [6, 3], worse: [2, 3], muted: [1, 3], note: [8, 3] };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const tone = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "gray";

  const number = (value) =>
    value == null ? "–" : Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : +value.toFixed(2);

  function options(place, chart) {
    const grid = { stroke: tone("rule"), width: 1 };
    const axis = { stroke: tone("quiet"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
    const values = (_plot, value) => (value == null ? "–" : number(value) + chart.unit);
    const clock = { values: (_plot, splits) => splits.map((second) => clockTime(second, latest.get(place))) };
    return {
      width: Math.max(place.clientWidth, 120),
      height: 170,
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { live: true },
      scales: { x: { time: true, range: range(place) }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, ...clock },
        { ...axis, size: 60, values: (_plot, splits) => splits.map((value) => number(value) + chart.unit) },
      ],
      series: [
        { label: "from", value: (_plot, value) => (value == null ? "–" : wall(value)) },
        ...chart.series.map((one) => ({
          label: one.name,
          stroke: tone(one.tone),
          fill: chart.series.length === 1 || one.tone === "good" ? tone(one.tone) + "22" : undefined,
          dash: DASHES[one.tone],
          width: 1.75,
          points: { show: chart.x.length < 3 },
          spanGaps: true,
          value: values,
        })),
      ],
    };
  }

  // A first second stands alone: give it some room to be seen in.
  const range = (place) => (_plot, low, high) => [low, Math.max(high, low + 10 * latest.get(place).width)];

  // The time of day where the data come from, whatever the zone of who looks: "2026-05-01 02:13:05".
  let zone = 0;
  const wall = (moment) =>
    new Date(Math.floor(moment + zone) * 1000).toISOString().slice(0, 19).replace("T", " ");

  const clockTime = (second, chart) => {
    const [day, time] = wall(second).split(" ");
    const days = chart.x.at(-1) - chart.x[0] > 86400 ? `${day.slice(5)} ` : "";
    return days + (chart.width < 30 ? time : time.slice(0, 5));
  };

  const columns = (chart) => [chart.x, ...chart.series.map((one) => one.values)];
  const shape = (chart) => JSON.stringify([chart.series.map((one) => one.name), chart.x.length < 3]);

  function draw(place, chart) {
    latest.set(place, chart);
    place.setAttribute("aria-label", `${chart.title}: ${chart.says}`);
    const before = drawn.get(place);
    if (before && before.shape === shape(chart)) {
      before.plot.setData(columns(chart));
      return;
    }
    before?.plot.destroy();
    place.textContent = "";
    if (!chart.series.length) {
      drawn.delete(place);
      place.textContent = place.dataset.empty || "Nothing yet.";
      return;
    }
    const plot = new uPlot(options(place, chart), columns(chart), place);
    place.querySelector(".u-legend")?.setAttribute("aria-hidden", "true");
    drawn.set(place, { plot, shape: shape(chart) });
  }

  function redraw() {
    for (const [place, chart] of latest) {
      drawn.get(place)?.plot.destroy();
      drawn.delete(place);
      draw(place, chart);
    }
  }

  window.drawCharts = (data) => {
    zone = data.zone;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const chart = data.charts[place.dataset.chart];
      if (chart) draw(place, chart);
    }
  };
  window.chartStretch = (place, x) => {
    const chart = latest.get(place);
    const from = chart.x[drawn.get(place).plot.posToIdx(x)];
    return [wall(from), wall(from + Math.max(chart.width, 1) - 1)];
  };

  dark.addEventListener("change", redraw);
  new ResizeObserver(() => {
    for (const [place, { plot }] of drawn) plot.setSize({ width: Math.max(place.clientWidth, 120), height: 170 });
  }).observe(document.documentElement);

  const inlined = document.getElementById("charts");
  if (inlined) window.drawCharts(JSON.parse(inlined.textContent));
})();
