"""Size, making and loading of our page beside those of quantstats and vectorbt, on the same run.

    pip install quantstats playwright            (what is missing is left out; a Chromium must be installed)
    python benchmarks/tearsheets.py [--source FOLDER] [--rounds 3] [--loads 5] [--json]

The flagship in the hindsight reading, which is the longer one, and a run of more names with fewer orders.
Each page is made in a process of its own that knows pandas and has the account at hand: the first time with
the imports of its library, then again. Memory is the peak of the whole process; ours makes the backtest too.
Pages load in a headless Chromium without a network. Medians, in turns.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from screener.backtest.result import Run
    from screener.backtest.spec import RunSpec

OURS, QUANTSTATS, VECTORBT = "screener", "quantstats", "vectorbt"
RUNS = ("flagship", "wide")
MORE = ("cmcc-tender", "dc-network", "network-security", "packaging-hbm", "smart-car")  # as old as the five
BAND = 0.0034  # leaves about 1,500 orders of the wide run on real prices
AGAIN = 3
BENCHMARK = "沪深300"  # as a desk in China names it
TABLES = ("levels", "close", "orders", "actions")
OUTSIDE = re.compile(r"""<(?:script|link|img|iframe)\b[^<>]*\b(?:src|href)=["']?https?://""")
SHOWN = """() => {
  const drawn = text => { const c = document.createElement("canvas").getContext("2d");
    c.font = getComputedStyle(document.body).font; c.fillText(text, 0, 40); return c.canvas.toDataURL(); };
  const text = document.body.innerText;
  return { chinese: [...text].filter(c => c >= "\\u4e00" && c <= "\\u9fff").length,
    font: drawn("净") !== drawn("\\u{10FFFF}") && drawn("净") !== drawn("值") };
}"""
TIMES = """async () => {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  for (let k = 0; k < 1500 && !painted(); k++) await new Promise(done => setTimeout(done, 20));
  return { load: performance.getEntriesByType("navigation")[0].loadEventEnd, paint: painted().startTime };
}"""


# ---- the runs


def spec_of(which: str, symbols: tuple[str, ...]) -> RunSpec:
    """Return the settings of a run; of its themes only those that the source has all members of."""
    from screener.backtest.spec import Account, RunSpec
    from screener.universe import DEFAULT_THEMES, load

    if which == "flagship":
        return RunSpec("capex-rotation", membership="hindsight")
    there = set(symbols)
    more = tuple(name for name in MORE if all(member.symbol in there for member in load(name).members))
    return RunSpec(
        "capex-rotation", {"tranches": 1}, (*DEFAULT_THEMES, *more), "hindsight", account=Account(band=BAND)
    )


def make_run(which: str, source: str) -> Run:
    """Make a run."""
    from screener.backtest.run import run
    from screener.data.sources import open_source

    opened = open_source(source)
    return run(spec_of(which, opened.symbols), opened)


def prepare(which: str, source: str, folder: Path) -> dict[str, int]:
    """Write what the others are given of a run; return its size."""
    run = make_run(which, source)
    result = run.result
    levels = result.nav.to_frame(result.name)
    if run.benchmark is not None:
        levels[BENCHMARK] = run.benchmark.close.reindex(levels.index)
    tables = (levels, result.close, result.orders, result.actions)
    for name, table in zip(TABLES, tables, strict=True):
        table.to_parquet(folder / f"{name}.parquet")
    return {
        "sessions": len(levels),
        "themes": run.theme_weights.columns.difference(["cash", "leaving"]).size,
        "names": int((result.holdings > 0).any().sum()),
        "orders": len(result.orders),
    }


# ---- the pages: what is given, to seconds by part


def given_ours(which: str, source: str, folder: Path) -> Run:
    return make_run(which, source)


def given_tables(which: str, source: str, folder: Path) -> dict[str, Any]:
    import pandas as pd

    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


def page_ours(run: Run, target: Path) -> dict[str, float]:
    began = time.perf_counter()
    from screener.report.gather import gather

    evidence = gather(run)
    studied = time.perf_counter()
    from screener.report.tearsheet import render

    target.write_text(render(run, evidence), encoding="utf-8", newline="\n")
    return {"studies": studied - began, "rendering": time.perf_counter() - studied}


def page_quantstats(tables: dict[str, Any], target: Path) -> dict[str, float]:
    began = time.perf_counter()
    from quantstats import reports

    returns = tables["levels"].pct_change().iloc[1:]
    own, *others = (returns[name] for name in returns)
    reports.html(own, benchmark=others[0] if others else None, title=str(own.name), output=str(target))
    return {"page": time.perf_counter() - began}


def page_vectorbt(tables: dict[str, Any], target: Path) -> dict[str, float]:
    began = time.perf_counter()
    import pandas as pd

    from screener.backtest.result import Result
    from screener.report.vbt import to_portfolio

    levels, none = tables["levels"], pd.DataFrame()
    nav = levels.iloc[:, 0]
    result = Result(
        str(nav.name), nav, nav, nav, none, tables["close"], tables["orders"], tables["actions"], none
    )
    portfolio = to_portfolio(result)
    portfolio.stats()
    told = time.perf_counter()
    portfolio.plot().write_html(target, include_plotlyjs=True)
    return {"statistics": told - began, "plots": time.perf_counter() - told}


PAGES: dict[str, tuple[Callable[..., Any], Callable[..., dict[str, float]]]] = {
    OURS: (given_ours, page_ours),
    QUANTSTATS: (given_tables, page_quantstats),
    VECTORBT: (given_tables, page_vectorbt),
}


# ---- making, a process each


def refuse(*_: object) -> None:
    """Stand for a network that is off."""
    raise OSError("the network is off")


def peak_mb() -> float:
    """Return the most memory that this process has had, MB; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 2**20 if sys.platform == "darwin" else 1024  # of Linux it holds the parent too, which is small
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def child(page: str, which: str, source: str, folder: Path) -> dict[str, Any]:
    """Make a page, cold and then warm, and tell seconds, memory and glyphs that its charts lack."""
    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    give, make = PAGES[page]
    given, target = give(which, source, folder), folder / f"{page}.html"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cold = make(given, target)
    boxes = sum("missing from font" in str(warning.message) for warning in said)
    warnings.simplefilter("ignore")
    warm = [make(given, target) for _ in range(AGAIN)]
    return {"cold": cold, "warm": warm, "memory": peak_mb(), "boxes": boxes}


def ask(*arguments: str) -> Any:
    """Run this script in a process of its own and return what it prints last."""
    command = [sys.executable, __file__, *arguments]
    quiet = os.environ | {"MPLBACKEND": "Agg"}
    done = subprocess.run(command, env=quiet, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def made(pages: list[str], which: str, source: str, folder: Path, rounds: int) -> dict[str, dict[str, Any]]:
    """Make the pages by turns; the first turn fills the caches of compiled code and is left out."""
    found: dict[str, list[dict[str, Any]]] = {page: [] for page in pages}
    for _ in range(rounds + 1):
        for page in pages:
            found[page].append(ask("--child", page, which, source, str(folder)))
    return {page: summed_up(turns[1:]) for page, turns in found.items()}


def summed_up(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians of the seconds, cold and warm, whole and by part."""
    warm = [parts for turn in turns for parts in turn["warm"]]
    return {
        "cold_s": statistics.median(sum(turn["cold"].values()) for turn in turns),
        "warm_s": statistics.median(sum(parts.values()) for parts in warm),
        "parts_s": {part: statistics.median(parts[part] for parts in warm) for part in warm[0]},
        "memory_mb": statistics.median(turn["memory"] for turn in turns),
        "boxes": turns[0]["boxes"],
    }


# ---- loading


@contextmanager
def chromium() -> Iterator[Any]:
    """Open the browser that is installed; None, with a line that says why, where there is none."""
    from screener.errors import SpecError
    from screener.report.browser import find_browser

    try:
        from playwright.sync_api import sync_playwright

        path = find_browser()
    except (ImportError, SpecError) as error:
        print(f"not loaded: {error}", file=sys.stderr)
        yield None
        return
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=path, args=root)
        yield opened
        opened.close()


def load_page(browser: Any, path: Path) -> dict[str, Any]:
    """Open a page without a network; milliseconds since the navigation began, and what happened."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: failed.append(said.text) if "net::ERR" in said.text else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri(), timeout=120_000)
    times = page.evaluate(TIMES) | page.evaluate(SHOWN)
    context.close()
    requests = [url for url in asked if not url.startswith(("data:", "blob:", path.as_uri()))]
    # Playwright is not told of an icon that the browser asks for; the console is told that it failed
    return times | {"requests": max(len(requests), len(failed)), "errors": len(wrong)}


def loaded(browser: Any, paths: dict[str, Path], loads: int) -> dict[str, dict[str, Any]]:
    """Load the pages by turns; the first turn is left out."""
    if browser is None:
        return {page: {} for page in paths}
    rounds = [{page: load_page(browser, path) for page, path in paths.items()} for _ in range(loads + 1)][1:]
    return {
        page: {name: value for name, value in rounds[0][page].items() if name not in ("load", "paint")}
        | {f"{name}_ms": statistics.median(r[page][name] for r in rounds) for name in ("load", "paint")}
        for page in paths
    }


def chinese(found: dict[str, Any]) -> str:
    """Say whether Chinese text can be read on a page."""
    if "font" not in found:
        return "not checked"
    if not found["chinese"]:
        text = "none on it"
    else:
        text = f"yes, {found['chinese']:,} characters" if found["font"] else "boxes"
    return f"text {text}; charts boxes, {found['boxes']:,} times" if found["boxes"] else text


# ---- telling


def measure(pages: list[str], which: str, source: str, options: argparse.Namespace, browser: Any) -> Any:
    """Make and load the pages of a run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = ask("--prepare", which, source, name)
        making = made(pages, which, source, folder, options.rounds)
        paths = {page: folder / f"{page}.html" for page in pages}
        loading = loaded(browser, paths, options.loads)
        for page, path in paths.items():
            text = path.read_text(encoding="utf-8")
            making[page]["bytes"] = path.stat().st_size
            making[page]["outside"] = len(OUTSIDE.findall(text))
            making[page] |= loading[page]
            making[page]["chinese"] = chinese(making[page])
    return {"run": which, **size, "pages": making}


def row(page: str, found: dict[str, Any]) -> str:
    """Write a row of the table."""
    parts = " + ".join(f"{name} {seconds:.2f}" for name, seconds in found["parts_s"].items())
    load = f"{found['load_ms']:,.0f} | {found['paint_ms']:,.0f}" if "load_ms" in found else "n/a | n/a"
    cells = (
        page, f"{found['cold_s']:.2f}", f"{found['warm_s']:.2f}", parts, f"{found['memory_mb']:,.0f}",
        f"{found['bytes'] / 1e6:.2f}", load, found.get("requests", "n/a"), found["outside"],
        found.get("errors", "n/a"), found["chinese"],
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def table(found: dict[str, Any]) -> str:
    """Write the Markdown of a run."""
    heads = (
        "page", "cold s", "warm s", "of it", "memory MB", "size MB", "load ms", "first paint ms", "requests",
        "named outside", "script errors", "Chinese",
    )  # fmt: skip
    told = (
        f"{found['run']}: {found['sessions']:,} sessions, {found['themes']} themes, {found['names']} names, "
        f"{found['orders']:,} orders"
    )
    rows = [row(page, one) for page, one in found["pages"].items()]
    lines = (f"| {' | '.join(heads)} |", f"|---|{'---:|' * 2}---|{'---:|' * 7}---|", *rows)
    return "\n".join((told, "", *lines, ""))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default="sample")
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--rounds", type=int, default=3, help="processes that make each page")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--prepare", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        which, source, folder = options.prepare
        return print(json.dumps(prepare(which, source, Path(folder))))
    if options.child:
        *names, folder = options.child
        return print(json.dumps(child(*names, Path(folder))))
    pages = [page for page in PAGES if importlib.util.find_spec(page)]
    with chromium() as browser:
        one = functools.partial(measure, pages, source=options.source, options=options, browser=browser)
        found = [one(which=which) for which in options.only]
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else "\n".join(map(table, found)))


if __name__ == "__main__":
    main()
