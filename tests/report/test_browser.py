"""The pages as a browser shows them: no network, no error, charts drawn, switches that work, all fits."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest.run import run as make
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.errors import SpecError
from screener.report import saved
from screener.report.browser import find_browser
from screener.report.index import render as index_page
from screener.report.lineup import render as lineup_page
from screener.report.save import save
from screener.report.side_by_side import side_by_side
from tests.report.fake import Names, fake_run

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")

WIDTHS = (1280, 800, 390)
LANGUAGES = ("en", "zh")
CJK = 'text => [...text].filter(c => c >= "\\u4e00" && c <= "\\u9fff").length'
LONG = "一个非常长的主题名称用来检查页面不会溢出也不会被截断" * 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        path = find_browser()
    except SpecError as error:
        pytest.skip(str(error))
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=path, args=root)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a page of a real run on the sample, one with long names, a comparison and an index."""
    root = tmp_path_factory.mktemp("pages")
    run = make(RunSpec("capex-rotation", membership="hindsight"), open_source("sample"))
    sample = save(run, root / "sample")
    names = Names(theme=LONG, stock=LONG[:30], rule="a-rule-with-quite-a-long-name", benchmark=LONG[:24])
    odd = save(fake_run(n_days=300, names=names), root / "odd")
    both = [saved.find(folder) for folder in (sample, odd)]
    (root / "both.html").write_text(lineup_page(side_by_side(both)), encoding="utf-8")
    (root / "index.html").write_text(index_page(both, root), encoding="utf-8")
    return {
        "run": sample / "tearsheet.html",
        "odd": odd / "tearsheet.html",
        "lineup": root / "both.html",
        "index": root / "index.html",
    }


class Opened:
    """A page in a browser without a network, with everything that went wrong."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, **settings: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **settings)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", lambda request: self.wrong.append(request.url))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["run", "odd", "lineup", "index"])
def test_a_page_asks_for_nothing_and_raises_nothing(browser: Any, pages: dict[str, Path], name: str) -> None:
    with Opened(browser, pages[name]) as opened:
        opened.page.mouse.wheel(0, 4000)
        assert opened.asked == [pages[name].as_uri()]
        assert opened.wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_is_drawn_in_ink(browser: Any, pages: dict[str, Path], width: int, scheme: str) -> None:
    image = pytest.importorskip("PIL.Image")
    with Opened(browser, pages["run"], width, color_scheme=scheme) as opened:
        shown = [d for d in opened.page.query_selector_all("figure > svg") if d.is_visible()]
        assert len(shown) >= len(opened.page.query_selector_all("figure.chart")) >= 6
        for drawing in shown:
            with image.open(io.BytesIO(drawing.screenshot())) as picture:
                pixels = np.asarray(picture.convert("RGB"), dtype=np.int64)
            ground = np.median(pixels.reshape(-1, 3), axis=0)
            inked = (np.abs(pixels - ground).sum(axis=2) > 60).mean()
            columns = (np.abs(pixels - ground).sum(axis=2) > 60).any(axis=0).mean()
            assert inked > 0.004, drawing.get_attribute("aria-label")
            assert columns > 0.7, drawing.get_attribute("aria-label")


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["run", "odd", "lineup", "index"])
def test_nothing_overflows(
    browser: Any, pages: dict[str, Path], name: str, width: int, language: str
) -> None:
    with Opened(browser, pages[name], width) as opened:
        opened.page.evaluate(
            "lang => { document.documentElement.lang = lang; "
            "document.querySelectorAll('details').forEach(part => { part.open = true; }); }",
            language,
        )
        assert opened.page.evaluate("document.scrollingElement.scrollWidth") <= width
        beyond = opened.page.evaluate(
            """width => [...document.querySelectorAll("body *")]
              .filter(e => !e.closest(".scroll, svg, nav, .topbar"))
              .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > width + 1)
              .map(e => e.outerHTML.slice(0, 120))""",
            width,
        )
        assert beyond == []
        clipped = opened.page.evaluate(
            """() => [...document.querySelectorAll("main *")]
              .filter(e => !e.closest("svg") && getComputedStyle(e).overflowX === "hidden")
              .filter(e => e.getClientRects().length && e.clientWidth > 2)
              .filter(e => e.scrollWidth > e.clientWidth + 1)
              .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert clipped == []


@pytest.mark.slow
def test_pointing_at_a_chart_reads_that_day(browser: Any, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["run"]) as opened:
        figure = opened.page.locator("#chart-nav")
        drawing = figure.locator("svg.wide")
        drawing.scroll_into_view_if_needed()
        before = figure.locator("time").inner_text(), figure.locator("output").first.inner_text()
        box = drawing.bounding_box()
        opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        after = figure.locator("time").inner_text(), figure.locator("output").first.inner_text()
        assert after[0] < before[0]
        assert after[1] != before[1]
        others = opened.page.locator("#chart-drawdown time").inner_text()
        assert others == after[0]


@pytest.mark.slow
def test_dragging_shows_fewer_days_and_escape_all_again(browser: Any, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["run"]) as opened:
        drawing = opened.page.locator("#chart-nav svg.wide")
        drawing.scroll_into_view_if_needed()
        view = "document.querySelector('#chart-drawdown svg.wide > svg.plot').getAttribute('viewBox')"
        whole = opened.page.evaluate(view)
        box = drawing.bounding_box()
        y = box["y"] + box["height"] / 2
        opened.page.mouse.move(box["x"] + 0.3 * box["width"], y)
        opened.page.mouse.down()
        opened.page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=4)
        opened.page.mouse.up()
        near = opened.page.evaluate(view)
        assert 0.2 < float(near.split()[2]) / float(whole.split()[2]) < 0.4
        opened.page.keyboard.press("Escape")
        assert [float(part) for part in opened.page.evaluate(view).split()] == [
            float(part) for part in whole.split()
        ]
        assert opened.wrong == []


@pytest.mark.slow
def test_the_switches_turn_language_colours_and_light(browser: Any, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["run"], color_scheme="light") as opened:
        page = opened.page
        english = page.inner_text("main")
        page.click("[data-switch=lang]")
        chinese = page.inner_text("main")
        assert page.evaluate("document.documentElement.lang") == "zh"
        assert page.evaluate(CJK, chinese) > 20 * max(page.evaluate(CJK, english), 1) or (
            page.evaluate(CJK, chinese) > 1_000
        )
        assert "Key figures" in english
        assert "Key figures" not in chinese
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.click("[data-switch=scheme]")
        assert page.evaluate(ground) != light
        colour = "getComputedStyle(document.querySelector('main .up')).color"
        red = page.evaluate(colour)
        page.click("[data-switch=up]")
        assert page.evaluate(colour) != red
        page.click("[data-switch=lang]")
        assert page.inner_text("main") == english
        assert opened.wrong == []


@pytest.mark.slow
def test_chinese_is_written_in_a_font_that_has_it(browser: Any, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["run"]) as opened:
        opened.page.click("[data-switch=lang]")
        session = opened.context.new_cdp_session(opened.page)
        session.send("DOM.enable")
        session.send("CSS.enable")
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        heading = session.send("DOM.querySelector", {"nodeId": root, "selector": "h2 [lang=zh]"})["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": heading})["fonts"]
        written = sum(font["glyphCount"] for font in fonts)
        assert written >= 2
        missing = opened.page.evaluate(
            """() => {
              const width = text => { const c = document.createElement("canvas").getContext("2d");
                c.font = getComputedStyle(document.body).font; c.fillText(text, 0, 40);
                return c.canvas.toDataURL(); };
              return width("净") === width("\\u{10FFFF}") || width("净") === width("值");
            }"""
        )
        assert not missing


@pytest.mark.slow
def test_a_printed_page_has_no_switches_and_shows_what_is_folded(
    browser: Any, pages: dict[str, Path]
) -> None:
    with Opened(browser, pages["run"]) as opened:
        opened.page.emulate_media(media="print")
        assert not opened.page.is_visible("[data-switch=lang]")
        pdf = opened.page.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert 5 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page/") <= 60


@pytest.mark.slow
def test_without_a_script_the_page_still_says_everything(browser: Any, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["run"], java_script_enabled=False) as opened:
        assert opened.page.is_visible("#chart-nav svg.wide")
        assert not opened.page.is_visible("[data-switch=lang]")
        assert opened.wrong == []
