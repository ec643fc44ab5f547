"""The rule among what chance made of it, and what knowing sooner and joining later would have changed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from screener.report import svg
from screener.report.html import Markup, cell, escape, join, num, table, tag
from screener.report.marks import bar, column, gap, sentence, signed, span
from screener.report.numbers import count
from screener.report.reasons import reason
from screener.report.words import Words, hint, spoken, two

if TYPE_CHECKING:
    from screener.study.validation import Chance, Delayed, Led

__all__ = ["chances", "foreknowledge", "publication"]

WIDTH, HEIGHT = 300.0, 40.0
COLUMNS = 50  # of a strip: each holds the draws that lie in it
BEYOND = 0.95  # share of the draws that must be worse before the rule stands out
KINDS: dict[str, tuple[Words, Words]] = {
    "shift": (
        ("The cycle at another time", "周期错位"),
        ("All dates of the cycle turned round in a circle.", "将周期的全部日期循环平移。"),
    ),
    "labels": (
        ("Other themes", "主题标签互换"),
        ("Names and stages of the themes dealt out anew.", "将主题的名称与环节重新分配给各组股票。"),
    ),
    "time": (
        ("Its tilts in another order", "配置次序打乱"),
        (
            "The rule's own tilts, as often and as strong, at another time; the rule is rebuilt likewise.",
            "规则自身的配置幅度与频次不变，只改变先后次序；规则本身也以同样方式重建。",
        ),
    ),
}
NEVER_TURNS: Words = ("the rule never turns", "规则从不调仓")


def chances(found: Sequence[Chance]) -> Markup:
    """List the controls by chance, and say what each means; nothing without any."""
    if not found:
        return Markup()
    low, high = span(v for part in found for v in (*part.excess, part.true))
    pad = 0.04 * (high - low) or 0.001
    frame = svg.Frame(WIDTH, HEIGHT, 2, low - pad, high + pad, left=0.0, right=0.0, top=3.0, bottom=3.0)
    heads = (
        two("Control", "随机对照"), tag("th", _scale(frame), scope="col", class_="strip"),
        column("Rule", "规则"), column("Mean of draws", "对照均值"),
        column("5 %", "5%"), column("95 %", "95%"),
        column("Better than", "胜过"), column("Draws", "次数"), column("Turnover", "换手比"),
    )  # fmt: skip
    rows = [_row(part, frame) for part in found]
    return join([
        tag("h3", two("Against chance: excess a year, points", "与随机对照比较：年化超额（百分点）")),
        table(heads, rows, class_="chance"),
        tag("ul", *(tag("li", _said(part)) for part in found if part.excess)),
    ])  # fmt: skip


def _row(part: Chance, frame: svg.Frame) -> list[object]:
    why = reason(part.reason)
    title, meaning = KINDS.get(part.kind, ((part.kind, part.kind), (part.kind, part.kind)))
    return [
        tag("th", two(*title), scope="row", **hint(*meaning)),
        tag("td", _strip(part, frame), class_="strip")
        if part.excess
        else tag("td", two(*why), class_="faint"),
        gap(part.true, why),
        *(cell(num(value, "points", why)) for value in (part.mean, part.low, part.high)),
        cell(num(part.rank, "percent", why)),
        cell(num(float(len(part.excess)), "count")),
        cell(num(part.turnover, "ratio", NEVER_TURNS)),
    ]


def _place(frame: svg.Frame, value: float) -> float:
    return float(
        frame.left + (frame.right_edge - frame.left) * (value - frame.low) / (frame.high - frame.low)
    )


def _strip(part: Chance, frame: svg.Frame) -> Markup:
    """Draw how many draws lie in each narrow column, and the rule as a line through all."""
    wide = (frame.right_edge - frame.left) / COLUMNS
    piles = Counter(min(int((_place(frame, v) - frame.left) / wide), COLUMNS - 1) for v in part.excess)
    unit = min(6.0, (frame.base - frame.top) / max(piles.values()))
    draws = "".join(
        f"M{frame.left + (k + 0.5) * wide:g} {frame.base:g}v-{round(n * unit, 1):g}"
        for k, n in sorted(piles.items())
    )
    zero, own = _place(frame, 0.0), _place(frame, part.true)
    label = spoken(
        f"{len(part.excess)} draws; the rule is better than {100 * part.rank:.0f} % of them",
        f"{len(part.excess)} 次对照；规则胜过其中 {100 * part.rank:.0f}%",
    )
    return tag(
        "svg",
        tag("path", class_="axis", d=f"M0 {frame.base:g}H{WIDTH:g}M{zero:.1f} {frame.base:g}V{frame.top:g}"),
        tag("path", class_="draws", d=draws),
        tag("path", class_="truth", d=f"M{own:.1f} {HEIGHT:g}V0"),
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        role="img",
        **label,
    )


def _scale(frame: svg.Frame) -> Markup:
    """Write the scale that all strips share above them, and what their marks are."""
    marks = [
        svg.text(_place(frame, v), 11, f"{100 * v:g}".replace("-", "\N{MINUS SIGN}"), "middle")
        for v in svg.nice_ticks(frame.low, frame.high, 6)
        if 8 < _place(frame, v) < WIDTH - 8
    ]
    keys = (
        tag("span", tag("i", class_="key truth"), two("the rule", "规则")),
        tag("span", tag("i", class_="key draws"), two("draws", "对照")),
    )
    drawing = tag("svg", *marks, viewBox=f"0 0 {WIDTH:g} 14", aria_hidden="true")
    return join([tag("div", *keys, class_="legend quiet"), drawing])


def _said(part: Chance) -> Markup:
    """Say what the rank means; fewer draws than the tails need cannot say that anything stands out."""
    title = KINDS.get(part.kind, ((part.kind, part.kind),))[0]
    n, better = len(part.excess), f"{part.rank * len(part.excess):g}"
    if part.rank >= BEYOND:
        end = "this stands out from chance", "明显优于随机"
    elif part.rank <= 1 - BEYOND:
        end = "chance did better nearly always", "几乎总不如随机"
    else:
        end = "within what chance brings", "处于随机结果范围之内"
    return two(
        f"{title[0]}: the rule is better than {better} of {count(n)} draws, {end[0]}.",
        f"{title[1]}：规则胜过 {count(n)} 次对照中的 {better} 次，{end[1]}。",
    )


def foreknowledge(found: Sequence[Led]) -> Markup:
    """List the excess had the cycle been known sooner or later; nothing for a rule that does not read it."""
    if not found:
        return Markup()
    scale = span(point.excess for point in found)
    rows = [
        tag(
            "tr",
            tag("th", *_quarters(point.quarters), scope="row"),
            gap(point.excess),
            bar(point.excess, scale),
            class_=None if point.quarters < 0 else "ahead" if point.quarters else "own",
        )
        for point in found
    ]
    head = (
        two("Quarters sooner (+) or later (−)", "提前（+）或滞后（−）季度"),
        column("Excess, points", "超额（百分点）"),
    )
    shown = table([*head, tag("th", "", scope="col")], rows, class_="ladder")
    title = tag("h3", two("The cycle known sooner or later", "周期信息提前或滞后"))
    return join([title, shown, _on_foreknowledge(found)])


def _quarters(quarters: int) -> list[Markup]:
    if not quarters:
        return [escape("0"), tag("small", two("the run", "本次运行"))]
    sign = f"{quarters:+d}".replace("-", "\N{MINUS SIGN}")
    mark = tag("small", two("foreknowledge", "先知先觉")) if quarters > 0 else Markup()
    return [escape(sign), mark]


def _on_foreknowledge(found: Sequence[Led]) -> Markup:
    """Say what knowing sooner and later would bring at best."""
    own = next((p.excess for p in found if not p.quarters), math.nan)
    ends = [
        max((p.excess for p in found if p.quarters * side > 0), default=math.nan) - own for side in (1, -1)
    ]
    if not all(map(math.isfinite, ends)):
        return Markup()
    sooner, later = map(signed, ends)
    if ends[1] > 0:
        end = (
            "Knowing it later beats the run: when it knew was no help.",
            "滞后反而优于本次运行：获知时点并无帮助。",
        )
    elif ends[0] > 0:
        end = "Knowing sooner would have paid; nobody could.", "提前知道会有收益，但无人能够做到。"
    else:
        end = "It did best on what it knew when it knew it.", "按实际获知时点交易的结果最好。"
    n = len(found) - 1
    return sentence(
        f"Of {n} leads and lags the best known sooner brings {sooner}, the best known later {later} points a "
        f"year against the run. {end[0]}",
        f"{n} 种提前与滞后中，提前最多带来 {sooner}，滞后最多带来 {later} 个百分点（相对本次运行）。{end[1]}",
    )


def publication(found: Sequence[Delayed]) -> Markup:
    """List the rule had every member been counted later."""
    if not found:
        return Markup()
    scale = span(part.excess for part in found)
    rows = [
        tag(
            "tr",
            tag("th", *_sessions(part.sessions), scope="row"),
            cell(num(part.cagr, "percent")),
            cell(num(part.equal_weight, "percent")),
            gap(part.excess),
            bar(part.excess, scale),
            cell(num(part.members, "one")),
            class_=None if part.sessions else "own",
        )
        for part in found
    ]
    heads = (
        two("Sessions later", "延后交易日"), column("Return", "收益率"), column("Equal weight", "等权"),
        column("Excess", "超额"), tag("th", "", scope="col"), column("Members", "成分股数"),
    )  # fmt: skip
    title = tag("h3", two("Members counted later", "成分股延后计入"))
    return join([title, table(heads, rows, class_="ladder"), _on_publication(found)])


def _sessions(sessions: int) -> list[Markup]:
    if not sessions:
        return [escape("0"), tag("small", two("the run", "本次运行"))]
    return [escape(sessions)]


def _on_publication(found: Sequence[Delayed]) -> Markup:
    first, last = found[0], found[-1]
    change = last.cagr - first.cagr
    if not math.isfinite(change):
        return Markup()
    moved, n = signed(change), last.sessions
    return sentence(
        f"Had every member been counted {n} sessions after its day, the return would differ by {moved} "
        f"points a year, with {last.members:.1f} instead of {first.members:.1f} members on a day.",
        f"若每只成分股均延后 {n} 个交易日计入，年化收益变动 {moved} 个百分点，"
        f"日均成分股由 {first.members:.1f} 只变为 {last.members:.1f} 只。",
    )
