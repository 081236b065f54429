// <figure data-chart="table" data-labels="…" data-values="…, …">: bars drawn from the
// rows of a table, whose selectors find a label and the numbers in each row; with
// data-kind="lines", lines. The table stays: it is what people who do not see the picture
// read.
(function (stats) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 640;
  const LABEL_WIDTH = 220;
  const NUMBER_WIDTH = 70;
  const BAR_HEIGHT = 8;
  const GAP = 8; // between rows

  function make(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, value);
    }
    if (text !== undefined) {
      element.textContent = text;
    }
    return element;
  }

  // What people read as a number: "1,200", "-3"; NaN if there is no digit.
  function readNumber(text) {
    const digits = text.replaceAll(/[^\d.-]/g, "");
    return /\d/.test(digits) ? Number(digits) : Number.NaN;
  }

  // Rows without a label or a number, such as headings, are left out.
  stats.readRows = function (table, labels, values) {
    const rows = [];
    for (const row of table.querySelectorAll("tr")) {
      const label = row.querySelector(labels)?.textContent.trim();
      const cells = row.querySelectorAll(values);
      const numbers = Array.from(cells, (cell) => readNumber(cell.textContent));
      if (label && numbers.length > 0 && numbers.every(Number.isFinite)) {
        rows.push({ label, numbers });
      }
    }
    return rows;
  };

  // The longest bar is as wide as there is room; nothing is drawn below zero.
  stats.scaleTo = function (rows, room) {
    const longest = Math.max(1, ...rows.flatMap((row) => row.numbers));
    return (value) => Math.round((Math.max(0, value) / longest) * room);
  };

  function drawRow(svg, row, top, scale) {
    const height = row.numbers.length * BAR_HEIGHT;
    const middle = top + height / 2;
    const name = { x: LABEL_WIDTH - 8, y: middle, "text-anchor": "end" };
    svg.append(make("text", { ...name, class: "chart-label" }, row.label));
    row.numbers.forEach((value, index) => {
      const place = { x: LABEL_WIDTH, y: top + index * BAR_HEIGHT };
      const size = { width: scale(value), height: BAR_HEIGHT - 1 };
      svg.append(make("rect", { ...place, ...size, class: `chart-bar-${index + 1}` }));
    });
    const end = LABEL_WIDTH + Math.max(...row.numbers.map(scale)) + 6;
    const told = row.numbers.map(stats.formatNumber).join(" · ");
    svg.append(make("text", { x: end, y: middle, class: "chart-number" }, told));
    return height;
  }

  stats.drawChart = function (figure) {
    const { chart, labels, values } = figure.dataset;
    const table = document.querySelector(chart);
    const rows = table ? stats.readRows(table, labels, values) : [];
    figure.hidden = rows.length === 0;
    if (figure.hidden) {
      return;
    }
    if (figure.dataset.kind === "lines") {
      stats.drawLines(figure, table, rows);
      return;
    }
    const scale = stats.scaleTo(rows, WIDTH - LABEL_WIDTH - NUMBER_WIDTH);
    const title = figure.querySelector("figcaption")?.textContent.trim() ?? "";
    const svg = make("svg", { role: "img", "aria-label": title });
    let top = GAP;
    for (const row of rows) {
      top += drawRow(svg, row, top, scale) + GAP;
    }
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${top}`);
    figure.querySelector("svg")?.remove();
    figure.append(svg);
  };

  document.querySelectorAll("figure[data-chart]").forEach(stats.drawChart);
})((globalThis.Stats ??= {}));
