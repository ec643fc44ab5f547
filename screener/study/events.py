"""What themes and shares did around dated events, beside what they did on days picked at random.

The day of an event is the first session that could use it; its windows are counted in sessions from there. An
abnormal return is the log total return of a basket of equal weights less that of a yardstick, without costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener import universe
from screener.arrays import Vector
from screener.backtest.run import prepare
from screener.backtest.spec import RunSpec
from screener.data.sources import Source
from screener.strategy import MINIMUM, Context
from screener.study.bootstrap import DRAWS, ENDS
from screener.study.cycle import log_returns
from screener.study.small import mean_interval
from screener.universe import Theme
from screener.universe.events import Event
from screener.universe.theme import Member

__all__ = ["FEWEST", "WINDOWS", "Around", "around", "figures", "means", "window_sums"]

WINDOWS = ((-5, -1), (0, 0), (1, 5), (1, 20))
FEWEST = 3  # cases before there is an interval: two leave one degree of freedom, and a factor of 12.7
BASKET = "shares-of-an-event"
ALL = "all"

Placed = tuple[int, Vector]  # a day and a series: of returns, or of their sums over a window


@dataclass(frozen=True)
class Around:
    """A study of events.

    Attributes
    ----------
    first, last : Timestamp
        Sessions with abnormal returns.
    yardstick : str
        What returns are counted less of.
    simulated : bool
    figures : DataFrame
        One row an event, subject and window, see `figures`.
    means : DataFrame
        One row a kind, subject and window, see `means`.
    left_out : DataFrame
        ``event, date, subject, reason``.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    yardstick: str
    simulated: bool
    figures: pd.DataFrame
    means: pd.DataFrame
    left_out: pd.DataFrame


def around(
    spec: RunSpec, source: Source, events: Iterable[Event], benchmark: str = "", seed: int = 1
) -> Around:
    """Study events on the prices of a source.

    Parameters
    ----------
    spec : RunSpec
        Its themes are the yardstick; start, end and reading are taken from it.
    source : Source
    events : iterable of Event
        Those after the last session are not looked at.
    benchmark : str, optional
        A series of the source as the yardstick instead.
    seed : int
        Of the days picked at random.

    Raises
    ------
    ScreenerError
        As `prepare`, `Source.panel` and `Source.benchmark` do.
    """
    context = prepare(spec, source)[0]
    last = context.panel.sessions[-1]
    told = [event for event in events if (event.usable_from or pd.Timestamp(event.last)) <= last]
    moved = _subjects(context, source, told, spec.membership)
    abnormal = moved.sub(_yardstick(context, source, benchmark), axis=0)
    abnormal = abnormal.loc[abnormal.index > context.start]
    occurred = _occurred(told)
    single = figures(abnormal, occurred)
    return Around(
        first=abnormal.index[0],
        last=last,
        yardstick=benchmark or f"the mean of {', '.join(context.membership)}",
        simulated=context.panel.provenance.simulated,
        figures=single,
        means=means(abnormal, occurred, seed),
        left_out=_left_out(told, single, abnormal.index[0]),
    )


def window_sums(values: Vector, window: tuple[int, int]) -> Vector:
    """Add up daily returns over a window around each day.

    Parameters
    ----------
    values : (n_days,)
    window : (int, int)
        First and last session, counted from the day itself.

    Returns
    -------
    (n_days,)
        NaN where the window leaves the days or holds a NaN.
    """
    first, length = window[0], window[1] - window[0] + 1
    sums = np.full(len(values), np.nan)
    if len(values) < length:
        return sums
    added = np.lib.stride_tricks.sliding_window_view(values, length).sum(axis=1)
    day = np.arange(len(added)) - first
    inside = (day >= 0) & (day < len(values))
    sums[day[inside]] = added[inside]
    return sums


def figures(abnormal: pd.DataFrame, occurred: pd.DataFrame) -> pd.DataFrame:
    """Return what each subject did around each of its events.

    Parameters
    ----------
    abnormal : DataFrame (n_days, n_subjects)
    occurred : DataFrame
        ``event, kind, day, subject``; `day` is the first session that could use the event.

    Returns
    -------
    DataFrame
        ``event, kind, day, subject, window, figure, chance_low, chance_high``; 95 % of all days of a subject
        lie in the band of chance. NaN where a window is not covered.
    """
    rows = []
    for event in occurred.sort_values(["day", "event", "subject"]).itertuples(index=False):
        place = _place(abnormal.index, event.day)
        for window in WINDOWS:
            sums = window_sums(abnormal[event.subject].to_numpy(), window)
            figure = np.nan if place is None else sums[place]
            band = (np.nan, np.nan) if np.isnan(figure) else np.nanquantile(sums, ENDS)
            rows.append((*event[:4], said(window), figure, *band))
    columns = ["event", "kind", "day", "subject", "window", "figure", "chance_low", "chance_high"]
    return pd.DataFrame(rows, columns=columns)


def means(abnormal: pd.DataFrame, occurred: pd.DataFrame, seed: int = 1, draws: int = DRAWS) -> pd.DataFrame:
    """Average what a subject did around the events of a kind, beside what chance does.

    Returns
    -------
    DataFrame
        ``kind, subject, window, mean, low, high, cases, events, chance_low, chance_high``, where there are
        two events and more. If a kind has several subjects, ``all`` is the mean of those of each event.

    Notes
    -----
    Events whose windows overlap are one case, their mean. The interval is Student's, from three cases on.
    The band of chance holds 95 % of the means of as many cases on days picked at random from the same
    sessions; events that are one case keep their distances and are moved together.
    """
    rows = []
    for kind, part in occurred.groupby("kind", sort=True):
        for subject, placed in _gathered(abnormal, part).items():
            for window in WINDOWS:
                cases = _cases(placed, window)
                if (count := sum(map(len, cases))) < 2:
                    continue
                mean, low, high, n = mean_interval([_figure(case) for case in cases])
                if n < FEWEST:
                    low = high = np.nan
                band = _chance(cases, seed, draws)
                rows.append((kind, subject, said(window), mean, low, high, n, count, *band))
    columns = ["kind", "subject", "window", "mean", "low", "high", "cases", "events"]
    return pd.DataFrame(rows, columns=[*columns, "chance_low", "chance_high"])


def said(window: tuple[int, int]) -> str:
    """Write a window.

    Examples
    --------
    >>> said((-5, -1)), said((0, 0)), said((1, 20))
    ('-5..-1', '0', '+1..+20')
    """
    ends = [f"{day:+d}" if day else "0" for day in window]
    return ends[0] if window[0] == window[1] else "..".join(ends)


def _gathered(abnormal: pd.DataFrame, occurred: pd.DataFrame) -> dict[str, list[Placed]]:
    """Return where the events of one kind stand and the returns they are read from, by subject."""
    found: dict[str, list[Placed]] = {}
    for (_, day), part in occurred.groupby(["event", "day"]):
        if (place := _place(abnormal.index, day)) is None:
            continue
        for subject in part["subject"]:
            found.setdefault(subject, []).append((place, abnormal[subject].to_numpy()))
        found.setdefault(ALL, []).append((place, abnormal[list(part["subject"])].mean(axis=1).to_numpy()))
    if len(found) == 2:  # one subject, and all are that one
        del found[ALL]
    return dict(sorted(found.items()))


def _cases(placed: list[Placed], window: tuple[int, int]) -> list[list[Placed]]:
    """Return the sums over the windows, put together where a window overlaps with the next."""
    cases: list[list[Placed]] = []
    end = -1
    for place, values in sorted(placed, key=lambda item: item[0]):
        sums = window_sums(values, window)
        if np.isnan(sums[place]):
            continue
        if not cases or place > end:
            cases.append([])
        cases[-1].append((place, sums))
        end = place + window[1] - window[0]
    return cases


def _figure(case: list[Placed]) -> float:
    return float(np.mean([sums[place] for place, sums in case]))


def _chance(cases: list[list[Placed]], seed: int, draws: int) -> tuple[float, float]:
    """Return the ends of the band of means of the same cases on days picked at random."""
    rng = np.random.default_rng(seed)
    total = np.zeros(draws)
    for case in cases:
        first, last = case[0][0], case[-1][0]
        reach = len(case[0][1]) - (last - first)
        anywhere = np.mean([sums[place - first :][:reach] for place, sums in case], axis=0)
        total += rng.choice(anywhere[~np.isnan(anywhere)], draws)
    low, high = np.quantile(total / len(cases), ENDS)
    return float(low), float(high)


def _place(days: pd.DatetimeIndex, day: pd.Timestamp) -> int | None:
    """Return where a session stands, None outside the days."""
    place = int(days.searchsorted(day))
    return place if place < len(days) and days[place] == day else None


def _occurred(events: list[Event]) -> pd.DataFrame:
    """List event and subject of all events with a day."""
    rows = [
        (event.id, event.kind, event.usable_from, subject)
        for event in events
        if event.usable_from is not None
        for subject in _concerned(event)
    ]
    return pd.DataFrame(rows, columns=["event", "kind", "day", "subject"])


def _concerned(event: Event) -> list[str]:
    """Return the names of what is studied: themes, and the shares of an event as one."""
    return [*event.themes, *([" ".join(event.symbols)] if event.symbols else [])]


def _subjects(context: Context, source: Source, events: list[Event], reading: str) -> pd.DataFrame:
    """Return the daily log return of all that events concern, NaN where it has too few seasoned members."""
    names = sorted({theme for event in events for theme in event.themes})
    themes = dict(zip(names, universe.load_all(names), strict=True))
    baskets = {" ".join(event.symbols): _basket(event) for event in reversed(events) if event.symbols}
    subjects = themes | baskets
    wanted = sorted({member.symbol for theme in subjects.values() for member in theme.counted})
    days = context.panel.sessions
    if not wanted:
        return pd.DataFrame(index=days)
    panel = source.panel(wanted, end=days[-1])
    columns = {}
    for name, theme in subjects.items():
        rows = universe.membership(theme, panel.sessions, reading)
        rows = rows[[symbol for symbol in rows.columns if symbol in set(panel.symbols)]]
        own = dataclasses.replace(context, panel=panel, themes=(theme,), membership={theme.id: rows})
        columns[name] = _returns(own, 1 if name in baskets else MINIMUM).reindex(days)
    return pd.DataFrame(columns, index=days)


def _basket(event: Event) -> Theme:
    """Return the shares of an event as a theme, published with its source."""
    members = tuple(
        Member(symbol, symbol, since=event.source.date, source=event.source) for symbol in event.symbols
    )
    return Theme(BASKET, event.title, event.title_zh, "downstream", members=members)


def _returns(context: Context, minimum: int) -> pd.Series:
    """Return the daily log return of the only theme; that of a day is of the members of the day before."""
    (seasoned,) = context.seasoned.values()
    if seasoned.shape[1] == 0:
        return pd.Series(np.nan, index=seasoned.index)
    enough = (seasoned.sum(axis=1) >= minimum).shift(fill_value=False)
    return log_returns(context).iloc[:, 0].where(enough)


def _yardstick(context: Context, source: Source, benchmark: str) -> pd.Series:
    """Return the daily log return that others are counted less of."""
    if not benchmark:
        return log_returns(context).mean(axis=1)
    return np.log(source.benchmark(benchmark, context.panel.sessions).close).diff()


def _left_out(events: list[Event], single: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """List what is not studied, with the reason."""
    figure = single["figure"].notna().groupby([single["event"], single["day"], single["subject"]]).any()
    rows = []
    for event in events:
        day, concerned = event.usable_from, _concerned(event)
        if day is None:
            unknown = "date is known" if event.precision == "unknown" else "day is known"
            rows.append((event.id, event.written, ", ".join(concerned), f"no {unknown}"))
            continue
        reason = "too few members with prices on those days"
        if day < first:
            reason = f"before {first:%Y-%m-%d}, the first session of the yardstick"
        silent = [subject for subject in concerned if not figure[event.id, day, subject]]
        rows += [(event.id, event.written, subject, reason) for subject in silent]
    return pd.DataFrame(rows, columns=["event", "date", "subject", "reason"])
