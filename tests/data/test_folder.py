"""A folder gives back what was written, and every fault is refused with a line or counted in a note."""

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pandas as pd
import pytest

from screener.data.sources import open_source
from screener.errors import DataError, SourceError, SymbolError
from screener.market import calendar
from tests.make import FIELDS, SYMBOLS, bars_of, make_panel, write_folder


@pytest.fixture(scope="module")
def written():
    return make_panel(n_days=80, seed=3)


@pytest.fixture
def folder(written, tmp_path):
    return write_folder(written, tmp_path / "store")


def read(folder, symbols=SYMBOLS, **part):
    return open_source(str(folder)).panel(symbols, **part)


def change(path, edit):
    """Rewrite a table of the folder after `edit`."""
    parquet = path.suffix == ".parquet"
    table = edit(pd.read_parquet(path) if parquet else pd.read_csv(path, dtype=str))
    table.to_parquet(path, index=False) if parquet else table.to_csv(path, index=False, encoding="utf-8")


def refused(folder):
    with pytest.raises(DataError) as error:
        read(folder)
    return "\n".join(error.value.problems)


def put(row, column, value):
    """Return an edit that sets one cell; the rows are sorted by symbol and date."""

    def edit(bars):
        bars[column] = bars[column].astype(float) if column in FIELDS else bars[column]
        bars.loc[bars.index[row], column] = value
        return bars

    return edit


@pytest.mark.parametrize("seed", range(8))
def test_a_panel_that_is_written_is_read_back_equal(seed, tmp_path):
    panel = make_panel(n_days=90, seed=seed)
    back = read(write_folder(panel, tmp_path))
    assert back.symbols == panel.symbols
    assert back.sessions.equals(panel.sessions)
    for name in (*FIELDS, "factor", "limit_up", "limit_down", "listed"):
        np.testing.assert_array_equal(getattr(back, name), getattr(panel, name), err_msg=name)
    pd.testing.assert_frame_equal(back.actions, panel.actions, rtol=1e-12)
    assert back.names == panel.names
    assert not back.provenance.simulated


def test_a_part_is_the_whole_cut(folder, written):
    start, end = written.sessions[30], written.sessions[55]
    part = read(folder, start=start, end=end)
    assert part.sessions.equals(written.sessions[30:56])
    for name in (*FIELDS, "factor", "limit_up", "limit_down", "listed"):
        np.testing.assert_array_equal(getattr(part, name), getattr(written, name)[30:56], err_msg=name)
    inside = written.actions["date"].between(start, end)
    pd.testing.assert_frame_equal(part.actions, written.actions[inside].reset_index(drop=True), rtol=1e-12)


def test_a_share_is_the_same_whatever_is_asked_beside_it(folder):
    one, all_ = read(folder, ["300308"]), read(folder)
    np.testing.assert_array_equal(one.close[:, 0], all_.close[:, all_.symbols.index("300308.SZ")])


def test_series_may_be_spread_over_files(folder, written):
    bars = bars_of(written)
    late = bars["date"] >= written.sessions[40]
    bars[~late].to_parquet(folder / "prices.parquet", index=False)
    bars[late].to_parquet(folder / "prices_2.parquet", index=False)
    np.testing.assert_array_equal(read(folder).close, written.close)


def test_shares_without_bars_are_left_out_and_named(folder):
    panel = read(folder, ["300308.SZ", "600519.SH", "688981.SH"])
    assert panel.symbols == ("300308.SZ",)
    assert "2 of 3 shares have no prices and are left out: 600519.SH, 688981.SH." in panel.notes


@pytest.mark.parametrize("end", ["1990-01-02", dt.date(1990, 1, 2), pd.Timestamp("1990-01-02")])
def test_days_before_the_prices_are_said_without_a_time(folder, end):
    with pytest.raises(DataError) as error:
        read(folder, end=end)
    assert "to 1990-01-02; the source holds 2024-01-02 to " in str(error.value)
    assert "00:00" not in str(error.value)


def test_a_folder_with_none_of_the_shares_is_refused_with_all_of_them(folder):
    with pytest.raises(DataError) as error:
        read(folder, ["600519.SH", "300001.SZ"])
    assert [line.split(":")[0] for line in error.value.problems] == ["300001.SZ", "600519.SH"]
    assert "300308.SZ" in error.value.problems[0]


def test_what_is_no_share_is_refused_before_anything_is_read(folder):
    with pytest.raises(SymbolError) as error:
        read(folder, ["300308.SZ", "399006.SZ", "30030"])
    assert len(error.value.problems) >= 2


def test_a_missing_folder_is_an_error_of_the_outside_world(tmp_path):
    with pytest.raises(SourceError, match=r"nowhere is not a folder; give `sample`") as error:
        open_source(str(tmp_path / "nowhere"))
    assert error.value.exit_code == 3


def test_all_missing_files_are_named_at_once(tmp_path):
    with pytest.raises(DataError) as error:
        open_source(str(tmp_path))
    named = [line.split()[1] for line in error.value.problems]
    assert named == [
        "prices*.parquet", "index.parquet", "instruments.csv", "corporate_actions.csv", "calendar.csv"
    ]  # fmt: skip


def test_a_part_without_a_session_is_refused(folder):
    with pytest.raises(DataError, match="the source holds 2024-01-02 to"):
        read(folder, start=pd.Timestamp("2025-06-01"))


def test_the_hash_depends_on_names_and_contents_only(folder, tmp_path):
    before = open_source(str(folder)).spec.sha256
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    assert open_source(str(copy)).spec.sha256 == before
    (copy / "notes.txt").write_text("not part of the contract", encoding="utf-8")
    assert open_source(str(copy)).spec.sha256 == before
    for name in (
        "prices.parquet",
        "index.parquet",
        "instruments.csv",
        "corporate_actions.csv",
        "calendar.csv",
    ):
        changed = shutil.copytree(folder, tmp_path / f"changed {name}")
        content = bytearray((changed / name).read_bytes())
        content[len(content) // 2] ^= 1
        (changed / name).write_bytes(content)
        assert open_source(str(changed)).spec.sha256 != before
    (copy / "prices.parquet").rename(copy / "prices_core.parquet")
    assert open_source(str(copy)).spec.sha256 != before


# -- faults in the table of bars: (edit, what the line must say) ---------------------------------------------

BARS = {
    "renamed column": (lambda b: b.rename(columns={"close": "closing"}), "close is missing; .*closing"),
    "missing column": (lambda b: b.drop(columns="adj_factor"), "column adj_factor is missing"),
    "text for numbers": (lambda b: b.assign(volume=b["volume"].astype(str)), "volume is of type"),
    "text for dates": (lambda b: b.assign(date=b["date"].dt.strftime("%Y%m%d")), "date is of type"),
    "a row without a date": (lambda b: b.assign(date=b["date"].where(b.index != 3)), "1 rows have no date"),
    "duplicate row": (lambda b: pd.concat([b.iloc[:10], b.iloc[9:]]), "000977.SZ 2024-01-.*is there twice"),
    "unsorted": (lambda b: pd.concat([b.iloc[1:2], b.iloc[:1], b.iloc[2:]]), "sort the rows"),
    "weekend row": (put(5, "date", pd.Timestamp("2024-01-13")), "2024-01-13 has bars but is not a .*session"),
    "holiday row": (put(5, "date", pd.Timestamp("2024-02-12")), "2024-02-12 has bars but is not a .*session"),
    "a date beyond the calendar": (put(-1, "date", pd.Timestamp("2099-01-05")), "2099-01-05.*not in the cal"),
    "negative price": (put(5, "low", -1.0), "low=-1.0 must be a positive price"),
    "zero price": (put(5, "open", 0.0), "open=0.0 must be a positive price"),
    "empty price": (put(5, "close", np.nan), "close=nan must be a positive price"),
    "infinite price": (put(5, "high", np.inf), "high=inf must be a positive price"),
    "adjusted prices": (put(5, "pre_close", 10.003), "pre_close=10.003 must be a whole number of fen"),
    "high below low": (put(5, "high", 0.01), "high=0.01 .* must satisfy low <= open, close <= high"),
    "low above close": (put(5, "low", 9999.0), "low=9999 .* must satisfy"),
    "negative volume": (put(5, "volume", -100.0), "volume=-100.0 must be a number of shares"),
    "fraction of a share": (put(5, "volume", 100.5), "volume=100.5 must be whole shares"),
    "empty amount": (put(5, "amount", np.nan), "amount=nan must be CNY"),
    "factor of zero": (put(5, "adj_factor", 0.0), "adj_factor=0.0 must be positive"),
    "one amount in wan": (
        lambda b: b.assign(amount=b["amount"].where(b.index != 5, b["amount"] / 1e4)), "amount / volume is"
    ),
    "volumes in lots": (lambda b: b.assign(volume=b["volume"] // 100), "volume must be in shares"),
    "amounts a quarter off": (
        lambda b: b.assign(amount=b["amount"].where(b["symbol"] != "300308.SZ", b["amount"] * 1.25)),
        "300308.SZ: amount / volume is 1.2.* on most days",
    ),
    "no reference price": (put(5, "pre_close", np.nan), "pre_close is empty"),
    "factor step without an ex-date": (
        lambda b: b.assign(adj_factor=b["adj_factor"].where(b.index < 5, b["adj_factor"] * 1.01)),
        "000977.SZ 2024-01-.*: adj_factor steps by 1.010000",
    ),
    "ex-date without a factor step": (
        lambda b: b.assign(adj_factor=1.0), "adj_factor steps by 1.000000, but close before / pre_close"
    ),
    "another share's bar": (
        lambda b: b.assign(**{c: b[c].where(b.index != 7, b[c].iloc[100]) for c in (*FIELDS, "adj_factor")}),
        "adj_factor steps by",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BARS)
def test_a_fault_in_the_bars_is_refused_with_a_line(folder, fault):
    edit, expected = BARS[fault]
    change(folder / "prices.parquet", edit)
    with pytest.raises(DataError, match=expected) as error:
        read(folder)
    assert error.value.problems[0].startswith("prices")


def test_all_findings_are_told_at_once_and_many_of_a_kind_are_counted(folder):
    def edit(bars):
        bars.loc[bars.index[10:30], "amount"] = np.nan
        bars.loc[bars.index[40], "open"] = -1.0
        return bars

    change(folder / "prices.parquet", edit)
    text = refused(folder)
    assert text.count("amount=nan") == 5
    assert "and 15 more such rows" in text
    assert "open=-1.0" in text


def test_a_row_that_stands_in_two_files_is_refused(folder):
    shutil.copy(folder / "prices.parquet", folder / "prices_again.parquet")
    assert "is in more than one file" in refused(folder)


def test_a_session_that_the_whole_folder_lacks_is_a_gap(folder, written):
    day = written.sessions[25]
    change(folder / "prices.parquet", lambda b: b[b["date"] != day])
    assert f"{day:%Y-%m-%d} has 0 bars where 5 are usual: a gap in the data" in refused(folder)


def test_a_gap_is_judged_by_all_shares_and_not_by_those_asked_for(tmp_path):
    symbols = [f"{600000 + k}.SH" for k in range(20)]
    panel = make_panel(n_days=60, symbols=symbols, holes=False, actions=False)
    folder = write_folder(panel, tmp_path)
    day = panel.sessions[-1]
    thin = lambda left: lambda b: b[(b["date"] != day) | b["symbol"].isin(symbols[:left])]  # noqa: E731
    change(folder / "prices.parquet", thin(15))
    assert read(folder, symbols[15:]).suspended[-1].all()  # five shares, all suspended: no gap
    change(folder / "prices.parquet", thin(9))
    with pytest.raises(DataError, match="has 9 bars where 20 are usual"):
        read(folder, symbols[:2])


def test_a_month_without_bars_is_a_gap_too(tmp_path):
    panel = make_panel(n_days=120, holes=False, actions=False)
    folder = write_folder(panel, tmp_path)
    lost = panel.sessions[40:62]
    change(folder / "prices.parquet", lambda b: b[~b["date"].isin(lost)])
    assert "and 17 more such days" in refused(folder)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda c: c.drop(index=[20]), "the session 2024-01-30 is missing"),
        (
            lambda c: pd.concat([c, pd.DataFrame({"date": ["2024-02-12"]})]),
            "2024-02-12 is not a Shanghai session",
        ),
        (lambda c: c.assign(date=c["date"].replace("2024-01-30", "30.01.2024")), "30.01.2024 is not a date"),
        (lambda c: c.rename(columns={"date": "day"}), "column date is missing"),
    ],
)
def test_a_calendar_that_is_not_ours_is_refused(folder, edit, expected):
    change(folder / "calendar.csv", edit)
    assert expected in refused(folder)


@pytest.mark.parametrize("name", ["prices.parquet", "corporate_actions.csv", "instruments.csv"])
def test_a_file_that_cannot_be_read_is_named(folder, name):
    (folder / name).write_bytes(b"\xff\xfe broken \x00")
    assert name in refused(folder)


def test_a_truncated_file_is_never_used(folder):
    content = (folder / "prices.parquet").read_bytes()
    for cut in range(0, len(content), max(len(content) // 25, 1)):
        (folder / "prices.parquet").write_bytes(content[:cut])
        assert "prices.parquet" in refused(folder)


# -- benchmarks ---------------------------------------------------------------------------------------------


def test_an_index_says_that_it_lacks_dividends(folder, written):
    found = open_source(str(folder)).benchmark("000300.SH", written.sessions[10:])
    assert (found.title, found.caveat) == ("CSI 300", "price index: lacks dividends of about 2 % a year")
    assert found.close.tolist() == [3000.0 + 10.0 * k for k in range(10, 80)]


def test_a_share_as_benchmark_is_its_total_return(folder, written):
    found = open_source(str(folder)).benchmark("300308.SZ", written.sessions)
    pd.testing.assert_series_equal(found.close, written.adjusted["300308.SZ"], check_freq=False)
    assert found.title == written.names["300308.SZ"]


def test_a_fund_is_labelled_as_a_comparison_curve_only(folder, written):
    fund = pd.DataFrame({"date": written.sessions, "symbol": "512480.SH", "name": "半导体ETF", "close": 1.25})
    fund.iloc[5:].to_parquet(folder / "etf_qfq.parquet", index=False)
    found = open_source(str(folder)).benchmark("512480.SH", written.sessions)
    assert found.title == "半导体ETF"
    assert found.caveat == "forward-adjusted additively: comparison curve only; 5 sessions are missing"


def test_another_index_is_never_taken_for_a_slip(folder, written):
    with pytest.raises(DataError, match=r"the source has no such series; it has 000300.SH, and its shares$"):
        open_source(str(folder)).benchmark("000301.SH", written.sessions)


def test_a_benchmark_outside_the_run_is_refused(folder):
    with pytest.raises(DataError, match="no close between 2025-06-03 and 2025-06-30"):
        open_source(str(folder)).benchmark("000300.SH", calendar.sessions("2025-06-03", "2025-06-30"))


def test_a_broken_index_is_refused(folder, written):
    change(folder / "index.parquet", lambda t: t.assign(close=t["close"].where(t.index != 4, -1.0)))
    with pytest.raises(DataError, match=r"index.parquet: 000300.SH 2024-01-08: close=-1.0"):
        open_source(str(folder)).benchmark("000300.SH", written.sessions)


# -- what is counted ----------------------------------------------------------------------------------------


def test_estimated_amounts_are_said(folder):
    change(folder / "prices.parquet", lambda b: b.assign(amount_est=b["symbol"] == "300308.SZ", extra="x"))
    assert read(folder, ["300308.SZ"]).provenance.caveats == (
        "The traded amount is an estimate for 100% of these bars.",
    )
    assert read(folder, ["300502.SZ"]).provenance.caveats == ()


def test_an_average_price_outside_the_day_is_counted(folder):
    change(
        folder / "prices.parquet",
        lambda b: b.assign(amount=b["amount"].where(b.index != 5, b["high"] * b["volume"] * 1.05)),
    )
    assert "prices: 1 bars have an average price outside the range of the day." in read(folder).notes


def test_a_price_beyond_every_limit_is_counted_and_named(folder, written):
    column = written.symbols.index("300308.SZ")
    row = next(i for i in range(30, 80) if written.close[i, column] < written.limit_up[i, column] - 0.05)
    day, beyond = written.sessions[row], round(written.limit_up[row, column] + 0.01, 2)
    change(
        folder / "prices.parquet",
        lambda b: b.assign(high=b["high"].mask((b["symbol"] == "300308.SZ") & (b["date"] == day), beyond)),
    )
    assert any("1 bars lie beyond the price limits" in n and f"300308.SZ {day:%Y-%m-%d}" in n
               for n in read(folder).notes)  # fmt: skip


def test_a_bar_without_volume_is_a_suspended_day_and_counted(folder, written):
    column = written.symbols.index("000977.SZ")
    row = next(i for i in range(1, 80) if not np.isnan(written.close[i, column]))
    day, price = written.sessions[row], written.close[row, column]

    def edit(bars):
        hit = (bars["symbol"] == "000977.SZ") & (bars["date"] == day)
        flat = {name: bars[name].mask(hit, price) for name in ("open", "high", "low")}
        volume = bars["volume"].astype(float).mask(hit, 5.877472e-39)
        return bars.assign(**flat, volume=volume, amount=bars["amount"].mask(hit, 0.0))

    change(folder / "prices.parquet", edit)
    panel = read(folder)
    assert panel.suspended[row, column]
    assert panel.factor[row, column] == written.factor[row, column]
    assert "prices: 1 bars without volume are read as suspended days." in panel.notes


def test_a_factor_that_does_not_start_at_one_is_scaled_and_counted(folder, written):
    change(folder / "prices.parquet", lambda b: b.assign(adj_factor=b["adj_factor"] * 2.0))
    panel = read(folder)
    np.testing.assert_allclose(panel.factor, written.factor, rtol=1e-15)
    assert "6 series whose factor did not start at 1 were divided by their first factor." in panel.notes


def test_dropping_the_instruments_of_a_share_leaves_its_code_as_its_name(folder):
    change(folder / "instruments.csv", lambda t: t[t["symbol"] != "300308.SZ"])
    assert read(folder).names["300308.SZ"] == "300308.SZ"


def test_the_panel_keeps_no_word_of_the_path(folder):
    panel = read(folder)
    assert str(folder) not in str(dataclasses.astuple(panel.provenance)) + str(panel.notes)
