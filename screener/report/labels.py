"""What the figures are called on the page, how each is written, and why one may be missing."""

from __future__ import annotations

import math

from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.metrics import DEFINITIONS
from screener.report.definitions import CHINESE
from screener.report.html import Markup, num, tag
from screener.report.words import Words, hint, two

__all__ = ["KINDS", "LABELS", "RELATIVE", "SIGNED", "WHY", "figure_of", "heading", "label", "words_of"]

LABELS: dict[str, Words] = {
    "total_return": ("Total return", "累计收益率"),
    "cagr": ("Return a year (CAGR)", "年化收益率"),
    "volatility": ("Volatility a year", "年化波动率"),
    "sharpe": ("Sharpe ratio", "夏普比率"),
    "sortino": ("Sortino ratio", "索提诺比率"),
    "max_drawdown": ("Deepest drawdown", "最大回撤"),
    "drawdowns": ("Drawdowns", "历次回撤"),
    "calmar": ("Calmar ratio", "卡玛比率"),
    "value_at_risk": ("Value at risk (historical 95 %, a day)", "在险价值（历史法 95%，日）"),
    "expected_shortfall": ("Expected shortfall (95 %, a day)", "预期损失（95%，日）"),
    "hit_rate": ("Days with a gain", "上涨日占比"),
    "excess": ("Excess return a year, points", "年化超额（百分点）"),
    "tracking_error": ("Tracking error a year", "年化跟踪误差"),
    "information_ratio": ("Information ratio", "信息比率"),
    "beta": ("Beta", "贝塔"),
    "alpha": ("Alpha a year (Jensen)", "年化阿尔法（詹森）"),
    "monthly_returns": ("Returns by month", "月度收益"),
    "yearly_returns": ("Returns by year", "年度收益"),
    "trailing": ("Trailing return a year", "近期年化收益"),
    "detectable_excess": ("Detectable excess", "可检出超额"),
}
KINDS = {
    "total_return": "percent",
    "cagr": "percent",
    "volatility": "percent",
    "max_drawdown": "percent",
    "value_at_risk": "percent",
    "expected_shortfall": "percent",
    "hit_rate": "percent",
    "excess": "points",
    "tracking_error": "percent",
    "alpha": "percent",
}
SIGNED = {"total_return", "cagr", "excess", "alpha"}
RELATIVE = {"excess", "tracking_error", "information_ratio", "beta", "alpha"}
WHY: dict[str, Words] = {
    "calmar": ("needs a drawdown to divide by", "没有回撤，无从相除"),
    "sortino": ("needs a day that fell short of the risk-free rate", "没有低于无风险利率的交易日"),
    "sharpe": ("needs returns that vary", "收益没有波动"),
    "value_at_risk": ("needs at least 20 days", "至少需要 20 个交易日"),
    "expected_shortfall": ("needs at least 20 days", "至少需要 20 个交易日"),
}


def words_of(key: str) -> Words:
    """Return what a figure is called; one without a name of its own is called by its key in words."""
    plain = key.replace("_", " ").capitalize()
    return LABELS.get(key, (plain, plain))


def label(key: str) -> Markup:
    """Write what a figure is called."""
    return two(*words_of(key))


def heading(key: str) -> Markup:
    """Head the row of a figure, with its definition as a hint."""
    meaning = DEFINITIONS.get(key)
    said = hint(meaning, CHINESE.get(key)) if meaning else {}
    return tag("th", label(key), scope="row", **said)


def figure_of(key: str, account: str, values: dict[str, float], coloured: bool = True) -> Markup:
    """Write a figure of an account; one that is not defined says why."""
    why = WHY.get(key, ("not defined on this window", "此区间内无定义"))
    if key in RELATIVE:
        control = account == EQUAL_WEIGHT
        why = (
            ("the others are compared with this", "其余账户均与它比较")
            if control
            else ("nothing to compare with", "没有可比较的对象")
        )
    signed = coloured and key in SIGNED
    return num(values.get(key, math.nan), KINDS.get(key, "ratio"), why, signed=signed)
