// Reads the charts: the legends show the day under the pointer, and the last day without one.
"use strict";
const readings = JSON.parse(document.getElementById("readings").textContent);
const days = readings.days.split(" ");
const figures = Object.entries(readings.charts).map(([id, curves]) => {
  const figure = document.getElementById(id);
  return {
    values: curves.map((text) => text.split(" ")),
    outputs: [...figure.querySelectorAll("output")],
    when: figure.querySelector("time"),
    drawings: [...figure.querySelectorAll("svg")],
  };
});
const written = (value, unit = "") => value === "n/a" ? value : value.replace("-", "\u2212") + unit;
const place = (svg) => [Number(svg.dataset.left), Number(svg.dataset.right)];

function show(i, pointed) {
  for (const { values, outputs, when, drawings } of figures) {
    when.textContent = days[i];
    outputs.forEach((output, k) => { output.textContent = written(values[k][i], output.dataset.unit); });
    for (const svg of drawings) {
      const [left, right] = place(svg);
      const cross = svg.querySelector(".cross");
      const x = left + (right - left) * i / Math.max(days.length - 1, 1);
      cross.setAttribute("d", pointed ? `M${x.toFixed(1)} ${cross.dataset.top}V${cross.dataset.base}` : "M0 0");
    }
  }
}

for (const { drawings } of figures) {
  for (const svg of drawings) {
    svg.addEventListener("pointermove", (event) => {
      const [left, right] = place(svg);
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
      const share = Math.min(Math.max((x - left) / (right - left), 0), 1);
      show(Math.round(share * (days.length - 1)), true);
    });
    svg.addEventListener("pointerleave", () => show(days.length - 1, false));
  }
}

// A printed page has nothing to click on: it shows what is folded, but for the long table of orders.
const folded = document.querySelectorAll("details:not(.long)");
addEventListener("beforeprint", () => folded.forEach((part) => { part.open = true; }));
addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
