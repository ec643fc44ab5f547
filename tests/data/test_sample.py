"""The simulated market keeps the exchange's rules, is the same everywhere, and has the effect it states."""

import inspect
import itertools
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest

from screener.cycle import load_cycle
from screener.data.contract import check_bars, check_series
from screener.data.sources import counter, open_source, simulation
from screener.data.sources.sample import (
    CORE,
    DRIVER,
    INDEX,
    STRENGTH,
    SampleSource,
    built_in_themes,
    growth_sign,
    workspace,
)
from screener.data.sources.simulation import simulate
from screener.errors import DataError, SpecError
from screener.market import calendar
from screener.universe import DEFAULT_THEMES, load, load_all
from tests.make import bars_of, write_folder

FIXED = ("000977.SZ", "300308.SZ", "603019.SH", "688256.SH", "920002.BJ")
THEMES = {"300308.SZ": "optical", "688256.SH": "ai-chips"}


@pytest.fixture(scope="module", params=["null", "planted"])
def source(request):
    return open_source("sample", request.param)


@pytest.fixture(scope="module")
def panel(source):
    return source.panel(source.symbols)


@pytest.fixture(scope="module")
def theme_returns():
    themes, _, _ = built_in_themes()
    out = {}
    for variant in ("null", "planted"):
        source = open_source("sample", variant)
        returns = source.panel(source.symbols).total_return
        out[variant] = returns.T.groupby([themes[name] for name in returns.columns]).mean().T
    return out


def test_prices_are_the_same_on_every_machine_and_version():
    # Pinned: a change here changes every saved run on the sample, and needs a new VERSION.
    market = simulate(FIXED, THEMES, seed=1)
    prices = (market.open, market.high, market.low, market.close)
    assert simulation.VERSION == 1
    assert [int(values.sum()) for values in prices] == [39143119, 39723430, 38585828, 39163556]
    assert int(market.volume.sum()) == 135618661200


def test_themes_added_later_move_no_share_of_the_five():
    # Pinned when only these five shipped: as above, a change here changes every saved run on the sample.
    assert sorted(CORE) == sorted(DEFAULT_THEMES)
    source = open_source("sample")
    assert source.symbols == tuple(sorted({m.symbol for one in load_all(CORE) for m in one.members}))
    assert source.spec.sha256 == "dc1aef0ee78d31f1c5cbc765395259a000f651be8ec6ea8175fe09e7f414fd0e"


def test_shares_of_the_other_themes_move_with_their_theme():
    themes, names, exposures = built_in_themes()
    symbols = [member.symbol for member in load("packaging-hbm").members]
    assert {themes[name] for name in symbols} == {"packaging-hbm"}
    assert themes["300308.SZ"] == "optical"  # named by dc-network too, but the five come first
    assert (themes["002130.SZ"], exposures["dc-network"]) == ("dc-network", 0.75)
    panel = open_source("sample").panel(symbols)
    assert panel.names["600584.SH"] == names["600584.SH"] == "长电科技"
    correlation = panel.total_return.corr().to_numpy()
    assert 0.40 < correlation[~np.eye(len(symbols), dtype=bool)].mean() < 0.60


def test_the_generator_uses_exact_operations_only():
    text = inspect.getsource(counter) + inspect.getsource(simulation)
    for inexact in (
        "np.exp",
        "np.log",
        "np.sin",
        "np.cos",
        "np.power",
        "np.random",
        ".dot(",
        " @ ",
        ".mean(",
    ):
        assert inexact not in text


def test_running_twice_gives_the_same_market_and_hash(source, panel):
    again = open_source("sample", source.spec.variant)
    assert again.spec == source.spec
    other = again.panel(again.symbols)
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount", "factor", "limit_up"):
        np.testing.assert_array_equal(getattr(other, name), getattr(panel, name))


def test_the_hash_tells_variants_and_seeds_apart():
    hashes = {SampleSource(variant, seed).spec.sha256 for variant in ("null", "planted") for seed in (44, 45)}
    assert len(hashes) == 4


def test_a_share_is_the_same_whatever_is_asked_beside_it(source, panel):
    few = source.panel(["300308.SZ", "600519", "920002.BJ"])
    assert few.symbols == ("300308.SZ", "600519.SH", "920002.BJ")
    column = panel.symbols.index("300308.SZ")
    np.testing.assert_array_equal(few.close[:, 0], panel.close[:, column])
    np.testing.assert_array_equal(few.factor[:, 0], panel.factor[:, column])
    alone = source.panel(["600519.SH"])
    np.testing.assert_array_equal(few.close[:, 1], alone.close[:, 0])


def test_prices_never_leave_the_limits_and_some_days_are_sealed_at_them(panel):
    assert not (panel.high > panel.limit_up + 0.001).any()
    assert not (panel.low < panel.limit_down - 0.001).any()
    assert (np.abs(panel.low - panel.limit_up) < 0.001).sum() > 10
    assert (np.abs(panel.high - panel.limit_down) < 0.001).sum() > 10


def test_bars_pass_the_contract_of_every_table(panel):
    bars = bars_of(panel)
    assert check_bars(bars, "sample") == ()  # nothing to count: average prices lie inside the bar
    check_series(bars, "sample")


def test_the_average_price_lies_inside_the_bar(panel):
    with np.errstate(invalid="ignore"):
        average = panel.amount / panel.volume
    bars = ~np.isnan(panel.close)
    assert (average[bars] <= panel.high[bars] + 1e-9).all()
    assert (average[bars] >= panel.low[bars] - 1e-9).all()
    assert (panel.volume[bars] >= 100).all()


def test_every_ex_date_follows_the_exchange_formula_and_no_other_day_steps(panel):
    events = {(e.symbol, e.date): e for e in panel.actions.itertuples()}
    assert len(events) > 150
    assert {e.cash > 0 for e in events.values()} == {e.bonus > 0 for e in events.values()} == {True, False}
    met = 0
    for j, symbol in enumerate(panel.symbols):
        rows = np.flatnonzero(~np.isnan(panel.close[:, j]))
        assert np.isnan(panel.pre_close[rows[0], j])
        for before, row in itertools.pairwise(rows):
            close, expected = round(panel.close[before, j] * 100), round(panel.close[before, j] * 100)
            step = 1.0
            if event := events.get((symbol, panel.sessions[row])):
                shares = 1 + Fraction(round(event.bonus * 10), 10)
                expected = floor((close - round(event.cash * 100)) / shares + Fraction(1, 2))
                step = close / expected
                assert event.factor == pytest.approx(step, rel=1e-12)
                met += 1
            assert round(panel.pre_close[row, j] * 100) == expected
            assert panel.factor[row, j] / panel.factor[before, j] == pytest.approx(step, rel=1e-12)
    assert met == len(events)


def test_volatility_and_correlation_are_those_of_a_plausible_market(source, panel):
    themes, _, _ = built_in_themes()
    returns = panel.total_return.where(panel.close > 0)
    daily = returns.std()
    assert daily.between(0.018, 0.040).all()
    group = np.array([themes[name] for name in panel.symbols])
    same = (group[:, None] == group) & ~np.eye(len(group), dtype=bool)
    correlation = returns.corr().to_numpy()
    assert 0.40 < correlation[same].mean() < 0.60
    assert 0.10 < correlation[group[:, None] != group].mean() < 0.28
    index = source.benchmark(INDEX, panel.sessions).close
    assert 0.010 < index.pct_change().std() < 0.014
    assert index.notna().all()


def test_shares_are_suspended_and_listed_late_as_in_life(panel):
    assert panel.sessions.equals(calendar.sessions("2019-01-02", "2026-06-30"))
    runs = (panel.suspended[1:] & ~panel.suspended[:-1]).sum(axis=0)
    assert 1 <= runs.mean() <= 5
    late = np.flatnonzero(~panel.listed[0])
    assert len(late) >= 5
    for j in late:
        first = int(panel.listed[:, j].argmax())
        assert np.isnan(panel.limit_up[first : first + 5, j]).all()
        assert not np.isnan(panel.limit_up[first + 5, j])
    star = [j for j, name in enumerate(panel.symbols) if name.startswith("688")]
    assert not panel.listed[panel.sessions < "2019-07-22"][:, star].any()


def test_some_listings_end_for_good():
    symbols = [f"{600000 + k}.SH" for k in range(100)]
    panel = open_source("sample").panel(symbols)
    ended = np.flatnonzero(~panel.listed[-1])
    assert 0 < len(ended) < 15
    for j in ended:
        last = np.flatnonzero(panel.listed[:, j])[-1]
        assert np.isnan(panel.close[last + 1 :, j]).all()


def test_both_variants_are_one_market_until_something_is_known(theme_returns):
    state = growth_sign(workspace.built_in("universes") / "drivers" / DRIVER, theme_returns["null"].index)
    unknown = int(np.flatnonzero(state)[0])
    assert unknown > 100
    pd.testing.assert_frame_equal(
        theme_returns["null"].iloc[:unknown], theme_returns["planted"].iloc[:unknown]
    )


def test_the_planted_drift_is_exposure_times_the_sign_of_known_growth(theme_returns):
    # Both variants draw the same numbers, so that their difference is the planted drift but for rounding,
    # limits and the dates of splits.
    _, _, exposures = built_in_themes()
    added = theme_returns["planted"] - theme_returns["null"]
    growth = load_cycle().by_day("growth", added.index).astype(float)
    for sign in (1, -1):
        a_year = added[np.sign(growth) == sign].mean() * 243
        for theme in CORE:
            assert a_year[theme] == pytest.approx(sign * STRENGTH * exposures[theme], abs=0.02)


def test_the_null_market_has_no_slope_on_exposure(theme_returns):
    _, _, exposures = built_in_themes()
    null = theme_returns["null"]
    exposure = pd.Series(exposures).reindex(null.columns)
    weight = (exposure - exposure.mean()) / ((exposure - exposure.mean()) ** 2).sum()
    slope = null.dropna() @ weight
    assert abs(slope.mean()) < 2 * slope.std() / np.sqrt(len(slope))


def test_the_sign_of_growth_is_that_of_the_cycle_as_known_on_each_day():
    days = calendar.sessions("2019-01-02", "2026-06-30")
    ours = growth_sign(workspace.built_in("universes") / "drivers" / DRIVER, days)
    theirs = np.sign(load_cycle().by_day("growth", days).astype(float)).fillna(0.0)
    np.testing.assert_array_equal(ours, theirs)
    assert set(ours) == {-1.0, 0.0, 1.0}


def test_every_output_can_say_that_it_is_simulated(source, panel):
    assert panel.provenance.simulated
    assert "SIMULATED" in panel.provenance.title
    assert source.spec.variant in panel.provenance.title
    assert ("15%" in panel.provenance.title) == (source.spec.variant == "planted")
    assert any("SIMULATED" in caveat for caveat in panel.provenance.caveats)
    assert "simulated" in source.benchmark(INDEX, panel.sessions).caveat


def test_a_part_is_the_whole_cut(source, panel):
    part = source.panel(source.symbols, pd.Timestamp("2022-03-05"), pd.Timestamp("2023-03-04"))
    rows = (panel.sessions >= "2022-03-05") & (panel.sessions <= "2023-03-04")
    assert part.sessions.equals(panel.sessions[rows])
    np.testing.assert_array_equal(part.factor, panel.factor[rows])
    np.testing.assert_array_equal(part.limit_up, panel.limit_up[rows])
    inside = panel.actions["date"].between("2022-03-05", "2023-03-04")
    pd.testing.assert_frame_equal(part.actions, panel.actions[inside].reset_index(drop=True))


def test_the_sample_written_to_a_folder_is_read_back_as_it_was(source, panel, tmp_path):
    some = source.panel(source.symbols[:12])
    back = open_source(str(write_folder(some, tmp_path / "store"))).panel(some.symbols)
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount", "factor", "listed"):
        np.testing.assert_array_equal(getattr(back, name), getattr(some, name), err_msg=name)
    assert (back.actions["basis"] == "official").all()
    pd.testing.assert_frame_equal(back.actions, some.actions, rtol=1e-12)


def test_wrong_requests_are_refused_with_what_is_allowed():
    with pytest.raises(SpecError, match="did you mean planted"):
        open_source("sample", "plantd")
    source = open_source("sample")
    with pytest.raises(DataError, match=r"2019-01-02 to 2026-06-30"):
        source.panel(["300308.SZ"], start=pd.Timestamp("2027-01-01"))
    with pytest.raises(DataError, match=r"benchmark 000300.SH: .*SAMPLE.IX"):
        source.benchmark("000300.SH", calendar.sessions("2024-01-02", "2024-01-31"))
