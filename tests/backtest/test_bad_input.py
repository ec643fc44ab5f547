"""What must not come in, and the one thing that becomes of it: refused by name, or read as stated here.

Prices are refused at the door of a source, weights where a strategy hands them over, money where the account
is described. Rows out of order, days twice and bars without volume: tests/data/test_folder.py.
"""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.run import run
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from screener.errors import CalendarError, DataError, ScreenerError, SpecError, StrategyError, SymbolError
from screener.strategy import check_weights
from tests.backtest.markets import part
from tests.make import SYMBOLS, make_panel, write_folder

NAN, INF, DENORMAL = float("nan"), float("inf"), 5e-324
BAR = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def panel():
    return make_panel(n_days=40, seed=2, holes=False, actions=False)


def decisions(panel, rows=(3, 10), total=0.9):
    columns = pd.MultiIndex.from_product([["t"], panel.symbols], names=["theme", "symbol"])
    return pd.DataFrame(total / len(panel.symbols), index=panel.sessions[list(rows)], columns=columns)


# -- prices and volumes, at the door of a folder -------------------------------------------------------------

POSITIVE = "{column}={value} must be a positive price"
PRICES = [
    *((name, value, POSITIVE) for name in BAR for value in (NAN, 0.0, -1.0, INF)),
    *(("pre_close", value, POSITIVE) for value in (0.0, -1.0, INF)),
    ("pre_close", NAN, "pre_close is empty; only the first bar of a symbol may lack it"),
    *((name, 1e300, "must satisfy low <= open, close <= high") for name in ("open", "low", "close")),
    *((name, DENORMAL, "{column}={value} must be") for name in ("low", "pre_close", "bar")),
    *((name, DENORMAL, "must") for name in ("open", "high", "close")),
    *(("volume", value, "volume={value} must be a number of shares") for value in (NAN, -1.0, INF)),
    *(("volume", value, "differ, but volume={value}") for value in (0.0, DENORMAL)),
    *(("amount", value, "amount={value} must be CNY, 0 or more") for value in (NAN, -1.0, INF)),
    *(("amount", value, "amount / volume is 0 times the price") for value in (0.0, DENORMAL)),
    *(("adj_factor", value, "adj_factor={value} must be positive") for value in (NAN, 0.0, -1.0, INF)),
    ("adj_factor", DENORMAL, "adj_factor"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(make_panel(n_days=30, seed=3), tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def bars(folder):
    return pd.read_parquet(folder / "prices.parquet").astype({"volume": float})


def read(folder, bars):
    bars.to_parquet(folder / "prices.parquet", index=False)
    return open_source(str(folder)).panel(SYMBOLS)


@pytest.mark.parametrize(("column", "value", "said"), PRICES)
def test_a_price_or_volume_that_is_none_is_refused_with_its_name_and_day(folder, bars, column, value, said):
    bad = bars.copy()
    bad.loc[5, list(BAR) if column == "bar" else column] = value
    with pytest.raises(DataError) as error:
        read(folder, bad)
    assert said.format(column="low" if column == "bar" else column, value=value) in str(error.value)
    assert f"{bad['symbol'][5]} {bad['date'][5]:%Y-%m-%d}" in str(error.value)


def test_a_day_without_a_bar_trades_nothing_and_keeps_the_last_close(panel):
    lost = {name: getattr(panel, name).copy() for name in (*BAR, "volume", "amount", "pre_close")}
    for values in lost.values():
        values[11, 2] = np.nan
    holed = dataclasses.replace(panel, **lost)
    weights = decisions(panel)
    weights.iloc[1] *= 0.5
    result = backtest("t", weights, holed, Account(), panel.sessions[0])
    here = result.orders[result.orders["symbol"] == panel.symbols[2]].set_index("date")
    assert here["reason"][panel.sessions[11]] == "suspended"
    assert here["filled"].get(panel.sessions[12], 0) > 0
    assert result.close.iloc[11, 2] == panel.close[10, 2]
    assert np.isfinite(result.nav).all()


# -- weights, where a strategy hands them over ---------------------------------------------------------------


def put(value):
    return lambda w: w.where(np.arange(w.size).reshape(w.shape) != 2, value)


def shifted(days):
    return lambda w: w.set_axis(w.index + pd.Timedelta(days=days))


WEIGHTS = {
    "NaN": (put(NAN), "weight of 300502.SZ on 2024-01-05 is not a number"),
    "infinite": (put(INF), "weight of 300502.SZ on 2024-01-05 is not a number"),
    "None": (lambda w: put(None)(w.astype(object)), "is not a number"),
    "negative": (put(-0.01), "weight of 300502.SZ on 2024-01-05 is negative"),
    "above 1 in sum": (lambda w: w * 1.2, "weights on 2024-01-05 sum to 1.080000; at most 1"),
    "not in the panel": (
        lambda w: w.rename(columns={"300502.SZ": "600519.SH"}, level=1), "without prices: 600519.SH"
    ),
    "a day outside the panel": (shifted(4000), "decision days must be sessions of the panel in rising order"),
    "a Saturday": (shifted(1), "decision days must be sessions of the panel in rising order"),
    "days in falling order": (lambda w: w.iloc[::-1], "in rising order"),
    "a day twice": (lambda w: w.iloc[[0, 0, 1]], "decision days and columns must be unique"),
    "a pair twice": (lambda w: w.iloc[:, [0, 0, 1]], "decision days and columns must be unique"),
    "no days": (lambda w: w.reset_index(drop=True), "decision days must be sessions of the panel"),
    "no date": (lambda w: w.set_axis([pd.NaT, w.index[1]]), "decision days must be sessions of the panel"),
    "another time zone": (lambda w: w.tz_localize("UTC"), "decision days must be sessions of the panel"),
    "no frame": (lambda w: w.to_numpy(), "must return a DataFrame, not ndarray"),
    "nothing": (lambda w: None, "must return a DataFrame, not NoneType"),
    "text": (lambda w: w.astype(str), "must be numbers"),
    "three levels": (lambda w: pd.concat({"x": w}, axis=1), "columns"),
    "no decision": (lambda w: w.iloc[:0], "no decision"),
    "no symbol": (lambda w: w.iloc[:, :0], "no symbol"),
    "an empty frame": (lambda w: pd.DataFrame(), "no decision"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WEIGHTS)
def test_weights_that_are_none_are_refused_with_what_is_allowed(panel, fault):
    edit, said = WEIGHTS[fault]
    with pytest.raises(StrategyError) as error:
        check_weights("mine", edit(decisions(panel)), panel)
    assert said in str(error.value)
    assert all(line.startswith("mine: ") for line in error.value.problems)


@pytest.mark.parametrize("kind", [int, bool, object, np.float32])
def test_weights_of_another_type_become_plain_numbers(panel, kind):
    one = decisions(panel).mul(0).astype(kind)
    one.iloc[:, 0] = 1 if kind is object else kind(1)
    checked = check_weights("mine", one, panel)
    assert set(checked.dtypes) == {np.dtype("float64")}
    assert checked.sum(axis=1).tolist() == [1.0, 1.0]


ALL_CASH = {"no decision": lambda w: w.iloc[:0], "zeros": lambda w: w * 0.0, "the last session": shifted(0)}


@pytest.mark.parametrize("case", ALL_CASH)
def test_without_a_weight_or_a_session_left_to_trade_on_all_stays_cash(panel, case):
    rows = (-1,) if case == "the last session" else (3, 10)
    result = backtest("t", ALL_CASH[case](decisions(panel, rows)), panel, Account(), panel.sessions[0])
    assert (result.nav == Account().cash).all() and (result.cash == Account().cash).all()
    assert len(result.orders) == 0


def test_the_last_decision_before_the_opening_is_the_one_that_holds(panel):
    late = decisions(panel, (10,), total=0.6)
    early = pd.concat([decisions(panel, (3,)), decisions(panel, (7,), total=0.6)])
    one, two = (backtest("t", w, panel, Account(), panel.sessions[10]) for w in (late, early))
    pd.testing.assert_frame_equal(one.orders, two.orders)
    assert one.orders["date"].min() == panel.sessions[11]


def test_a_weight_that_is_next_to_nothing_is_nothing(panel):
    tiny, none = decisions(panel), decisions(panel)
    tiny.iloc[:, 2], none.iloc[:, 2] = DENORMAL, 0.0
    one, two = (backtest("t", w, panel, Account(), panel.sessions[0]) for w in (tiny, none))
    pd.testing.assert_frame_equal(one.orders, two.orders)


# -- money, days and universes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cash", [0, 0.0, -1.0, 999.99, DENORMAL, np.nextafter(1e12, 2e12), 1e13, NAN, INF, -INF]
)
def test_cash_that_is_none_too_little_or_too_much_is_refused(cash):
    with pytest.raises(SpecError, match=r"^cash=.* must lie in \[1000, 1e\+12\]$"):
        Account(cash=cash)


@pytest.mark.parametrize("cash", [1_000.0, 1e12])
def test_the_least_and_the_most_cash_are_accounted_for_to_the_fen(panel, cash):
    result = backtest("t", decisions(panel), panel, Account(cash=cash), panel.sessions[0])
    held = (result.holdings * np.rint(result.close * 100).astype(np.int64)).sum(axis=1)
    assert result.nav.iloc[0] == cash
    assert (np.rint(result.nav * 100) == np.rint(result.cash * 100) + held).all()
    assert result.cash.min() >= 0


@pytest.mark.parametrize("sessions", [1, 0])
def test_one_session_is_refused_for_there_is_none_to_trade_on(panel, sessions):
    with pytest.raises(SpecError, match=r"leaves no session to trade on; prices end 2024-"):
        backtest(
            "t", decisions(panel), panel, Account(), panel.sessions[-1] + pd.Timedelta(days=1 - sessions)
        )


def test_two_sessions_are_enough(panel):
    short = part(panel, slice(3, 5))
    result = backtest("t", decisions(panel, (3,)), short, Account(), short.sessions[0])
    assert (result.orders["date"] == short.sessions[1]).all()
    assert len(result.nav) == 2 and len(result.orders) == len(panel.symbols)


DAY = dt.date(2024, 9, 2)
RUNS = {
    "a single day": (
        {"start": DAY, "end": DAY},
        SpecError,
        "start=2024-09-02 must lie before end=2024-09-02",
    ),
    "no day after the first possible": ({"end": dt.date(2024, 8, 19)}, SpecError, "no session is left after"),
    "a start after the prices": (
        {"start": dt.date(2026, 12, 30)},
        SpecError,
        "lies outside the prices; allowed",
    ),
    "a start beyond the calendar": ({"start": dt.date(2099, 1, 5)}, CalendarError, "2099-01-05"),
    "no theme of that name": ({"themes": ("",)}, ScreenerError, "theme name"),
}


@pytest.mark.parametrize("case", RUNS)
def test_runs_of_no_day_or_no_theme_are_refused(case):
    known, kind, said = RUNS[case]
    with pytest.raises(kind, match=said):
        run(RunSpec("equal-weight", **known))


@pytest.mark.parametrize(
    ("symbols", "kind", "said"),
    [((), DataError, "no symbols were asked for"), (("nothing",), SymbolError, "is not an A-share code")],
)
def test_an_empty_universe_is_refused(folder, symbols, kind, said):
    for source in ("sample", str(folder)):
        with pytest.raises(kind, match=said):
            open_source(source).panel(symbols)


# -- the same, end to end: a strategy file that decides nothing ----------------------------------------------

FILE = """
from dataclasses import dataclass
import pandas as pd
@dataclass(frozen=True)
class Params:
    x: int = 1
def weights(context, params):
    days, names = context.decision_days(1), list(context.panel.symbols)
    w = pd.DataFrame(0.0, index=days, columns=names)
    return {}
"""


@pytest.mark.parametrize(("body", "said"), [("w.iloc[:0]", "no decision"), ("w.iloc[:, :0]", "no symbol")])
def test_a_strategy_that_decides_nothing_is_refused(tmp_path, body, said):
    (tmp_path / "mine.py").write_text(FILE.format(body), encoding="utf-8")
    with pytest.raises(StrategyError, match=said):
        run(RunSpec(str(tmp_path / "mine.py")))


def test_a_strategy_of_zeros_keeps_all_in_cash(tmp_path):
    (tmp_path / "mine.py").write_text(FILE.format("w"), encoding="utf-8")
    made = run(RunSpec(str(tmp_path / "mine.py")))
    assert (made.result.nav == Account().cash).all()
    assert made.metrics["headline"]["mine"]["total_return"] == 0.0
