"""The list of all runs of a results folder as a page, which opens in a browser and leads to each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from screener.report import svg
from screener.report.html import Markup, cell, table, tag
from screener.report.labels import figure_of, label
from screener.report.layout import PLAIN, bar, document
from screener.report.saved import PAGE, Saved
from screener.report.style import Style
from screener.report.svg import Frame
from screener.report.verdict import brief
from screener.report.words import Words, hint, two

__all__ = ["INDEX", "render"]

INDEX = "index.html"
KEYS = ("cagr", "excess", "volatility", "sharpe", "max_drawdown")
READINGS: dict[str, Words] = {"published": ("published", "发布口径"), "hindsight": ("hindsight", "后见口径")}
NOTHING: dict[str, object] = {"days": "", "charts": {}}  # no chart that the script could read
WIDTH, HEIGHT = 132.0, 30.0


def render(runs: Sequence[Saved], folder: Path, style: Style = PLAIN) -> str:
    """Write the page of a results folder; its links are relative, so that the folder can be moved.

    Parameters
    ----------
    runs : sequence of Saved
        Runs that lie in `folder`, in the order of the page.
    folder : Path
    style : Style
    """
    heads = [
        tag("th", two("Run", "运行"), scope="col"),
        tag("th", two("Reading", "口径"), scope="col"),
        tag("th", two("Days", "区间"), scope="col"),
        tag("th", two("Net value", "净值"), scope="col"),
        *(tag("th", label(key), class_="n", scope="col") for key in KEYS),
    ]
    rows = [_row(run, folder) for run in runs]
    kicker = tag("p", two("Saved runs", "已保存的运行"), class_="kicker")
    head = tag("header", kicker, tag("h1", two(f"Runs: {len(runs)}", f"{len(runs)} 次运行")))
    empty = tag("p", two("No runs yet.", "还没有运行。"))
    body = table(heads, rows, class_="runs", text_columns=4) if rows else empty
    caution = two(
        "The best of many runs is best by luck too: excess is against the equal weight of its own themes.",
        "多次运行中的最优者也可能只是运气；超额相对各自主题等权。",
    )
    page = tag("div", head, tag("p", caution, class_="note"), body)
    return document("Runs", page, NOTHING, style, top=bar([]))


def _row(run: Saved, folder: Path) -> list[object]:
    figures = {key: float("nan") if value is None else value for key, value in run.figures.items()}
    if brief(run.window):  # no rates of less than a year
        figures |= dict.fromkeys(("cagr", "excess", "sharpe"), float("nan"))
    base, end = run.headline
    reading = READINGS.get(run.spec.membership, (run.spec.membership,) * 2)
    simulated = tag("b", two(" SIMULATED", " 模拟"), class_="fail") if run.content.get("simulated") else ""
    return [
        tag("td", _link(run, folder), " ", tag("small", run.source, simulated)),
        tag("td", two(*reading)),
        tag("td", f"{base} ", tag("small", end)),
        tag("td", _spark(run)),
        *(cell(figure_of(key, run.rule, figures)) for key in KEYS),
    ]


def _link(run: Saved, folder: Path) -> Markup:
    """Lead to the page of a run; to nothing if it has none."""
    if not (run.folder / PAGE).is_file():
        return tag("span", run.folder.name, **hint("made without a page", "未生成页面"))
    place = run.folder.resolve().relative_to(folder.resolve())
    return tag("a", run.folder.name, href="/".join(quote(part) for part in (*place.parts, PAGE)))


def _spark(run: Saved) -> Markup:
    """Draw the net value of a run on a log scale, a thumb's breadth wide."""
    level = run.curves[run.rule].to_numpy(np.float64)
    level = level[np.isfinite(level) & (level > 0)]
    if len(level) < 2 or not level.max() > level.min():
        return Markup()
    frame = Frame(
        WIDTH, HEIGHT, len(level), float(level.min()), float(level.max()),
        log=True, left=1.0, right=1.0, top=2.0, bottom=2.0,
    )  # fmt: skip
    size = {"width": f"{WIDTH:g}", "height": f"{HEIGHT:g}", "viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}"}
    return tag("svg", svg.line(frame, level, "rule", 1.0), class_="spark", aria_hidden="true", **size)
