"""A run that keeps what its rule saw: two themes, a driver and guidance of our own, names under control."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pandas as pd

from screener.backtest.result import Run
from screener.cycle.cycle import Cycle
from screener.cycle.driver import Driver
from screener.cycle.guidance import Guidance, revisions
from screener.strategy import Context
from screener.universe import Member, Theme, membership
from screener.universe.theme import Citation, Exposure, FormerName
from tests.make import make_panel
from tests.report.fake import Names, fake_run

SYMBOLS = ("300308.SZ", "300502.SZ", "688256.SH")  # the last is listed after a quarter of the days
LATE = "688256.SH"
SINCE = dt.date(2020, 6, 1)


def told(text: str = "") -> dict[str, str]:
    """Return every name of the world, a harmless one each unless `text` is given."""
    names = {
        "title": "Optical", "title_zh": "光模块", "member": "新易盛", "former": "旧名", "report": "003",
        "quote": "a line of it", "entity": "MSFT", "unit": "USD million",
    }  # fmt: skip
    return dict.fromkeys(names, text) if text else names


def world(n_days: int = 60, names: dict[str, str] | None = None, base: Names | None = None) -> Run:
    """Return the fake run with a context around it."""
    run, names = fake_run(n_days, names=base), names or told()
    panel = make_panel(n_days, SYMBOLS, start="2020-05-06", actions=False)
    theme = _theme(names)
    rows = {theme.id: membership(theme, panel.sessions, "published")}
    cycle = Cycle(_driver(names), _guidance(names))
    context = Context(panel, (theme,), rows, cycle, panel.sessions[0])
    return dataclasses.replace(run, context=context)


def _theme(names: dict[str, str]) -> Theme:
    cited = Citation(names["report"], SINCE, names["quote"])
    members = (
        Member("300308.SZ", names["member"], since=SINCE, source=cited),
        Member(
            "300502.SZ", "b", since=SINCE, source=cited, valid_from=dt.date(2020, 6, 10),
            former=(FormerName(names["former"], dt.date(2020, 6, 9)),),
        ),
        Member(LATE, "c", confidence="peer", note="its business"),
        Member("603660.SH", "d", since=SINCE, source=cited, weight=0.0, confidence="uncertain"),
    )  # fmt: skip
    belief = Exposure(0.5, "a belief", dt.date(2020, 1, 1))
    titles = names["title"], names["title_zh"]
    return Theme("optical", *titles, "midstream", driver="some-capex", exposure=belief, members=members)


def _driver(names: dict[str, str]) -> Driver:
    """Return quarters of 100, 110 and 121 by year, one of 300, and one that comes out after the run."""
    ends = pd.period_range("2017Q1", "2020Q2", freq="Q")
    values = [100.0 * 1.1 ** (k // 4) for k in range(len(ends) - 2)] + [300.0, 1.0]
    days = ends.to_timestamp(how="end").normalize()
    lags = pd.to_timedelta([29] * (len(ends) - 1) + [45], unit="D")
    rows = pd.DataFrame({"period_end": days, "released": days + lags, "value": values})
    rows["usable_from"] = rows["released"] + pd.Timedelta(days=1)
    rows = rows.assign(entity=names["entity"], unit=names["unit"], definition="cash", source="x")
    return Driver("some-capex", Path("some-capex.csv"), rows.assign(released_basis="actual"))


def _guidance(names: dict[str, str]) -> Guidance:
    """Return guidance that is set before the run, raised and kept inside it, and cut after its end."""
    days = ["2020-01-30", "2020-05-11", "2020-06-01", "2021-07-01"]
    mids = [100.0, 104.0, 104.0, 90.0]
    rows = pd.DataFrame({"usable_from": pd.DatetimeIndex(days), "mid": mids}).assign(
        entity=names["entity"], target_year="FY2020", definition="cash", accounting_only=False
    )
    rows["event_date"] = rows["usable_from"] - pd.Timedelta(days=1)
    return Guidance("some-guidance", None, revisions(rows))
