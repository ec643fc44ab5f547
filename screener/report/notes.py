"""Notes of a run in both languages: those that we write ourselves are known, others stand as they are."""

from __future__ import annotations

import re

from screener.report.html import Markup, escape
from screener.report.words import two

__all__ = ["said"]

KNOWN = (
    (r"SIMULATED: .*", "模拟行情：价格为虚构，此处任何结果都不说明真实市场。"),
    (r"HINDSIGHT: .*", "后见之明：成分股在点名它的研报发布之前即已计入，未被研报点名的同业亦然。"),
    (
        r"OVERDUE: the last capex release before (\S+) .*",
        r"披露逾期：{0} 之前最近一次资本开支披露已超过 120 天。",
    ),
    (r"OPTIMISTIC: orders are filled at the close.*", "偏乐观：委托以作出决策的当日收盘价成交。"),
    (r"The volume cap uses the day's volume.*", "成交量上限用到当日成交量，开盘时尚不可知。"),
    (r"The static mix is in-sample.*", "静态组合为样本内：其权重是规则在整个区间内的平均主题权重。"),
    (r"Dividends are paid on the ex-date where.*", "派息日未知时，红利于除权除息日到账。"),
    (
        r"The guidance score is unknown, and counts as 0, on (\S+) of the sessions\.",
        "有 {0} 的交易日指引评分未知，按 0 计。",
    ),
    (r"Rules switched off: (.*)\.", "已关闭的规则：{0}。"),
    (r"The traded amount is an estimate for (\S+) of these bars\.", "其中 {0} 的行情，成交额为估计值。"),
    (
        r"The account opens before the effective start; figures begin on (\S+)\.",
        "账户早于有效起始日开立；指标自 {0} 起计算。",
    ),
    (r"cycle known from (\S+)", "周期自 {0} 起可知"),
    (r"(\S+) has (\d+) published members from (\S+)", "{0} 自 {2} 起有 {1} 只已发布成分股"),
    (r"(\S+) has (\d+) hindsight members from (\S+)", "{0} 自 {2} 起有 {1} 只成分股（后见口径）"),
    (r"price index: lacks dividends of about 2 % a year", "价格指数：不含每年约 2% 的股息"),
)
_KNOWN = tuple((re.compile(pattern), chinese) for pattern, chinese in KNOWN)


def said(note: str) -> Markup:
    """Write a note in both languages where its Chinese is known, as it is where not."""
    for pattern, chinese in _KNOWN:
        if found := pattern.fullmatch(note):
            return two(note, chinese.format(*found.groups()))
    return escape(note)
