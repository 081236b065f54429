// <figure data-chart="table" data-kind="lines" …>: the rows of a table as lines, one for
// each column of numbers, drawn by uPlot; see chart.js for how rows are found.
(function (stats) {
  "use strict";

  const HEIGHT = 260;
  const COLOURS = ["--link-fg", "--other-line"]; // of the admin's themes

  function colour(element, name) {
    return getComputedStyle(element).getPropertyValue(name).trim() || "#417893";
  }

  // The heading of a column, by the class its cells share.
  function heading(table, selector) {
    const index = table.querySelector(selector)?.cellIndex ?? -1;
    return table.tHead?.rows[0].cells[index]?.textContent.trim() ?? "";
  }

  function axes(figure, labels) {
    const stroke = getComputedStyle(figure).color;
    const grid = { stroke: colour(figure, "--hairline-color"), width: 1 };
    const shared = { stroke, grid, ticks: grid };
    const named = (_plot, splits) => splits.map((at) => labels[at] ?? "");
    const told = (_plot, splits) => splits.map(stats.formatNumber);
    return [
      { ...shared, values: named, incrs: [1, 2, 5, 7, 10, 14, 20, 50, 100, 200], space: 90 },
      { ...shared, values: told, size: 80 },
    ];
  }

  stats.drawLines = function (figure, table, rows) {
    const labels = rows.map((row) => row.label);
    const selectors = figure.dataset.values.split(",");
    const lines = selectors.map((selector, index) => ({
      label: heading(table, selector.trim()),
      stroke: colour(figure, COLOURS[index % COLOURS.length]),
      width: 2,
      dash: index === 0 ? [] : [6, 4], // where lines lie on each other both are seen
      points: { show: rows.length < 40 },
      value: (_plot, value) => (value === null ? "" : stats.formatNumber(value)),
    }));
    const named = { label: heading(table, figure.dataset.labels) };
    const options = {
      width: figure.clientWidth || 600,
      height: HEIGHT,
      scales: { x: { time: false } },
      axes: axes(figure, labels),
      series: [{ ...named, value: (_plot, at) => labels[at] ?? "" }, ...lines],
    };
    const columns = selectors.map((_each, index) => rows.map((row) => row.numbers[index]));
    const host = document.createElement("div");
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", figure.querySelector("figcaption")?.textContent.trim() ?? "");
    figure.querySelector("[role=img]")?.remove();
    figure.append(host);
    const plot = new globalThis.uPlot(options, [rows.map((_row, at) => at), ...columns], host);
    new ResizeObserver(() => {
      plot.setSize({ width: figure.clientWidth, height: HEIGHT });
    }).observe(figure);
  };
})((globalThis.Stats ??= {}));
