"""The last section and the strip above the figures: settings, data, code, notes and definitions."""

from __future__ import annotations

import dataclasses
import hashlib

from screener.backtest.metrics import DEFINITIONS
from screener.backtest.result import Run
from screener.report.definitions import CHINESE
from screener.report.html import Markup, escape, join, table, tag
from screener.report.labels import label
from screener.report.layout import Section, section
from screener.report.notes import said
from screener.report.numbers import amount, day, number
from screener.report.themes import benchmark_name
from screener.report.words import Words, two

__all__ = ["notes", "provenance", "strip"]

SHORT = 12  # characters of a hash in the strip; the whole ones stand at the end
READINGS: dict[str, Words] = {
    "published": ("published reading", "发布口径"),
    "hindsight": ("hindsight", "后见口径"),
}


def strip(run: Run) -> Markup:
    """Show what the figures belong to, in a few lines."""
    window = run.windows[0]
    base, end = day(window.base), day(window.end)
    sessions = run.context.panel.sessions if run.context else run.result.nav.index
    first, last = day(sessions[0]), day(sessions[-1])
    settings = hashlib.sha256(run.spec.to_toml().encode("utf-8", "backslashreplace")).hexdigest()
    facts: list[tuple[Words, object]] = [
        (("Window", "区间"), two(f"{base} to {end}", f"{base} 至 {end}")),
        (("Members", "成分股"), two(*READINGS.get(run.spec.membership, (run.spec.membership,) * 2))),
        (("Benchmark", "基准"), benchmark_name(run.benchmark.title) if run.benchmark else two("none", "无")),
        (("Capital", "初始资金"), two(*amount(run.spec.account.cash))),
        (("Prices", "行情"), said(run.provenance.title.removesuffix(f", {first} to {last}"))),
        (
            ("Data", "数据"),
            join([two(f"{first} to {last} ", f"{first} 至 {last} "), _short(run.provenance.sha256)]),
        ),
        (("Settings", "配置"), _short(settings)),
        (("Code", "代码"), _short(run.hashes.get("screener", ""))),
        (
            ("Seed", "随机种子"),
            two("none: only intervals and doubts are drawn", "无：仅区间与检验使用随机抽样"),
        ),
        (("Run", "运行"), tag("code", run.run_id)),
    ]
    return tag("dl", *(tag("div", tag("dt", two(*k)), tag("dd", v)) for k, v in facts), class_="facts")


def _short(digest: str) -> Markup:
    return tag("code", digest[:SHORT] or "n/a", title=digest or "not known")


def notes(run: Run) -> Section:
    """Say what is labelled rather than refused, and from when each input exists."""
    own = dict.fromkeys([*run.notes, *run.provenance.caveats])
    starts = [join([said(reason)]) for reason in run.effective_reasons]
    when = day(run.effective_start)
    effective = join(
        [
            two(f"Effective start {when}: ", f"有效起始日 {when}："),
            join(part if k == 0 else join([two("; ", "；"), part]) for k, part in enumerate(starts))
            or two("no condition", "无条件"),
            two(".", "。"),
        ]
    )
    items = (tag("li", part) for part in [*map(said, own), effective])
    return section("notes", ("Notes and caveats", "说明与局限"), tag("ul", *items), short=("Notes", "说明"))


def provenance(run: Run) -> Section:
    """Say what the run rests on."""
    hashes = {run.provenance.title: run.provenance.sha256, **run.hashes}
    note = two(
        f"Run {run.run_id}. The same settings, data and code give the same bytes.",
        f"运行 {run.run_id}。同样的配置、数据与代码得到逐字节相同的文件。",
    )
    return section(
        "provenance",
        ("What it rests on", "来源与定义"),
        tag("h3", two("Settings", "配置")),
        tag("div", *(_settings(title, values) for title, values in settings(run).items()), class_="cards"),
        tag("h3", two("Data, facts and code", "数据、事实与代码"), " ", tag("small", "SHA-256")),
        table(
            [two("Input", "输入"), two("Hash", "哈希")],
            [
                [k, tag("td", tag("code", v or "n/a", title=None if v else "not known"))]
                for k, v in hashes.items()
            ],
            class_="hashes",
            text_columns=2,
        ),
        tag("h3", two("Definitions", "指标定义")),
        _definitions(),
        note=note,
        short=("Sources", "来源"),
        class_="flow",
    )


def settings(run: Run) -> dict[Words, dict[str, object]]:
    """Return every setting of the run by group; the strategy by its name, never by its path."""
    spec = run.spec
    top = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)}
    nested = ("params", "source", "account", "mandate", "strategy")
    own = {k: v for k, v in top.items() if k not in nested}
    source = {"source": spec.source.kind, "variant": spec.source.variant or "none"}
    groups: dict[Words, dict[str, object]] = {
        ("Run", "运行"): {"strategy": run.result.name, **own, **source},
        ("Parameters of the rule", "规则参数"): dict(spec.params),
        ("Account and broker", "账户与交易设定"): dataclasses.asdict(spec.account),
    }
    if not spec.mandate.empty:
        groups["Mandate", "投资约束"] = spec.mandate.lines()
    return groups


def _settings(title: Words, values: dict[str, object]) -> Markup:
    rows = [[name, tag("td", _setting(value), class_="n wrap")] for name, value in values.items()]
    return table([two(*title), two("Value", "取值")], rows or [[two("none", "无"), ""]])


def _setting(value: object) -> Markup:
    """Write a setting as it was given."""
    if isinstance(value, bool):
        return two("yes", "是") if value else two("no", "否")
    if isinstance(value, int | float):
        return escape(number(value))
    if isinstance(value, tuple | list):
        return escape(", ".join(map(str, value))) or two("default", "默认")
    return two("default", "默认") if value is None or value == "" else escape(value)


def _definitions() -> Markup:
    """List what each figure means."""
    terms = (
        join([tag("dt", label(k)), tag("dd", two(v, CHINESE.get(k, v)))]) for k, v in DEFINITIONS.items()
    )
    return tag("dl", join(terms))
