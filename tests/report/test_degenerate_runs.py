"""Runs in which next to nothing can be measured, from prices to page: settings, account, figures, files."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import screener
from screener.backtest.result import Run
from screener.backtest.run import run as run_backtest
from screener.backtest.spec import Account, RunSpec
from screener.backtest.verdict import verdict, window_figures
from screener.data.sources import open_source
from screener.errors import ScreenerError
from screener.report.files import metrics_json, tables
from tests.make import write_folder
from tests.report.markets import BEFORE, DAYS, SHARES, market, walked, without, workspace
from tests.report.pages import Page

pytestmark = pytest.mark.slow

WORDS = re.compile(r"(?<![\w])(nan|NaN|inf|Infinity|None|NaT|null|undefined)(?![\w])")
MINUS_ZERO = re.compile(r"(?<![\w.,])[-\N{MINUS SIGN}]0(\.0+)?(?![\w.,])")
DRAWN = ("d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points", "transform", "viewbox")


def spec(strategy: str = "hold", **settings: object) -> RunSpec:
    return RunSpec(strategy, themes=("small",), **settings)


class Desk:
    """A workspace with one theme and one rule, and a source for each market."""

    def __init__(self, folder) -> None:
        self.folder, self.number = folder, 0
        self.panel = market()

    def run(self, panel=None, settings: RunSpec | None = None, index: str = "rising") -> Run:
        self.number += 1
        place = write_folder(panel or self.panel, self.folder / f"market {self.number}")
        if index == "another":
            level = pd.read_parquet(place / "index.parquet").assign(symbol="000852.SH")
            level.to_parquet(place / "index.parquet", index=False)
        if index == "flat":
            level = pd.read_parquet(place / "index.parquet").assign(close=3000.0)
            level.to_parquet(place / "index.parquet", index=False)
        return run_backtest(settings or spec(), open_source(str(place)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    folder = workspace(tmp_path_factory.mktemp("desk"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCREENER_WORKSPACE", str(folder))
        yield Desk(folder)


def no_trade(desk: Desk) -> Run:
    """The account cannot pay for one lot."""
    run = desk.run(settings=spec(account=Account(cash=1_000.0)))
    assert not run.result.orders["filled"].any()
    assert (run.result.nav == 1_000.0).all()
    return run


def two_bars(desk: Desk) -> Run:
    run = desk.run(settings=spec(start=desk.panel.sessions[-2].date()))
    assert len(run.result.nav) == 2
    return run


def three_bars(desk: Desk) -> Run:
    run = desk.run(settings=spec(start=desk.panel.sessions[-3].date()))
    assert len(run.result.nav) == 3
    return run


def all_cash(desk: Desk) -> Run:
    run = desk.run(settings=spec(params={"invested": 0.0}))
    assert len(run.result.orders) == 0
    assert len(run.result.weights) > 1
    return run


def all_suspended(desk: Desk) -> Run:
    wanted = SHARES[:2]
    run = desk.run(without(desk.panel, wanted, slice(BEFORE, DAYS)), spec(params={"names": 2}))
    assert set(run.result.orders["reason"]) == {"suspended"}
    return run


def all_refused_at_the_limit(desk: Desk) -> Run:
    rich = Account(cash=1e10)  # the shares end at a thousand times what they were, and a lot must still fit
    run = desk.run(walked(desk.panel, SHARES, 20, first=BEFORE), spec(account=rich))
    assert set(run.result.orders["reason"]) == {"limit_up"}
    return run


def nearly_everything_lost(desk: Desk) -> Run:
    run = desk.run(walked(desk.panel, SHARES, -20))
    assert run.metrics["headline"]["hold"]["total_return"] < -0.999
    return run


def everything_delisted(desk: Desk) -> Run:
    """The only share that is held leaves the exchange: what is left is the cash that bought no lot."""
    gone = without(desk.panel, SHARES[:1], slice(BEFORE + 9, DAYS), gone=True)
    account = Account(cash=1e6, participation=0.0, delisting="zero")
    run = desk.run(gone, spec(params={"names": 1}, account=account))
    assert run.metrics["headline"]["hold"]["total_return"] < -0.9
    return run


def everything_lost(desk: Desk) -> Run:
    """No account of shares comes to nothing exactly, so the last days are written here."""
    run = desk.run()
    lost = run.result.nav.copy()
    lost.iloc[-5:] = 0.0
    results = run.controls | {"hold": dataclasses.replace(run.result, nav=lost)}
    level = run.benchmark.close
    return dataclasses.replace(
        run,
        result=results["hold"],
        metrics={w.label: window_figures(w, results, level, 0.0) for w in run.windows},
        verdicts=tuple(verdict(w, "hold", results, run.free, level) for w in run.windows),
    )


def flat_benchmark(desk: Desk) -> Run:
    run = desk.run(index="flat")
    assert set(run.benchmark.close) == {3000.0}
    return run


def one_share(desk: Desk) -> Run:
    run = desk.run(settings=spec(params={"names": 1}))
    assert (run.result.holdings != 0).any().sum() == 1
    return run


def rule_equal_to_a_control(desk: Desk) -> Run:
    run = desk.run(settings=spec("equal-weight"))
    assert run.verdicts[0].total == run.verdicts[0].equal_weight
    assert math.isnan(run.verdicts[0].detectable)
    return run


def no_phases(desk: Desk) -> Run:
    """Every run starts after the driver is known, so what it knows is taken away here."""
    run = desk.run()
    return dataclasses.replace(
        run, phases=run.phases.head(0), releases=run.releases.head(0), scores=run.scores * math.nan
    )


def missing_benchmark(desk: Desk) -> Run:
    """A source without the series refuses, so the curve is taken out here."""
    run = desk.run()
    results = run.controls | {"hold": run.result}
    return dataclasses.replace(
        run,
        benchmark=None,
        metrics={w.label: window_figures(w, results, None, 0.0) for w in run.windows},
        verdicts=tuple(verdict(w, "hold", results, run.free, None) for w in run.windows),
    )


CASES: tuple[Callable[[Desk], Run], ...] = (
    no_trade, two_bars, three_bars, all_cash, all_suspended, all_refused_at_the_limit, nearly_everything_lost,
    everything_delisted, everything_lost, flat_benchmark, missing_benchmark, one_share,
    rule_equal_to_a_control, no_phases,
)  # fmt: skip


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.__name__)
def made(desk: Desk, request: pytest.FixtureRequest) -> tuple[Run, str]:
    run = request.param(desk)
    return run, screener.tearsheet(run)


def test_every_figure_is_finite_or_not_defined(made: tuple[Run, str]) -> None:
    run, _ = made
    for figures in (account for window in run.metrics.values() for account in window.values()):
        assert all(isinstance(value, float) and not math.isinf(value) for value in figures.values())
    assert [w.label for w in run.windows] == list(run.metrics)


def test_the_page_holds_no_word_for_a_missing_number(made: tuple[Run, str]) -> None:
    page = Page(made[1])
    said = [*page.texts, *page.attributes("title"), *page.attributes("aria-label")]
    drawn = [value for name in DRAWN for value in page.attributes(name)]
    held = [text for _, attributes, text in page.raw if attributes.get("type") == "application/json"]
    assert [text for text in said if WORDS.search(text) or MINUS_ZERO.search(text)] == []
    assert [text for text in drawn if WORDS.search(text)] == []
    assert held and not [text for text in held if re.search(r"NaN|Infinity", text)]


def test_every_figure_that_is_missing_on_the_page_says_why(made: tuple[Run, str]) -> None:
    for before in made[1].split(">n/a<")[:-1]:
        opening = before.rsplit("<", 1)[1]
        assert re.search(r'title="[^"]{8,}"', opening), opening


def test_the_figures_as_json_are_numbers_or_null(made: tuple[Run, str]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    def walk(value: object) -> Iterator[object]:
        if isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                yield from walk(part)
        else:
            yield value

    leaves = list(walk(json.loads(metrics_json(made[0]), parse_constant=refuse)))
    assert not [x for x in leaves if isinstance(x, str) and WORDS.fullmatch(x)]
    assert not [x for x in leaves if isinstance(x, float) and x == 0.0 and math.copysign(1.0, x) < 0.0]


@pytest.mark.parametrize("public", [False, True])
def test_the_tables_hold_numbers_or_nothing(made: tuple[Run, str], public: bool) -> None:
    for name, text in tables(made[0], public).items():
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        bad = {cell for cell in cells if WORDS.fullmatch(cell) or MINUS_ZERO.fullmatch(cell)}
        assert not bad, name


def test_a_start_on_the_last_session_or_later_is_refused(desk: Desk) -> None:
    """One bar is no run: there would be a base and nothing after it."""
    last = desk.panel.sessions[-1]
    for start in (last, last + pd.Timedelta(days=3)):
        with pytest.raises(ScreenerError, match=f"to {desk.panel.sessions[-2]:%Y-%m-%d}"):
            desk.run(settings=spec(start=start.date()))


def test_a_market_that_ends_before_anything_is_seasoned_is_refused(desk: Desk) -> None:
    days = dataclasses.replace(spec(), end=desk.panel.sessions[BEFORE - 5].date())
    with pytest.raises(ScreenerError, match="never has 3 members with 60 bars"):
        desk.run(settings=days)


def test_a_source_without_the_benchmark_says_what_it_has(desk: Desk) -> None:
    with pytest.raises(
        ScreenerError, match=r"benchmark 000300\.SH: the source has no such series; it has 000852\.SH"
    ):
        desk.run(index="another")


def test_figures_of_the_degenerate_runs_are_what_the_words_say(desk: Desk) -> None:
    still = no_trade(desk).metrics["headline"]["hold"]
    assert (still["total_return"], still["max_drawdown"], still["volatility"]) == (0.0, 0.0, 0.0)
    assert math.isnan(still["sharpe"]) and math.isnan(still["calmar"])
    flat = flat_benchmark(desk)
    assert flat.metrics["headline"]["benchmark"]["total_return"] == 0.0
    assert everything_lost(desk).metrics["headline"]["hold"]["total_return"] == -1.0
