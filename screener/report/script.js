// Reads and zooms the charts, and turns the switches; the page says everything without it.
"use strict";
const root = document.documentElement;
const every = (selector, within = document) => [...within.querySelectorAll(selector)];
const set = (part, name, value) => part.setAttribute(name, value);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const readings = JSON.parse(every("#readings")[0].textContent);
const days = readings.days.split(" "), last = days.length - 1;
const months = days.map((day) => day.slice(0, 4) * 12 + +day.slice(5, 7) - 1);
const figures = Object.entries(readings.charts).map(([id, curves]) => {
  const figure = every("#" + id)[0];
  return {
    curves: curves.map((text) => text.split(" ")),
    outputs: every("output", figure),
    when: every("time", figure)[0],
    drawings: every(":scope > svg", figure).map(drawing),
  };
});
let from = 0, to = last, at = last;

function drawing(svg) {
  const d = { svg, names: every(".names text", svg) };
  for (const key in svg.dataset) d[key] = isNaN(svg.dataset[key]) ? svg.dataset[key] : +svg.dataset[key];
  for (const key of ["back", "plot", "values", "days", "cross", "brush"]) d[key] = every("." + key, svg)[0];
  return { ...d, allValues: d.values.innerHTML, allDays: d.days.innerHTML };
}

const place = (d, i) => d.left + (d.right - d.left) * (i - from) / Math.max(to - from, 1);
const written = (value, unit = "") => value === "n/a" ? value : value.replace("-", "\u2212") + unit;
const label = (x, y, side, text) => `<text class="${side}" x="${x}" y="${y}">${text}</text>`;

function show(i, pointed) {
  at = i;
  for (const { curves, outputs, when, drawings } of figures) {
    when.textContent = days[i];
    outputs.forEach((output, k) => { output.textContent = written(curves[k][i], output.dataset.unit); });
    for (const d of drawings) set(d.cross, "d", pointed ? `M${place(d, i)} ${d.top}V${d.base}` : "M0 0");
  }
}

// Starts of months, quarters or years, or single days where there are few.
function dayTicks(most) {
  const shown = [...days.keys()].slice(from, to + 1);
  for (const step of [1, 3, 6, 12, 24, 60]) {
    const period = (i) => Math.floor(months[i] / step), starts = shown.filter((i) => i > from && period(i) > period(i - 1));
    if (step === 1 && starts.length < 3) break;
    if (starts.length <= most) return starts.map((i) => [i, days[i].slice(0, step < 12 ? 7 : 4)]);
  }
  return shown.filter((i, k) => k % Math.ceil(shown.length * 2 / most) === 0).map((i) => [i, days[i]]);
}

function drawDays(d) {
  d.days.innerHTML = `<path class="axis" d="M${d.left} ${d.base}H${d.right}"/>` + dayTicks(d.most).map(([i, text]) => {
    const x = place(d, i), wide = 3.2 * text.length;
    const side = x + wide > d.right + 10 ? "end" : x - wide < d.left - 8 ? "start" : "middle";
    return `<path class="axis" d="M${x} ${d.base}v4"/>` + label(x, d.base + 16, side, text);
  }).join("");
}

function valueTicks(low, high) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 6)), found = [];
  const step = power * [1, 2, 2.5, 5, 10].find((m) => high - low < 6 * m * power);
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(+(k * step).toPrecision(6));
  return found;
}

// Values of the days shown fill the height; returned is what part of the whole drawing that is.
function drawValues(d, curves) {
  const log = d.zoom === "log", scale = log ? Math.log : Number, back = log ? Math.exp : Number;
  const seen = curves.flatMap((curve) => curve.slice(from, to + 1)).map(Number).filter((v) => v > (log ? 0 : -Infinity));
  if (!seen.length) return [d.top, d.base];
  const bottom = scale(d.low), top = scale(d.high);
  let low = scale(Math.min(...seen)), high = scale(Math.max(...seen));
  const pad = Math.max((high - low) / 20, (top - bottom) / 200);
  [low, high] = [Math.max(low - pad, bottom), Math.min(high + pad, top)];
  const height = (v, a, b) => d.base - (d.base - d.top) * (v - a) / (b - a);
  d.values.innerHTML = valueTicks(back(low), back(high)).map((v) => {
    const y = height(scale(v), low, high), text = written(`${v}`, d.allValues.includes("%") ? " %" : "");
    return `<path class="grid" d="M${d.left} ${y}H${d.right}"/>` + label(d.left - 6, y + 3.5, "end", text);
  }).join("");
  return [height(high, bottom, top), height(low, bottom, top)];
}

function moveNames(d) {
  for (const name of d.names) {
    const a = Math.max(name.dataset.a, from), b = Math.min(name.dataset.b, to);
    const room = a > b ? -1 : place(d, b) - place(d, a), words = every("tspan", name);
    set(name, "x", (place(d, a) + place(d, b)) / 2);
    if (!words.length) name.classList.toggle("off", room < 0);
    for (const word of words) word.classList.toggle("off", room < word.textContent.length * (word.matches("[lang=zh]") ? 12 : 6.5));
  }
}

function zoom(a, b) {
  if (b - a < Math.min(20, last)) return;
  [from, to] = [clamp(a, 0, last), clamp(b, 0, last)];
  const all = to - from === last;
  root.toggleAttribute("data-zoomed", !all);
  for (const { curves, drawings } of figures) for (const d of drawings) {
    const day = (d.right - d.left) / Math.max(last, 1), across = `${d.left + day * from} `, wide = ` ${day * Math.max(to - from, 1)} `;
    d.values.innerHTML = d.allValues;
    d.days.innerHTML = d.allDays;
    if (!all) drawDays(d);
    const [top, base] = all || d.zoom === "fixed" ? [d.top, d.base] : drawValues(d, curves);
    set(d.back, "viewBox", across + d.top + wide + (d.base - d.top));
    set(d.plot, "viewBox", across + top + wide + (base - top));
    moveNames(d);
  }
  show(to, false);
}

// A mouse drags over days to see them closer; one finger reads, two fingers choose days.
for (const d of figures.flatMap((figure) => figure.drawings)) {
  const held = new Map(), on = (name, act) => d.svg.addEventListener(name, act);
  const dayAt = (event) => {
    const box = d.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * d.svg.viewBox.baseVal.width;
    return Math.round(from + clamp((x - d.left) / (d.right - d.left), 0, 1) * (to - from));
  };
  const chosen = () => [...held.values()].flatMap(([a, b]) => held.size > 1 ? [b] : [a, b]).sort((a, b) => a - b);
  const drags = (event) => held.size > 1 || held.size && event.pointerType !== "touch";
  on("pointerdown", (event) => {
    held.set(event.pointerId, [dayAt(event), dayAt(event)]);
    d.svg.setPointerCapture(event.pointerId);
    show(dayAt(event), true);
  });
  on("pointermove", (event) => {
    if (held.has(event.pointerId)) held.get(event.pointerId)[1] = dayAt(event);
    if (drags(event)) {
      const [x, y] = chosen().map((i) => place(d, i));
      set(d.brush, "d", `M${x} ${d.top}H${y}V${d.base}H${x}Z`);
    }
    show(dayAt(event), true);
  });
  const release = (event) => {
    const ends = event.type === "pointerup" && drags(event) ? chosen() : [0, 0];
    held.clear();
    set(d.brush, "d", "M0 0");
    zoom(...ends);
  };
  on("pointerup", release);
  on("pointercancel", release);
  on("pointerleave", () => show(to, false));
  on("blur", () => show(to, false));
  on("dblclick", () => zoom(0, last));
  on("keydown", (event) => {
    const step = event.shiftKey ? 20 : 1, part = Math.round((to - from) / 4);
    const moved = { ArrowLeft: at - step, ArrowRight: at + step, Home: from, End: to }[event.key];
    const wide = { "+": part, "=": part, "-": 4 * part }[event.key];
    if (moved !== undefined) show(clamp(moved, from, to), true);
    if (wide) zoom(at - wide, at + wide);
    if (wide || moved !== undefined) event.preventDefault();
  });
}
addEventListener("keydown", (event) => { if (event.key === "Escape") zoom(0, last); });

const onClick = (selector, act) => every(selector).forEach((button) => button.addEventListener("click", () => act(button.dataset)));
onClick(".ranges button", ({ from: a, to: b }) => zoom(+a, +b));

// What is said in attributes changes its language with the page.
const said = [["title", "data-zh"], ["aria-label", "data-zh-label"]].flatMap(([name, other]) =>
  every(`[${other}]`).map((part) => [part, name, part.getAttribute(name), part.getAttribute(other)]));
const speak = () => { for (const [part, name, ...words] of said) set(part, name, words[+(root.lang === "zh")]); };
const turn = {
  whole: () => zoom(0, last),
  up: () => { root.dataset.up = root.dataset.up === "red" ? "green" : "red"; },
  scheme: ({ scheme } = root.dataset) => {
    const dark = scheme === "dark" || scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.scheme = dark ? "light" : "dark";
  },
  lang: () => { root.lang = root.lang === "zh" ? "en" : "zh"; speak(); },
};
onClick("[data-switch]", (data) => turn[data.switch]());
speak();
root.dataset.live = "";

// A printed page has nothing to click on: it shows all days and what is folded.
const folded = every("details:not([open])");
addEventListener("beforeprint", () => { zoom(0, last); folded.forEach((part) => { part.open = true; }); });
addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
