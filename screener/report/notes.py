"""Notes of a run in both languages: those that we write ourselves are known, others stand as they are."""

from __future__ import annotations

from screener.report.html import Markup, escape
from screener.report.themes import INDICES
from screener.report.words import Phrases, two

__all__ = ["said"]

KNOWN = (
    (r"SIMULATED: .*", "模拟行情：价格为虚构，此处任何结果都不说明真实市场。"),
    (
        r"SHORT: ([\d,]+) sessions are less than a year; .*",
        "区间过短：仅 {0} 个交易日，不足一年；年化数字由此放大而来，请看累计收益。",
    ),
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
    (r"folder of ([\d,]+) shares", "本地文件夹，{0} 只股票"),
    (r"store of ([\d,]+) shares", "本地数据库，{0} 只股票"),
    (r"(.+) is SIMULATED: its prices are invented\.", "{0} 为模拟行情：价格为虚构。"),
    (
        r"(.+) is read with HINDSIGHT: members count before the report that named them came out\.",
        "{0} 采用后见口径：成分股在点名它的研报发布之前即已计入。",
    ),
    (r"(.+) has ([\d,]+) days more, which are left out here\.", "{0} 另有 {1} 个交易日，此处不计。"),
    (
        r"The common days are less than a year: .*",
        "共同区间不足一年：年化数字由此放大而来，请看累计收益。",
    ),
    (
        r"The runs rest on different prices: part of what sets them apart is the data\.",
        "各次运行所用行情不同：差异部分来自数据。",
    ),
    (r"The runs were made by different versions of the code\.", "各次运行由不同版本的代码生成。"),
    (r"cycle known from (\S+)", "周期自 {0} 起可知"),
    (r"(\S+) has (\d+) published members from (\S+)", "{0} 自 {2} 起有 {1} 只已发布成分股"),
    (r"(\S+) has (\d+) hindsight members from (\S+)", "{0} 自 {2} 起有 {1} 只成分股（后见口径）"),
    (r"(.+): price index: lacks dividends of about 2 % a year", "{0}：价格指数，不含每年约 2% 的股息。"),
    (
        r"([\d,]+) of ([\d,]+) shares have no prices and are left out: (.+)\.",
        "{1} 只股票中 {0} 只无行情，未计入：{2}。",
    ),
    (
        r"([\d,]+) corporate actions without cash or shares: total return by factor\.",
        "{0} 次公司行动缺少现金或股份数据：按复权因子计总收益。",
    ),
    (
        r"([\d,]+) corporate actions with negative cash or fewer shares than before: .*",
        "{0} 次公司行动的现金为负或股份减少：按复权因子计总收益。",
    ),
    (
        r"([\d,]+) corporate actions lie before the first or after the last bar and are left out\.",
        "{0} 次公司行动早于首个或晚于末个行情日，未计入。",
    ),
    (
        r"([\d,]+) corporate actions inside a suspension are booked on the next bar\.",
        "{0} 次公司行动发生在停牌期间，于下一行情日入账。",
    ),
    (
        r"([\d,]+) stock-days? of ([\d,]+) names?: risk-warning status unknown, 5 % limit applied",
        "{1} 只股票共 {0} 个交易日：风险警示状态未知，按 5% 涨跌幅限制。",
    ),
    (
        r"([\d,]+) stock-days? of ([\d,]+) names?: of these closed beyond the 5 % limit, .*",
        "其中 {1} 只股票共 {0} 个交易日的收盘价超出 5% 限制，开盘时尚不可知。",
    ),
    (
        r"([\d,]+) stock-days? of ([\d,]+) names?: first session before the registration reform, .*",
        "{1} 只股票共 {0} 个交易日：注册制改革前的上市首日，发行价未知，不设涨跌幅限制。",
    ),
    (
        r"([\d,]+) stock-days? of ([\d,]+) names?: a bar before the board opened, no limit applied",
        "{1} 只股票共 {0} 个交易日：早于板块开市，不设涨跌幅限制。",
    ),
)
PHRASES = Phrases(KNOWN, INDICES)


def said(note: str) -> Markup:
    """Write a note in both languages where its Chinese is known, as it is where not."""
    chinese = PHRASES.chinese(note)
    return escape(note) if chinese is None else two(note, chinese)
