"""The script of the page in a browser, where there is one: zoom, readings, switches."""

import json
import os
import re
import shutil
import subprocess

import pytest

from screener.report.browser import NAMES
from screener.report.tearsheet import render
from tests.report.fake import fake_run, with_result
from tests.report.pages import Page

BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no browser")]

ACTS = """
const told = {};
window.onerror = (message) => { told.error = String(message); };
const nav = document.querySelector("#chart-nav > svg.wide"), plot = nav.querySelector(".plot");
const view = () => plot.getAttribute("viewBox").split(" ").map(Number);
const text = (selector) => document.querySelector(selector).textContent;
const press = (key) => nav.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const box = nav.getBoundingClientRect();
const at = (share) => box.left + box.width * (46 + (1070 - 46) * share) / 1080;
const point = (name, share, kind = "mouse", id = 1) => nav.dispatchEvent(new PointerEvent(name,
  { clientX: at(share), clientY: box.top + 50, pointerId: id, pointerType: kind, bubbles: true }));
nav.setPointerCapture = () => {};
told.live = document.documentElement.hasAttribute("data-live");
told.whole = view();
const labels = nav.querySelector(".days").innerHTML;
point("pointermove", 0.5);
told.read = [text("#chart-nav time"), text("#chart-nav output"), text("#chart-drawdown time")];
point("pointerdown", 0.25); point("pointermove", 0.75); point("pointerup", 0.75);
told.zoomed = view();
told.marked = document.documentElement.hasAttribute("data-zoomed");
const other = document.querySelector("#chart-score > svg.wide .plot");
told.other = other.getAttribute("viewBox").split(" ").map(Number);
told.days = [...nav.querySelectorAll(".days text")].map((part) => part.textContent);
told.last = text("#chart-nav time");
press("ArrowLeft"); press("ArrowLeft");
told.left = text("#chart-nav time");
press("Escape");
told.back = [view(), nav.querySelector(".days").innerHTML === labels];
point("pointerdown", 0.1, "touch"); point("pointermove", 0.9, "touch"); point("pointerup", 0.9, "touch");
told.touched = view();
point("pointerdown", 0.25, "touch", 1); point("pointerdown", 0.75, "touch", 2);
point("pointerup", 0.75, "touch", 2);
told.pinched = view();
document.querySelector("[data-switch=whole]").click();
told.whole_again = view();
[...document.querySelectorAll(".ranges button")].at(-1).click();
told.range = [text("#chart-nav time"), view()];
for (const name of ["lang", "up", "scheme"]) document.querySelector(`[data-switch=${name}]`).click();
const root = document.documentElement;
told.root = [root.lang, root.dataset.up, root.dataset.scheme];
told.hint = document.querySelector("[data-switch=up]").title;
told.spoken = nav.getAttribute("aria-label");
dispatchEvent(new Event("beforeprint"));
told.open = [...document.querySelectorAll("details")].every((part) => part.open);
told.printed = view();
const out = document.createElement("output");
out.id = "told"; out.textContent = JSON.stringify(told); document.body.append(out);
"""
DAYS = 401


@pytest.fixture(scope="module")
def run():
    run = fake_run(n_days=DAYS)
    nav = run.result.nav.copy()
    nav.iloc[350:] *= 4.0  # days outside the zoom below, so that it must rescale the values
    return with_result(run, nav=nav)


@pytest.fixture(scope="module")
def told(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(run))
    page = page.replace("</body>", f"<script>{{{ACTS}}}</script></body>")
    (folder / "page.html").write_text(page, encoding="utf-8")
    command = [
        BROWSER, "--headless", "--disable-gpu", "--window-size=1280,1000", "--virtual-time-budget=3000",
        f"--user-data-dir={folder / 'profile'}", "--dump-dom", (folder / "page.html").as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    dom = done.stdout.decode("utf-8")
    found = json.loads(Page(dom.split('<output id="told">', 1)[1].split("</output>", 1)[0]).text)
    assert "error" not in found
    return found


def day(run, i):
    return f"{run.result.nav.index[i]:%Y-%m-%d}"


def test_pointing_reads_the_same_day_on_all_charts(run, told):
    assert told["live"]
    value = run.result.nav.iloc[200] / run.result.nav.iloc[0]
    assert told["read"] == [day(run, 200), f"{value:.3f}", day(run, 200)]


def test_dragging_shows_the_days_between_on_all_charts_and_rescales_values(run, told):
    (left, top, width, height), zoomed = told["whole"], told["zoomed"]
    assert told["marked"]
    for x, w in (zoomed[0::2][:2], told["other"][0::2][:2]):
        assert x == pytest.approx(left + width / 4, abs=width / DAYS)
        assert w == pytest.approx(width / 2, abs=2 * width / DAYS)
    assert zoomed[3] < height and zoomed[1] >= top
    assert told["last"] == day(run, 300)
    first, last = day(run, 100)[:7], day(run, 300)[:7]
    assert told["days"] and all(first <= label <= last for label in told["days"])


def test_keys_move_the_reading_and_escape_shows_all_again(run, told):
    assert told["left"] == day(run, 298)
    assert told["back"] == [told["whole"], True]


def test_one_finger_reads_and_two_choose_days(told):
    assert told["touched"] == told["whole"]
    assert told["pinched"][2] == pytest.approx(told["whole"][2] / 2, rel=0.02)
    assert told["whole_again"] == told["whole"]


def test_the_last_button_shows_the_window_after_publication(run, told):
    last, view = told["range"]
    assert last == day(run, -1)
    assert view[2] == pytest.approx(told["whole"][2] / 2, rel=0.02)


def test_switches_change_language_colours_and_scheme(told):
    assert told["root"] == ["zh", "green", "dark"]
    assert told["hint"] == "红涨绿跌，或绿涨红跌"
    assert told["spoken"].startswith("净值，2020-05-06 至 ")


def test_a_print_shows_all_days_and_everything_folded(told):
    assert told["open"]
    assert told["printed"] == told["whole"]
