"""What a shipped rule earns does not hang on the day: decisions a session later earn nearly the same."""

import pytest

from screener.backtest.engine import backtest
from screener.backtest.run import run
from screener.backtest.spec import Account, RunSpec, SourceSpec
from screener.data.sources import open_source
from screener.market import calendar

SHIPPED = ("capex-rotation", "equal-weight", "theme-momentum", "buy-and-hold")


@pytest.fixture(scope="module")
def made():
    """Return the flagship and its controls on the market with a planted effect."""
    return run(RunSpec("capex-rotation", membership="hindsight", source=SourceSpec(variant="planted")),
               open_source("sample", "planted"))  # fmt: skip


@pytest.fixture(scope="module")
def panel(made):
    return open_source("sample", "planted").panel(made.result.weights.columns.levels[1])


def a_year(result):
    nav = result.nav
    return (nav.iloc[-1] / nav.iloc[0]) ** (1.0 / calendar.years(nav.index[0], nav.index[-1])) - 1.0


def late(result, panel):
    """Trade every decision a session later."""
    weights = result.weights[result.weights.index < panel.sessions[-1]]
    days = panel.sessions[panel.sessions.searchsorted(weights.index) + 1]
    return backtest(result.name, weights.set_axis(days), panel, Account(), result.nav.index[0])


@pytest.mark.parametrize("name", SHIPPED)
def test_a_day_of_delay_costs_no_shipped_rule_its_sign(made, panel, name):
    result = made.result if name == made.result.name else made.controls[name]
    delayed = late(result, panel)
    assert not delayed.orders.equals(result.orders)
    assert a_year(result) * a_year(delayed) > 0
    assert abs(a_year(result) - a_year(delayed)) < 0.02
