"""The universe on the page: who belongs to which theme, from when, on whose word, and what to beware of."""

from __future__ import annotations

import pandas as pd

from screener.backtest.result import Run
from screener.report.html import Markup, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import day
from screener.report.themes import theme_name
from screener.report.words import Words, two
from screener.universe import Member, Theme

__all__ = ["universe"]

STAGES: dict[str, Words] = {
    "upstream": ("upstream", "上游"),
    "midstream": ("midstream", "中游"),
    "downstream": ("downstream", "下游"),
}
CONFIDENCE: dict[str, Words] = {
    "sure": ("named", "点名"),
    "likely": ("likely named", "疑似点名"),
    "uncertain": ("uncertain name", "名称存疑"),
    "peer": ("peer, no report", "同业，无研报"),
}
NEVER: Words = ("never", "不计入")


def universe(run: Run) -> Section:
    """List the members of every theme with their dates, sources and warnings."""
    title, short = ("Universe", "股票池"), ("Universe", "股票池")
    since = _publications(run)
    if run.context is None:
        return section("universe", title, since, short=short)
    note = two(
        "A member counts from the day given, in the reading of this run. Published: the day of the first "
        "report that names it in the theme. First bar: where its prices begin, if after the run's start.",
        "成分股自所列日期起按本次运行的口径计入。发布日：首份在该主题中点名它的研报日期。"
        "首个行情日：仅在晚于运行起始日时列出。",
    )
    rows = [line for theme in run.context.themes for line in _theme_rows(run, theme)]
    head = [
        two("Name", "名称"),
        two("Symbol", "代码"),
        two("Counts from", "计入日"),
        two("Published", "发布日"),
        two("Report", "研报"),
        two("Standing", "依据"),
        two("First bar", "首个行情日"),
        two("Beware", "注意"),
    ]
    listing = table(head, rows, text_columns=8, class_="members")
    return section("universe", title, since, listing, note=note, short=short, class_="flow")


def _publications(run: Run) -> Markup:
    known = [(theme_name(run, theme), day(when)) for theme, when in run.publications.items()]
    rows = [[name, tag("td", when)] for name, when in known]
    if not rows:
        nothing = two("No theme has three published members.", "没有主题达到三只已发布成分股。")
        return tag("p", nothing, class_="note")
    lead = two("First session with three published members: ", "首个拥有三只已发布成分股的交易日：")
    pairs = join([tag("span", name, " ", tag("b", when)) for name, when in known])
    return tag("p", lead, pairs, class_="note dates")


def _theme_rows(run: Run, theme: Theme) -> list[Markup]:
    """Build the rows of a theme: its head, then its members in the order of the file."""
    stage = two(*STAGES.get(theme.stage, (theme.stage, theme.stage)))
    belief: object = ""
    if theme.exposure is not None:
        value = num(theme.exposure.value, "change")
        belief = join([two(", exposure to the driver ", "，对驱动的敞口 "), value])
    n = sum(_first_counted(run, theme, member) is not None for member in theme.members)
    members = two(f", {n} of {len(theme.members)} count", f"，{len(theme.members)} 只中计入 {n} 只")
    title = tag(
        "th", theme_name(run, theme.id), tag("small", stage, members, belief), colspan=8, scope="rowgroup"
    )
    return [tag("tr", title, class_="group"), *(_member_row(run, theme, m) for m in theme.members)]


def _member_row(run: Run, theme: Theme, member: Member) -> Markup:
    counts = _first_counted(run, theme, member)
    bar = _first_bar(run, member)
    late = bar is not None and bar > run.result.nav.index[0]
    report = "" if member.source is None else member.source.report
    quote = None if member.source is None else member.source.quote or None
    return tag(
        "tr",
        tag("th", run.titles.get(member.symbol, member.name), scope="row"),
        tag("td", member.symbol),
        tag("td", two(*NEVER) if counts is None else day(counts)),
        tag("td", "" if member.since is None else day(pd.Timestamp(member.since))),
        tag("td", report, title=quote),
        tag("td", two(*CONFIDENCE.get(member.confidence, (member.confidence,) * 2))),
        tag("td", day(bar) if late else "" if bar is not None or not member.weight else two("none", "无")),
        tag("td", _warnings(run, member), class_="wrap"),
        class_="faint" if counts is None else None,
    )


def _first_counted(run: Run, theme: Theme, member: Member) -> pd.Timestamp | None:
    """Return the first session on which a member counts in the reading of the run, None for never."""
    rows = run.context.membership.get(theme.id) if run.context else None
    if rows is None or member.symbol not in rows.columns or not rows[member.symbol].any():
        return None
    return rows[member.symbol].idxmax()


def _first_bar(run: Run, member: Member) -> pd.Timestamp | None:
    """Return the first session with a price, None where there is none."""
    panel = run.context.panel if run.context else None
    if panel is None or member.symbol not in panel.symbols:
        return None
    listed = panel.listed[:, panel.symbols.index(member.symbol)]
    return panel.sessions[int(listed.argmax())] if listed.any() else None


def _warnings(run: Run, member: Member) -> Markup:
    """Say what a reader must beware of: another business under the code, earlier names, an end, weight 0."""
    said = []
    bar = _first_bar(run, member)
    if member.valid_from is not None and bar is not None and bar < (start := pd.Timestamp(member.valid_from)):
        said.append(two(f"another business before {day(start)}", f"{day(start)} 之前为另一业务"))
    if member.former:
        names = "、".join(former.name for former in member.former)
        said.append(join([two("formerly ", "曾用名："), names]))
    if member.until is not None:
        until = day(pd.Timestamp(member.until))
        said.append(two(f"a member until {until}", f"{until} 起不再计入"))
    if member.weight == 0:
        said.append(two("for the record only", "仅作记录"))
    if member.purity is not None:
        said.append(join([two("purity ", "主题纯度 "), num(member.purity, "percent")]))
    return join([part if k == 0 else join(["; ", part]) for k, part in enumerate(said)])
