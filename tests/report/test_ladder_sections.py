"""The sections over choices, capacity, adjustment and validation say what the studies found."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import screener
from screener.backtest.result import Window
from screener.market import calendar
from screener.report.adjusted import adjusted as adjusted_section
from screener.report.capacity import capacity as capacity_section
from screener.report.capacity import said as capacity_said
from screener.report.doubts import below_figures, doubted, tables
from screener.report.evidence import Evidence
from screener.report.ladders import choices
from screener.report.outlook import decision_after, expected, outlook
from screener.report.reasons import KNOWN, reason
from screener.report.tearsheet import render
from screener.report.validation import validation as validation_section
from screener.study.adjusted import Adjusted
from screener.study.ladders import LAGS, SIZES, TIMES, Capacity, Ladders
from screener.study.luck import Luck
from screener.study.overfit import Overfit
from screener.study.validation import Chance, Delayed, Led, Validation
from screener.study.walk import WalkForward, Year
from tests.report.fake import fake_run, with_result
from tests.report.pages import Page, in_english, rows
from tests.report.worlds import told, world

NAN = float("nan")
WINDOW = Window(pd.Timestamp("2020-05-06"), pd.Timestamp("2023-05-05"), "headline")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PAYLOADS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td></tr></table>", "{0} &lt;")
RULES = {
    "limits": "Price limits", "lots": "Lots", "caps": "Largest order", "stamp": "Stamp duty",
    "transfer": "Transfer fee", "dividend-tax": "Dividend tax", "participation": "Cap on volume",
}  # fmt: skip
FILLS = {
    "next-open": "Next open", "next-close": "Next close", "next-vwap": "Next VWAP",
    "same-close": "Same close",
}  # fmt: skip


def percent(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{100 * value:,.1f} %".replace("-", "−").replace("−0.0", "0.0")


def points(value: float) -> str:
    if math.isnan(value):
        return "n/a"
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def frame(index: str, keys, labels, seed: int, alone: bool = False, filled: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = len(keys)
    cagr, level = rng.normal(0.2, 0.1, n), rng.normal(0.2, 0.1, n)
    columns = {
        "cagr": cagr,
        "equal_weight": level,
        "excess": np.full(n, NAN) if alone else cagr - level,
        "difference": rng.normal(0.0, 0.02, n),
        "tracking_error": rng.uniform(0.0, 0.02, n),
        "label": labels,
    }
    if filled:
        columns["filled"] = rng.uniform(0.5, 1.0, n)
    return pd.DataFrame(columns, index=pd.Index(keys, name=index))


def ladders(seed: int = 0, alone: bool = False) -> Ladders:
    """Return ladders of random figures with the labels of the study."""
    early = ["look-ahead: cannot be done"] * 2 + ["the run"] + [""] * 5
    fills = ["the run", "", "", "optimistic: the close that was decided on"]
    sizes = [1e7 * size for size in SIZES]
    return Ladders(
        WINDOW,
        lags=frame("lag", LAGS, early, seed, alone),
        costs=frame("times", TIMES, ["no costs", "the run", "", ""], seed + 1, alone),
        rules=frame("rule", list(RULES), ["off in the run"] + [""] * 6, seed + 2, alone),
        fills=frame("fill", list(FILLS), fills, seed + 3, alone),
        sizes=frame("cash", sizes, ["", "", "the run's size"] + [""] * 6, seed + 4, alone, filled=True),
        capacity=Capacity("excess", 0.01, 2.93e9, ""),
        capacity_of_return=Capacity("cagr", 0.01, 1.11e9, ""),
    )


def regressed(missing: str = "") -> Adjusted:
    given = {
        ("beta", "alpha"): (0.239, -0.005, 0.499, ""),
        ("beta", "benchmark"): (1.279, 1.111, 1.425, ""),
        ("beta", "r2"): (0.377, 0.296, 0.461, ""),
        ("size", "alpha"): (0.112, 0.012, 0.221, ""),
        ("size", "benchmark"): (1.301, 1.122, 1.444, ""),
        ("size", "size"): (-0.512, -0.733, -0.298, ""),
        ("size", "r2"): (0.412, 0.331, 0.502, ""),
    }
    if missing:
        given |= {key: (NAN, NAN, NAN, missing) for key in given if key[0] == "size"}
    table = pd.DataFrame.from_dict(given, orient="index", columns=["value", "low", "high", "reason"])
    table.index = pd.MultiIndex.from_tuples(table.index, names=["model", "term"])
    return Adjusted(WINDOW, table, "" if missing else "market capitalisation", 2000, 20, 1)


def by_chance(kind: str, n: int, true: float, seed: int) -> Chance:
    values = np.random.default_rng(seed).normal(0.01, 0.02, n)
    rank = float((values < true).mean())
    low, high = np.quantile(values, (0.05, 0.95))
    draws = tuple(f"order {k}" for k in range(n))
    return Chance(kind, draws, tuple(values), true, float(values.mean()), low, high, rank, 1.107, "")


def lucky(**changes: object) -> Luck:
    given = Luck(
        sharpe=0.82, days=1454, skewness=0.43, kurtosis=6.72, probabilistic=0.979, trials=7, spread=0.2,
        threshold=0.27, deflated=0.913, minimum_days=952.6, minimum_years=3.93, reason="",
    )  # fmt: skip
    return dataclasses.replace(given, **changes)


def found(run_id: str = "myrule-folder-hindsight-01234567", name: str = "window=60", **changes) -> Validation:
    base, end = pd.Timestamp("2021-12-31"), pd.Timestamp("2023-05-05")
    years = (
        Year(2022, "as run", 0.155, -0.321, -0.325, -0.27),
        Year(2023, name, NAN, 0.717, 0.711, 0.709),
    )
    given = Validation(
        run_id=run_id,
        rule="myrule",
        simulated=False,
        membership="hindsight",
        themes=("optical",),
        window=WINDOW,
        placebo=120,
        seed=5,
        cagr=0.2,
        equal_weight=0.21,
        chance=(
            by_chance("shift", 120, -0.03, 1), by_chance("labels", 119, 0.055, 2),
            by_chance("time", 40, 0.01, 3),
        ),
        cycle=(Led(-2, 0.001), Led(-1, -0.02), Led(0, -0.002), Led(1, 0.03), Led(2, 0.017)),
        publication=(Delayed(0, 0.2, 0.21, -0.01, 36.64), Delayed(60, 0.19, 0.2, -0.0123, 35.2)),
        walk_forward=WalkForward(years, base, end, 0.403, 0.389, 0.397, ""),
        overfit=Overfit(0.445, -1.003, 0.024, 20, 16, 12870, ""),
        luck=lucky(),
        luck_of_excess=lucky(sharpe=0.03, probabilistic=0.525, deflated=0.11, minimum_years=4193.82),
        settings=("as run", name),
        notes=("Trials are the saved settings of this rule; what was tried and removed is not known.",),
    )  # fmt: skip
    return dataclasses.replace(given, **changes)


def text(markup: str) -> str:
    return re.sub(r"\s+", " ", Page(in_english(markup)).text.replace("\n", " ").replace("\xa0", " "))


def flat(markup: str) -> str:
    return "".join(Page(in_english(markup)).texts).replace("\xa0", " ")


# --- what each choice costs


@pytest.mark.parametrize("seed", range(5))
def test_every_figure_of_every_ladder_stands_on_the_page(seed):
    made = ladders(10 * seed)
    page = choices(made).body
    base = made.lags.loc[[0]]
    names = {
        0: [f"{lag:+d}".replace("-", "−") if lag else "0" for lag in LAGS],
        1: ["All on", *RULES.values()],
        2: [f"× {k}" for k in TIMES],
        3: list(FILLS.values()),
    }
    given = {0: made.lags, 1: pd.concat([base, made.rules]), 2: made.costs, 3: made.fills}
    for number, table in given.items():
        lines = rows(page, "choices", number)[1:]
        assert len(lines) == len(table)
        for line, name, row in zip(lines, names[number], table.to_dict("records"), strict=True):
            assert line[0].startswith(name)
            figures = [percent(row["cagr"]), points(row["excess"]), "", points(row["difference"])]
            assert line[1:] == figures


def test_the_run_and_what_looks_ahead_are_marked():
    page = choices(ladders()).body
    assert page.count('<tr class="own">') == 4
    assert page.count('<tr class="ahead">') == 2
    first = [line[0] for line in rows(page, "choices", 0)[1:]]
    assert first == ["−2 look-ahead", "−1 look-ahead", "0 the run", "+1", "+2", "+3", "+4", "+5"]
    assert [line[0] for line in rows(page, "choices", 1)[1:3]] == [
        "All on the run",
        "Price limits off in the run",
    ]
    assert rows(page, "choices", 3)[-1][0] == "Same close optimistic"


def test_bars_are_as_long_as_their_excess_on_one_scale():
    made = ladders(3)
    page = choices(made).body
    table = pd.concat([made.lags, made.lags.loc[[0]], made.rules, made.costs, made.fills])[
        "excess"
    ].to_numpy()
    low, high = min(0.0, table.min()), max(0.0, table.max())
    ends = [float(end) for end in re.findall(r'class="(?:up|down)" d="M[\d.]+ 4\.5H([\d.]+)"', page)]
    assert ends == pytest.approx(100 * (table - low) / (high - low), abs=0.06)


@pytest.mark.parametrize(
    ("excess", "said"),
    [
        ((0.06, 0.05, 0.04, 0.025), "The result hangs on trading at once"),
        ((0.07, 0.05, 0.04, 0.035), "Knowing sooner would have paid, but the result does not rest on it."),
        ((0.045, 0.04, 0.04, 0.039), "The result does not rest on looking ahead."),
    ],
)
def test_whether_the_result_lives_on_looking_ahead_is_said(excess, said):
    made = ladders()
    lags = made.lags.assign(excess=[*excess, 0.0, 0.0, 0.0, 0.0])
    words = flat(choices(dataclasses.replace(made, lags=lags)).body)
    assert said in words
    later, early = excess[3] - excess[2], max(excess[:2]) - excess[2]
    assert f"({points(later)}); looking ahead would bring {points(early)} at most" in words


def test_costs_are_said_with_the_multiple_at_which_the_excess_is_gone():
    def words(*excess):
        made = ladders()
        costs = made.costs.assign(excess=excess, difference=[0.0123, 0.0, -0.01, -0.02])
        return flat(choices(dataclasses.replace(made, costs=costs)).body)

    said = words(0.03, 0.02, 0.01, -0.01)
    assert "All costs of trades: −1.2 points a year; the verdict also counts the tax on dividends." in said
    assert "The excess is gone at 3 times the costs." in said
    assert "The excess survives 3 times the costs." in words(0.05, 0.04, 0.03, 0.02)
    assert "Without them the excess would be +0.3 points." in words(0.003, -0.002, -0.01, -0.02)
    assert "gone" not in words(-0.01, -0.02, -0.03, -0.04)


def test_the_rule_that_costs_most_is_named():
    made = ladders()
    rules = made.rules.assign(difference=[0.0, 0.001, 0.0, 0.0187, 0.0, NAN, -0.05])
    assert "The rule that costs most: stamp duty, −1.9 points a year." in flat(
        choices(dataclasses.replace(made, rules=rules)).body
    )


def test_equal_weight_itself_has_no_excess_and_says_so():
    page = choices(ladders(alone=True)).body
    assert all(line[2] == "n/a" for line in rows(page, "choices", 0)[1:])
    assert 'title="the rule is equal weight itself" data-zh="规则即等权组合"' in page
    assert "A session later the return is" in flat(page)


def test_a_run_without_prices_says_why_and_shows_no_table():
    nothing = Ladders(WINDOW, reason="the run holds no prices to trade again")
    page = choices(nothing).body
    assert "the run holds no prices to trade again" in page and "无法重新撮合" in page
    assert "<table" not in page
    assert capacity_section(nothing) is None


# --- capacity


@pytest.mark.parametrize("seed", range(3))
def test_every_size_stands_in_both_languages_with_its_figures(seed):
    made = ladders(seed)
    page = capacity_section(made).body
    english = [
        "1 m CNY",
        "3 m CNY",
        "10 m CNY",
        "30 m CNY",
        "100 m CNY",
        "300 m CNY",
        "1 bn CNY",
        "3 bn CNY",
        "10 bn CNY",
    ]
    chinese = [
        "100 万元",
        "300 万元",
        "1,000 万元",
        "3,000 万元",
        "1 亿元",
        "3 亿元",
        "10 亿元",
        "30 亿元",
        "100 亿元",
    ]
    lines = rows(page, "capacity")[1:]
    assert [line[0].replace("\xa0", " ").replace(" the run's size", "") for line in lines] == english
    assert all(f'zh">{size}</span>'.replace(" ", "\xa0") in page for size in chinese)
    for line, row in zip(lines, made.sizes.to_dict("records"), strict=True):
        shown = [
            percent(row["cagr"]),
            percent(row["equal_weight"]),
            points(row["excess"]),
            points(row["difference"]),
        ]
        assert line[1:] == [*shown, percent(row["filled"])]


def test_the_capacity_is_said_roughly_or_with_its_reason():
    words = capacity_said(Capacity("excess", 0.01, 2.927931e9, ""))
    assert "About 2.9 bn CNY before 1 point a year of excess is lost." in flat(words)
    assert "规模达到约 29 亿元时，年化超额损失 1 个百分点。" in words.replace("\xa0", " ")
    none = capacity_said(Capacity("cagr", 0.01, NAN, "more than the largest size tried, 10,000,000,000 CNY"))
    assert "of return is lost: more than the largest size tried, 10 bn CNY." in flat(none)
    assert "超过所测试的最大规模 100\N{NO-BREAK SPACE}亿元" in none


def test_the_charts_place_sizes_on_a_log_scale_and_values_on_their_own():
    made = ladders(4)
    page = capacity_section(made).body
    for of, curve in zip(
        ("cagr", "excess"), re.findall(r'<path d="([^"]+)" class="line rule">', page), strict=True
    ):
        corners = np.array([list(map(float, part.split())) for part in re.split("[ML]", curve)[1:]])
        logs = np.log10(made.sizes.index.to_numpy() / 1e6)
        assert corners[:, 0] == pytest.approx(46 + (390 - 46) * logs / 4.0, abs=0.06)
        values = made.sizes[of].to_numpy()
        slope = np.polyfit(values, corners[:, 1], 1)
        assert slope[0] < 0 and np.polyval(slope, values) == pytest.approx(corners[:, 1], abs=0.1)


def test_sizes_without_a_value_break_the_line_and_read_not_available():
    made = ladders(5)
    sizes = made.sizes.copy()
    sizes.loc[sizes.index[[1, 5]], ["cagr", "excess", "filled", "difference"]] = NAN
    page = capacity_section(dataclasses.replace(made, sizes=sizes)).body
    assert "nan" not in page.lower()
    assert page.count("n/a") == 8
    assert [curve.count("M") for curve in re.findall(r'<path d="([^"]+)" class="line rule">', page)] == [3, 3]
    alone = capacity_section(ladders(alone=True)).body
    assert alone.count('class="line rule"') == 1


# --- adjusted


def test_alpha_and_loadings_stand_with_their_intervals():
    run = fake_run(12)
    head, market, size = rows(adjusted_section(run, regressed()).body, "adjusted")
    assert head[2].split() == ["Loading", "on", "沪深300"]
    assert market == ["Market", "+23.9 −0.5 … +49.9", "1.28 1.11 … 1.43", "–", "37.7 % 29.6 … 46.1"]
    assert size == [
        "Market and size",
        "+11.2 +1.2 … +22.1",
        "1.30 1.12 … 1.44",
        "−0.51 −0.73 … −0.30",
        "41.2 % 33.1 … 50.2",
    ]
    words = flat(adjusted_section(run, regressed()).body)
    assert "Market: +23.9 points a year are left (−0.5 to +49.9), which cannot be told from nothing." in words
    assert (
        "Market and size: +11.2 points a year are left (+1.2 to +22.1), more than luck would bring." in words
    )
    assert "2,000 draws of blocks of 20 sessions, seed 1" in words and "Size: market capitalisation." in words


def test_a_model_that_is_missing_says_why_in_both_languages():
    why = "fewer than 6 names have a market capitalisation on 18% of the sessions"
    page = adjusted_section(fake_run(12), regressed(why)).body
    assert rows(page, "adjusted")[2][1:] == ["n/a"] * 4
    assert page.count(f'title="{why}" data-zh="18% 的交易日中，有市值数据的股票少于 6 只"') == 4
    assert f"Market and size: not known, {why}." in flat(page)


# --- validation


def test_without_a_validation_the_command_is_given():
    run = fake_run(12)
    page = validation_section(run, None).body
    assert f"<code>screener validate {run.run_id}</code>" in page
    assert "尚未运行" in page and "<table" not in page
    assert "screener validate" in render(run)


def test_every_control_by_chance_stands_with_its_draws():
    made = found()
    page = validation_section(fake_run(12), made).body
    lines = rows(page, "validation", 0)[1:]
    for line, part in zip(lines, made.chance, strict=True):
        figures = [points(v) for v in (part.true, part.mean, part.low, part.high)]
        assert line[2:] == [*figures, percent(part.rank), str(len(part.excess)), "1.11"]
    assert [line[0] for line in lines] == [
        "The cycle at another time",
        "Other themes",
        "Its tilts in another order",
    ]
    worse = round(120 * made.chance[0].rank)
    words = flat(page)
    assert (
        f"The cycle at another time: the rule is better than {worse} of 120 draws, chance did better" in words
    )
    assert "of 119 draws, this stands out from chance" in words
    assert "of 40 draws, within what chance brings" in words


def test_a_strip_holds_every_draw_and_marks_the_rule():
    made = found()
    page = validation_section(fake_run(12), made).body
    values = [v for part in made.chance for v in (*part.excess, part.true)]
    low, high = min(0.0, *values), max(0.0, *values)
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
    strips = re.findall(r'class="draws" d="([^"]+)"></path><path class="truth" d="M([\d.]+) ', page)
    for (drawn, truth), part in zip(strips, made.chance, strict=True):
        piles = [(float(x), float(h)) for x, h in re.findall(r"M([\d.]+) 37v-([\d.]+)", drawn)]
        places = 300 * (np.array(part.excess) - low) / (high - low)
        counts = np.histogram(places, bins=50, range=(0, 300))[0]
        assert [x for x, _ in piles] == [6 * k + 3 for k in np.flatnonzero(counts)]
        heights = np.array([h for _, h in piles])
        assert heights / heights.max() == pytest.approx(counts[counts > 0] / counts.max(), abs=0.02)
        assert heights.max() <= 34.0
        assert float(truth) == pytest.approx(300 * (part.true - low) / (high - low), abs=0.06)


def test_leads_lags_and_later_publication_stand_with_their_figures():
    made = found()
    page = validation_section(fake_run(12), made).body
    led = rows(page, "validation", 1)[1:]
    assert [line[:2] for line in led] == [
        ["−2", "+0.1"], ["−1", "−2.0"], ["0 the run", "−0.2"],
        ["+1 foreknowledge", "+3.0"], ["+2 foreknowledge", "+1.7"],
    ]  # fmt: skip
    later = rows(page, "validation", 2)[1:]
    assert later == [
        ["0 the run", "20.0 %", "21.0 %", "−1.0", "", "36.6"], ["60", "19.0 %", "20.0 %", "−1.2", "", "35.2"],
    ]  # fmt: skip
    words = flat(page)
    assert "Of 4 leads and lags the best known sooner brings +3.2, the best known later +0.3" in words
    assert "the return would differ by −1.0 points a year, with 35.2 instead of 36.6 members" in words


def test_the_walk_overfitting_and_luck_stand_with_their_figures():
    page = validation_section(fake_run(12), found()).body
    assert rows(page, "validation", 3)[1:] == [
        ["2022", "as run", "0.15", "−32.1 %", "−32.5 %", "−27.0 %", "+0.4"],
        ["2023", "window=60", "n/a", "71.7 %", "71.1 %", "70.9 %", "+0.6"],
        ["A year", "", "", "40.3 %", "38.9 %", "39.7 %", "+1.4"],
    ]
    assert [line[1] for line in rows(page, "validation", 4)[1:]] == ["44.5 %", "−1.00", "2.4 %"]
    assert [line[1:3] for line in rows(page, "validation", 5)[1:]] == [
        ["0.82", "0.03"], ["1,454", "1,454"], ["0.43", "0.43"], ["6.72", "6.72"], ["97.9 %", "52.5 %"],
        ["7", "7"], ["0.27", "0.27"], ["91.3 %", "11.0 %"], ["3.9", "4,193.8"],
    ]  # fmt: skip
    words = flat(page)
    assert "Choosing among 2 settings by the past would have paid: +1.4 points a year" in words
    assert "from 2021-12-31 to 2023-05-05, 2 choices" in words
    assert "In 44 % of 12,870 splits of 16 blocks and 20 settings the choice failed" in words
    assert "beyond the best by chance of 7 recorded trials with 91.3 %" in words
    assert "3.9 years of such days would show it with 95 %." in words


def test_what_a_reader_must_beware_of_stands_above():
    run = fake_run(12)
    assert 'class="said warned"' not in validation_section(run, found()).body
    other = validation_section(run, found(run_id="another-run", simulated=True)).body
    assert "This is the validation of another-run, not of this run." in other
    assert "The prices are invented." in other
    few = found(chance=(by_chance("shift", 30, 0.0, 1),))
    assert "Only 30 draws and one seed" in flat(validation_section(run, few).body)
    assert "at most 120 draws of each control by chance, seed 5" in flat(other)


def test_a_validation_of_which_nothing_is_defined_is_said_in_words():
    why = "the rule has one setting: there is nothing to choose"
    nothing = lucky(
        sharpe=NAN, probabilistic=NAN, skewness=NAN, kurtosis=NAN, threshold=NAN, deflated=NAN,
        minimum_days=NAN, minimum_years=NAN, trials=1, reason="the account has no Sharpe ratio",
    )  # fmt: skip
    made = found(
        chance=(Chance("time", (), (), NAN, NAN, NAN, NAN, NAN, NAN, "the rule turns too seldom"),),
        cycle=(),
        publication=(Delayed(0, NAN, NAN, NAN, NAN), Delayed(60, NAN, NAN, NAN, NAN)),
        walk_forward=WalkForward((), WINDOW.base, WINDOW.end, NAN, NAN, NAN, why),
        overfit=Overfit(NAN, NAN, NAN, 1, 16, 0, why),
        luck=nothing,
        luck_of_excess=None,
        notes=(),
    )
    page = validation_section(fake_run(12), made).body
    assert "nan" not in re.sub(r"<[^>]*>", "", page).lower() and '"nan' not in page
    assert "规则只有一组参数，无从选择" in page and "规则调仓次数太少" in page
    assert "Return: not known, the account has no Sharpe ratio." in flat(page)
    for attributes in (a for _, a in Page(page).elements if a.get("class") == "na"):
        assert attributes["title"] and CHINESE.search(attributes["data-zh"])


# --- what comes next


def decided_by(run, days):
    """Return a run whose rule decided on these days."""
    first = run.result.weights.iloc[:1]
    weights = pd.concat([first] * len(days)).set_axis(pd.DatetimeIndex(days))
    return with_result(run, weights=weights)


def schedule(year: int, month: int, a_month: int) -> list[pd.Timestamp]:
    days = [day for day in calendar.sessions(f"{year}-01-01", f"{year}-12-31") if day.month == month]
    return [days[(k + 1) * len(days) // a_month - 1] for k in range(a_month)]


@pytest.mark.parametrize("a_month", [1, 2, 4])
def test_the_next_decision_follows_the_schedule_of_those_before(a_month):
    run = fake_run(60)
    end, every = run.result.nav.index[-1], []
    for month in (5, 6, 7, 8):
        every += schedule(2020, month, a_month)
    past = sorted({run.result.nav.index[0], *(day for day in every if day <= end)})
    assert decision_after(decided_by(run, past)) == next(day for day in every if day > end)
    shifted = [*past[:-1], past[-1] - pd.Timedelta(days=1)]
    assert decision_after(decided_by(run, shifted)) is None


def test_releases_are_expected_as_late_as_a_year_before():
    """The driver of this world reports 29 days after the end of a quarter, 2020Q1 last."""
    (release,) = expected(world(30))
    assert release == ("MSFT", "2020Q2", pd.Timestamp("2020-07-29"))
    shown = rows(outlook(world(30)).body, "outlook", 1)[1:]
    assert ["2020-07-29 about", "MSFT 2020Q2"] in shown
    late = rows(outlook(world(70)).body, "outlook", 1)[1:]
    assert ["2020-07-29 overdue", "MSFT 2020Q2"] in late


def test_the_delay_is_that_of_the_same_quarter():
    """2019Q2 came 40 days after its end, all others 29: only the second quarter is expected late."""
    run = world(30)
    cycle = run.context.cycle
    known = cycle.driver.rows
    late = known["period_end"] == pd.Timestamp("2019-06-30")
    moved = known["released"].where(~late, known["released"] + pd.Timedelta(days=11))
    driver = dataclasses.replace(cycle.driver, rows=known.assign(released=moved))
    other = dataclasses.replace(run.context, cycle=dataclasses.replace(cycle, driver=driver))
    (release,) = expected(dataclasses.replace(run, context=other))
    assert release.about == pd.Timestamp("2020-08-09")


def test_what_is_held_stands_beside_the_target():
    run = fake_run(60)
    lines = {line[0]: line[1:] for line in rows(outlook(run).body, "outlook")[1:]}
    held = run.theme_weights.iloc[-1]
    target = run.result.weights.iloc[-1].sum()
    assert lines["Optical modules 光模块"] == [
        percent(held["optical"]),
        percent(target),
        points(held["optical"] - target),
    ]
    assert lines["idc"] == [percent(held["idc"]), "0.0 %", points(held["idc"])]
    assert lines["Cash"][:2] == [percent(held["cash"]), percent(1.0 - target)]


# --- all of them


def every_section(run, made: Validation, title: str = "") -> str:
    if title:
        run = dataclasses.replace(run, benchmark=dataclasses.replace(run.benchmark, title=title))
    evidence = Evidence(ladders=ladders(), adjusted=regressed(), validation=made)
    return "".join(
        part.body for part in (below_figures(run, evidence), *doubted(run, evidence), outlook(run))
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_name_is_text(payload):
    hostile = found(payload, payload, notes=(payload,), chance=(by_chance(payload, 120, 0.0, 1),))
    tame = found("x", "x", notes=("x",), chance=(by_chance("x", 120, 0.0, 1),))
    page = Page(every_section(world(30, told(payload)), hostile, payload))
    assert page.shape == Page(every_section(world(30, told("x")), tame, "x")).shape
    assert page.text.count(payload) >= 6
    run = dataclasses.replace(fake_run(12), run_id=payload)
    assert payload in Page(validation_section(run, None).body).text
    assert (
        Page(validation_section(run, None).body).shape
        == Page(validation_section(fake_run(12), None).body).shape
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_rule_or_price_that_nobody_knows_is_text(payload):
    made = ladders()
    strange = made.rules.rename(index={"lots": payload}), made.fills.rename(index={"next-close": payload})
    page = Page(choices(dataclasses.replace(made, rules=strange[0], fills=strange[1])).body)
    assert page.texts.count(payload) == 2
    assert page.elements.count(("script", {})) == 0


def test_reasons_of_unknown_kind_stand_as_they_are():
    assert reason("{0} <x>") == ("{0} <x>", "{0} <x>")
    made = dataclasses.replace(ladders(), capacity=Capacity("excess", 0.01, NAN, "<b>{0}"))
    assert "&lt;b&gt;{0}" in capacity_section(made).body


def test_reasons_are_those_that_studies_write():
    """The patterns are of sentences in the studies: one that changes there must change here."""
    package = Path(screener.__file__).parent
    elsewhere = (package / "cli" / "validate.py", package / "backtest" / "provenance.py")
    files = [*(package / "study").glob("*.py"), *elsewhere]
    sources = re.sub(r'"\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))
    starts = [re.split(r"[\\(.*]", pattern)[0].strip() for pattern, _ in KNOWN]
    starts = [start for start in starts if len(start) > 5]
    assert len(starts) > 25
    assert [start for start in starts if start not in sources] == []


def test_both_languages_are_whole_and_nothing_is_styled_in_place():
    page = every_section(world(30), found())
    assert page.count('lang="en"') == page.count('lang="zh"') > 150
    names = {name for _, attributes in Page(page).elements for name in attributes}
    assert "style" not in names and not [name for name in names if name.startswith("on")]
    for _, attributes in Page(page).elements:
        for english, chinese in (("title", "data-zh"), ("aria-label", "data-zh-label")):
            if attributes.get(english):
                assert CHINESE.search(attributes[chinese])


def test_what_was_not_studied_is_left_out():
    run = fake_run(12)
    assert below_figures(run, Evidence()) is None
    assert [part.id for part in doubted(run, Evidence())] == ["validation"]
    full = Evidence(ladders=ladders(), adjusted=regressed(), validation=found())
    assert [part.id for part in doubted(run, full)] == ["choices", "capacity", "validation"]
    page = render(run, full)
    assert [
        page.index(f'<section id="{name}"') for name in ("figures", "adjusted", "choices", "capacity")
    ] == sorted(
        page.index(f'<section id="{name}"') for name in ("figures", "adjusted", "choices", "capacity")
    )


def test_the_sections_are_small_and_the_same_each_time():
    first, second = (every_section(world(30), found()) for _ in range(2))
    assert first == second
    assert len(first.encode()) < 50_000


# --- tables


def test_the_tables_are_the_frames_of_the_studies():
    made = ladders()
    given = tables(made, regressed(), found())
    assert given["lags.csv"] is made.lags and given["cost_ladder.csv"] is made.costs
    assert given["rules_off.csv"] is made.rules and given["fills.csv"] is made.fills
    assert given["capacity.csv"] is made.sizes
    assert len(given["placebos.csv"]) == 120 + 119 + 40
    assert given["cycle_leads.csv"].loc[1, "excess"] == 0.03
    assert given["publication.csv"].loc[60].to_dict() == {
        "cagr": 0.19, "equal_weight": 0.2, "excess": -0.0123, "members": 35.2,
    }  # fmt: skip
    assert list(given["walk_forward.csv"].index) == [2022, 2023]
    assert given["walk_forward.csv"].loc[2023, "own"] == 0.711


def test_tables_of_nothing_are_missing():
    assert tables() == {}
    assert tables(Ladders(WINDOW, reason="x")) == {}
    bare = found(
        chance=(), cycle=(), walk_forward=WalkForward((), WINDOW.base, WINDOW.end, NAN, NAN, NAN, "x")
    )
    assert list(tables(None, None, bare)) == ["publication.csv"]
