"""What the figures are called, and that the page shows those of the run."""

import json

import pandas as pd
import pytest

from screener.backtest import metrics
from screener.backtest.metrics import DEFINITIONS
from screener.market import calendar
from screener.report.definitions import CHINESE
from screener.report.files import metrics_json
from screener.report.labels import KINDS, LABELS, RELATIVE, SIGNED, WHY, words_of
from screener.report.tearsheet import render
from tests.report.fake import METRICS, fake_run
from tests.report.pages import Page, in_english, rows

ORDER = ("myrule", "equal-weight", "static-mix", "benchmark", "theme-momentum", "buy-and-hold")
PERCENT = {
    "total_return", "cagr", "volatility", "max_drawdown", "value_at_risk", "expected_shortfall", "hit_rate",
    "tracking_error", "alpha",
}  # fmt: skip


def test_every_figure_has_a_name_of_its_own_and_a_definition():
    assert set(LABELS) == set(DEFINITIONS)
    assert set(CHINESE) == set(DEFINITIONS)
    for words in zip(*LABELS.values(), strict=True):  # English, then Chinese
        assert len(set(words)) == len(LABELS)
    assert set(KINDS) | SIGNED | RELATIVE | set(WHY) <= set(DEFINITIONS)


def test_the_figures_of_the_invented_run_are_those_of_a_real_one():
    days = calendar.sessions("2024-01-02")[:40]
    level = pd.Series(range(100, 140), index=days, dtype="float64")
    assert set(metrics.summary(level, level * 2)) == set(METRICS)


def test_a_figure_without_a_name_is_called_by_its_key():
    assert words_of("tail_ratio") == ("Tail ratio", "Tail ratio")


def test_no_key_is_shown_and_every_heading_gives_its_definition():
    page = Page(render(fake_run(n_days=12)))
    assert not [key for key in DEFINITIONS if "_" in key and key in page.text]
    assert set(page.attributes("title")) >= {DEFINITIONS[key] for key in METRICS}
    assert set(page.attributes("data-zh")) >= {CHINESE[key] for key in METRICS}


@pytest.mark.parametrize("seed", range(3))
def test_every_key_figure_on_the_page_is_that_of_the_run(seed):
    run = fake_run(n_days=12, seed=seed)
    page = render(run)
    shown = {line[0]: line[1:-1] for line in rows(page, "figures")}
    accounts = run.metrics["headline"]
    for key in METRICS:
        values = [accounts[name][key] for name in ORDER]
        assert shown[words_of(key)[0]] == [expected(key, value) for value in values]


def test_the_difference_is_that_of_the_rule_and_equal_weight():
    run = fake_run(n_days=12)
    page = render(run)
    last = {line[0]: line[-1] for line in rows(page, "figures")}
    own, equal = (run.metrics["headline"][name] for name in ("myrule", "equal-weight"))
    assert last[words_of("volatility")[0]] == expected("excess", own["volatility"] - equal["volatility"])
    assert float(last["Sharpe ratio"].replace("−", "-")) == pytest.approx(
        own["sharpe"] - equal["sharpe"], abs=0.006
    )
    assert last["Beta"] == ""


def test_the_first_figures_are_those_of_the_rule_and_of_equal_weight():
    run = fake_run()
    page = in_english(render(run).split('<dl class="kpis">')[1].split("</dl>")[0])
    own, equal = (run.metrics["headline"][name] for name in ("myrule", "equal-weight"))
    blocks = [Page(part).texts for part in page.split("<div>")[1:]]
    for block, key in zip(blocks, ("cagr", "excess", "volatility", "sharpe", "max_drawdown"), strict=True):
        under = ["detectable ", "5.8"] if key == "excess" else ["equal weight ", expected(key, equal[key])]
        assert block == [words_of(key)[0], expected(key, own[key]), *under]


@pytest.mark.parametrize("seed", range(3))
def test_the_windows_around_publication_are_folded_with_their_own_figures(seed):
    run = fake_run(n_days=12, seed=seed)
    page = render(run)
    for k, name in enumerate(("before publication", "after publication"), 1):
        assert Page(in_english(page.split("<summary>")[k])).text.startswith(name.capitalize())
        shown = {line[0]: line[1:-1] for line in rows(page, "figures", k)}
        values = [run.metrics[name][account]["sharpe"] for account in ORDER]
        assert shown["Sharpe ratio"] == [expected("sharpe", value) for value in values]


def expected(key: str, value: float) -> str:
    """Write a figure without the writers of the page; zero has no sign."""
    if key in PERCENT:
        text = f"{100 * value:z.1f} %"
    elif key == "excess":
        text = f"{100 * value:+z.1f}".replace("+0.0", "0.0")
    else:
        text = f"{value:z.2f}"
    return text.replace("-", "−")


def test_the_file_defines_every_figure_it_holds():
    content = json.loads(metrics_json(fake_run(n_days=12)))
    keys = {key for accounts in content["metrics"].values() for f in accounts.values() for key in f}
    assert keys <= set(content["definitions"])
    assert all(content["definitions"].values())
