"""The sample: a simulated market that ships with the product, in two variants.

``null`` has no cycle effect. ``planted`` has one of known strength: a theme's drift a year is raised by
15 % x its exposure x the sign of trailing capex growth as it was known on the day, so that a rule which
cannot find it there need not be tried elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from screener import workspace
from screener.arrays import Matrix, Vector
from screener.data import facts
from screener.data.actions import ACTION_COLUMNS
from screener.data.align import Instruments, cut
from screener.data.panel import Panel, Provenance
from screener.data.sources.base import Benchmark, SourceSpec, canonical
from screener.data.sources.simulation import FIRST, LAST, VERSION, Simulation, index_level, simulate
from screener.errors import DataError, SpecError, nearest
from screener.market import calendar
from screener.market.limits import limit_matrix

__all__ = ["INDEX", "SEED", "STRENGTH", "VARIANTS", "SampleSource", "growth_sign"]

VARIANTS = ("null", "planted")
# The first seed whose null market has no slope (below 1 % a year) of theme returns on exposure, with and
# without the sign of the cycle. Most have one by luck: its standard error over these years is 9 % a year.
SEED = 44
STRENGTH = 0.15  # a year for an exposure of 1
# The themes that the sample was made for: they come first, so that no later file moves a share of theirs.
CORE = ("ai-apps", "ai-chips", "idc", "optical", "servers")
INDEX = "SAMPLE.IX"
DRIVER = "hyperscaler-capex.csv"
PRICES = ("open", "high", "low", "close", "amount")


class SampleSource:
    """Simulated prices of any A-share; those of the built-in themes move with their theme.

    Parameters
    ----------
    variant : {"null", "planted"}
    seed : int
        Of the random numbers; for calibration over many markets.

    Raises
    ------
    SpecError
        If there is no such variant.

    Notes
    -----
    Themes, exposures and driver are those that ship with the product, never the user's own, so that the
    sample is one and the same everywhere.
    """

    default_benchmark = INDEX

    def __init__(self, variant: str = "null", seed: int = SEED) -> None:
        if variant not in VARIANTS:
            raise SpecError(f"variant={variant!r} of the sample: {nearest(str(variant), VARIANTS)}")
        self._variant, self._seed = variant, seed

    @cached_property
    def spec(self) -> SourceSpec:
        """Kind, variant and hash over the prices of all shares of the five core themes."""
        return SourceSpec(
            "sample", self._variant, _fingerprint(self._market, f"{VERSION}/{self._seed}/{self._variant}")
        )

    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last session."""
        return pd.Timestamp(FIRST), pd.Timestamp(LAST)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The shares of the five core themes, sorted."""
        return tuple(sorted(symbol for symbol, theme in self._facts[0].items() if theme in CORE))

    def panel(
        self, symbols: Iterable[str], start: pd.Timestamp | None = None, end: pd.Timestamp | None = None
    ) -> Panel:
        """Return invented prices of some shares, in any common spelling; every A-share has some.

        Raises
        ------
        DataError
            If no session lies from `start` to `end`.
        """
        asked = tuple(canonical(symbols))
        first, last = self.span()
        begin, stop = pd.Timestamp(start or first), pd.Timestamp(end or last)
        if begin > last or stop < first or begin > stop:
            raise DataError(
                f"no session from {begin:%Y-%m-%d} to {stop:%Y-%m-%d}; the sample holds {FIRST} to {LAST}"
            )
        panel = _to_panel(self._simulate(asked), self._facts[1], self._provenance())
        return cut(panel, begin, stop)

    def benchmark(self, symbol: str, sessions: pd.DatetimeIndex) -> Benchmark:
        """Return the simulated index, or the total return of a share of the core themes.

        Raises
        ------
        DataError
            If the sample has no such series.
        """
        symbol = symbol.strip().upper()
        if symbol == INDEX:
            days = calendar.sessions(FIRST, LAST)
            level = pd.Series(index_level(days, self._seed), index=days, name=INDEX)
            caveat = "simulated, as all prices of this run"
            return Benchmark(INDEX, "SIMULATED index", level.reindex(sessions), caveat)
        if symbol not in self.symbols:
            raise DataError(
                f"benchmark {symbol}: the sample has no such series; it has {INDEX} and the shares of the "
                f"core themes, such as {self.symbols[0]}"
            )
        panel = self.panel([symbol])
        level = panel.adjusted[symbol].reindex(sessions)
        return Benchmark(symbol, f"SIMULATED {panel.names[symbol]}", level, "simulated, total return")

    @property
    def instruments(self) -> Instruments:
        """Nothing: the sample invents prices only."""
        return Instruments({}, {}, {}, {})

    @property
    def industries(self) -> Mapping[str, str]:
        """Nothing: the sample knows no industry."""
        return {}

    def valuation(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return no rows: the sample invents prices only."""
        return facts.valuation(facts.EMPTY)

    def statements(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return no rows: the sample invents prices only."""
        return facts.statements(facts.EMPTY)

    def shares(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return no rows: the sample invents prices only."""
        return facts.EMPTY.reindex(columns=["date", "symbol", *facts.SHARES])

    @cached_property
    def _facts(self) -> tuple[dict[str, str], dict[str, str], dict[str, float]]:
        return built_in_themes()

    @cached_property
    def _market(self) -> Simulation:
        return self._new(self.symbols)

    def _simulate(self, symbols: tuple[str, ...]) -> Simulation:
        """Return a market of exactly these shares; a share's prices do not depend on the others."""
        return self._market if symbols == self.symbols else self._new(symbols)

    def _new(self, symbols: tuple[str, ...]) -> Simulation:
        themes, _, exposures = self._facts
        if self._variant == "null":
            return simulate(symbols, themes, self._seed)
        exposure = np.array([exposures.get(themes.get(name, ""), 0.0) for name in symbols])
        return simulate(symbols, themes, self._seed, planted_tilt(exposure))

    def _provenance(self) -> Provenance:
        effect = (
            "no cycle effect"
            if self._variant == "null"
            else f"planted: {STRENGTH:.0%} a year x exposure x sign of known capex growth"
        )
        return Provenance(
            kind="sample",
            title=f"SIMULATED market, {self._variant} variant ({effect}), seed {self._seed}, v{VERSION}",
            sha256=self.spec.sha256,
            simulated=True,
            caveats=("SIMULATED: all prices are invented and say nothing about any company.",),
        )


def built_in_themes() -> tuple[dict[str, str], dict[str, str], dict[str, float]]:
    """Return theme by symbol, name by symbol and exposure by theme of the themes that ship.

    Notes
    -----
    A share of several themes moves with the first, the core themes before the others, each by file name.
    The files are read here in a few lines, because `universe` stands on this floor; it is the one that
    checks them.
    """
    themes: dict[str, str] = {}
    names: dict[str, str] = {}
    exposures: dict[str, float] = {}
    paths = workspace.built_in("universes").glob("*.toml")
    for path in sorted(paths, key=lambda path: (path.stem not in CORE, path.stem)):
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        exposures[path.stem] = float(facts.get("exposure", {}).get("value", 0.0))
        for member in facts.get("members", ()):
            themes.setdefault(member["symbol"], path.stem)
            names.setdefault(member["symbol"], member["name"])
    return themes, names, exposures


def planted_tilt(exposure: Vector) -> Matrix:
    """Return the planted drift a year, (n_days, n_assets)."""
    state = growth_sign(workspace.built_in("universes") / "drivers" / DRIVER, calendar.sessions(FIRST, LAST))
    return STRENGTH * (state[:, None] * exposure[None, :])


def growth_sign(path: Path, sessions: pd.DatetimeIndex) -> Vector:
    """Return the sign of the growth of four-quarter cash capex, known on each session; 0 before the first.

    Notes
    -----
    A quarter counts from the session on which the last of the companies can be used.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["definition"] == "cash"]
    companies = {row["entity"] for row in rows}
    quarters: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        quarters.setdefault(row["period_end"], []).append(row)
    whole = [quarters[end] for end in sorted(quarters) if len(quarters[end]) == len(companies)]
    totals = [sum(float(row["value"]) for row in quarter) for quarter in whole]
    known = [max(row["usable_from"] for row in quarter) for quarter in whole]
    state = np.zeros(len(sessions))
    for k in range(7, len(totals)):
        growing = sum(totals[k - 3 : k + 1]) > sum(totals[k - 7 : k - 3])
        state[int(sessions.searchsorted(pd.Timestamp(known[k]))) :] = 1.0 if growing else -1.0
    return state


def _to_panel(market: Simulation, names: dict[str, str], provenance: Provenance) -> Panel:
    traded = market.volume > 0
    values = {name: np.where(traded, getattr(market, name) / 100.0, np.nan) for name in PRICES}
    reference = np.where(market.reference > 0, market.reference / 100.0, np.nan)
    limits = limit_matrix(
        market.symbols, market.sessions, reference, values["close"], market.listing,
        risk_warning=np.zeros(traded.shape, dtype=np.int8), open=values["open"],
    )  # fmt: skip
    return Panel(
        sessions=market.sessions,
        symbols=market.symbols,
        **values,
        pre_close=reference,
        volume=np.where(traded, market.volume.astype(np.float64), np.nan),
        factor=_factor(market),
        limit_up=limits.up,
        limit_down=limits.down,
        listed=market.listed,
        actions=_actions(market),
        names={symbol: names.get(symbol, symbol) for symbol in market.symbols},
        provenance=provenance,
        notes=limits.notes,
    )


def _factor(market: Simulation) -> Matrix:
    """Multiply the steps close before / reference of all ex-dates so far."""
    steps = np.ones(market.close.shape)
    events = market.events
    place = events["day"].to_numpy(), events["asset"].to_numpy()
    steps[place] = events["before"].to_numpy() / events["reference"].to_numpy()
    return np.where(market.listed, np.multiply.accumulate(steps, axis=0), np.nan)


def _actions(market: Simulation) -> pd.DataFrame:
    events = market.events
    table = pd.DataFrame(
        {
            "date": market.sessions[events["day"]],
            "symbol": [market.symbols[j] for j in events["asset"]],
            "cash": events["cash"] / 100.0,
            "bonus": events["tenths"] / 10.0,
            "factor": events["before"] / events["reference"],
            "basis": "official",
        }
    )
    return table.sort_values(["date", "symbol"], ignore_index=True)[list(ACTION_COLUMNS)]


def _fingerprint(market: Simulation, label: str) -> str:
    """Hash the label, the days, the symbols and every integer of the market."""
    digest = hashlib.sha256(f"{label}/{','.join(market.symbols)}".encode())
    digest.update(market.sessions.to_numpy().astype("datetime64[D]").astype("<i8").tobytes())
    for values in (market.open, market.high, market.low, market.close, market.reference, market.volume,
                   market.amount, market.listed, market.events.to_numpy()):  # fmt: skip
        digest.update(np.ascontiguousarray(values).astype("<i8").tobytes())
    return digest.hexdigest()
