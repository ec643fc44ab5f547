"""What a backtest leaves behind: the account day by day, every order, and what it all rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from screener.backtest.spec import RunSpec
from screener.data.panel import Provenance
from screener.data.sources import Benchmark
from screener.strategy import Context

__all__ = ["SAME", "Benchmark", "Result", "Run", "Verdict", "Window"]

SAME = 1e-9  # tracking error a year below which two accounts are one: what is left is rounding


@dataclass(frozen=True)
class Result:
    """One account, from its opening to the last session.

    Attributes
    ----------
    name : str
        Name of the rule, for example ``capex-rotation``.
    nav : Series (n_days,)
        Equity at the close in CNY, cent-exact; the first day is the opening capital, before any trade.
    cash : Series (n_days,)
        Cash at the close in CNY.
    due : Series (n_days,)
        Dividends that were declared and not yet paid, in CNY; part of `nav`.
    holdings : DataFrame (n_days, n_assets)
        Shares at the close.
    close : DataFrame (n_days, n_assets)
        Price in CNY at which holdings are valued: the last close, 0 before the first bar.
    orders : DataFrame
        Every order, filled or not. Columns ``date, symbol, side ("buy"/"sell"), asked, filled (shares),
        price (CNY, NaN when nothing was filled), value, commission, stamp, transfer, tax, slippage (CNY),
        reason ("filled", "suspended", "limit_up", ...), rule``.
    actions : DataFrame
        Corporate actions that met a holding. Columns ``date, symbol, shares, cash (CNY), new_shares, into,
        basis, ends``.
    weights : DataFrame (n_decisions, n_pairs)
        Target weights by decision day; columns are a MultiIndex ``(theme, symbol)``.
    """

    name: str
    nav: pd.Series
    cash: pd.Series
    due: pd.Series
    holdings: pd.DataFrame
    close: pd.DataFrame
    orders: pd.DataFrame
    actions: pd.DataFrame
    weights: pd.DataFrame


@dataclass(frozen=True)
class Window:
    """A stretch of sessions that figures are computed on.

    Attributes
    ----------
    base : Timestamp
        The day of the base capital: the session before the first return.
    end : Timestamp
    label : str
        For example ``headline``, ``before publication``, ``after publication``.
    """

    base: pd.Timestamp
    end: pd.Timestamp
    label: str


@dataclass(frozen=True)
class Verdict:
    """What the rule earned a year and where it came from; fractions a year, arithmetic differences.

    ``total = selection + tilt + timing + cost + benchmark`` holds exactly; NaN where a part is not defined.
    """

    window: Window
    total: float
    benchmark: float
    equal_weight: float
    static_mix: float
    selection: float
    tilt: float
    timing: float
    cost: float
    tracking_error: float
    detectable: float


@dataclass(frozen=True)
class Run:
    """A whole run: the rule, its controls, the comparison curve and the state of the driver.

    Attributes
    ----------
    spec : RunSpec
    run_id : str
    result : Result
        The rule itself.
    controls : dict of str to Result
        ``equal-weight``, ``theme-momentum``, ``buy-and-hold``, ``static-mix``; same account and costs.
    benchmark : Benchmark or None
    windows : tuple of Window
        The headline first; in the hindsight reading also before and after publication.
    effective_start : Timestamp
        First day on which every input exists.
    effective_reasons : tuple of str
        From when each input exists, one sentence each.
    verdicts : tuple of Verdict
        One for each window.
    metrics : dict
        ``metrics[window label][account name][metric name]`` -> float (NaN = not defined);
        account names are those of the rule, the controls, and ``benchmark``.
    phases : DataFrame
        One row for each change of phase known in the run: ``usable_from, quarter, growth, change, phase``.
    releases : DataFrame
        ``usable_from, released, entity, quarter`` of the driver inside the run.
    scores : Series (n_days,)
        Cycle score C by session.
    publications : dict of str to Timestamp
        First session from which each theme has three published members.
    theme_weights : DataFrame (n_days, n_themes)
        Actual weight of each theme at the close, plus ``cash``.
    provenance : Provenance
    hashes : dict of str to str
        SHA-256 of the universes, drivers, strategy file and package code that the run used.
    notes : tuple of str
        What is labelled rather than refused: hindsight, unknown statuses, overdue releases, caveats.
    titles : dict of str to str
        Title of each theme by id, and short name by symbol.
    free : dict of str to Result
        The rule, ``equal-weight`` and ``static-mix`` without costs.
    context : Context or None
        What the rule saw, for studies that run its weights again; None for a run that was made up.
    bindings : DataFrame
        Which line of the mandate bound on which decision of the rule, see `bindings.table`.
    """

    spec: RunSpec
    run_id: str
    result: Result
    controls: dict[str, Result]
    benchmark: Benchmark | None
    windows: tuple[Window, ...]
    effective_start: pd.Timestamp
    effective_reasons: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    metrics: dict[str, dict[str, dict[str, float]]]
    phases: pd.DataFrame
    releases: pd.DataFrame
    scores: pd.Series
    publications: dict[str, pd.Timestamp]
    theme_weights: pd.DataFrame
    provenance: Provenance
    hashes: dict[str, str]
    notes: tuple[str, ...]
    titles: dict[str, str]
    free: dict[str, Result] = field(default_factory=dict)
    context: Context | None = None
    bindings: pd.DataFrame = field(default_factory=pd.DataFrame)

    def account(self, name: str) -> Result | None:
        """Return an account after costs: a control, which may be the rule itself; None if it was not run."""
        return self.result if name == self.result.name else self.controls.get(name)
