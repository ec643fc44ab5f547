"""Why a study has no figure, and what it notes, in both languages; what is not known stands as it is."""

from __future__ import annotations

from screener.report.words import Phrases, Words

__all__ = ["KNOWN", "reason"]

KNOWN = (
    (r"the run holds no prices to trade again", "本次运行未保留行情，无法重新撮合"),
    (r"not defined at every size", "并非每一规模都有数值"),
    (r"more than the largest size tried, ([\d,]+) CNY", "超过所测试的最大规模 {0} 元"),
    (r"fewer than two blocks of (\d+) sessions", "不足两个 {0} 日区块"),
    (r"the account lost everything", "账户已全部亏损"),
    (r"the account never moved", "账户净值没有变动"),
    (r"what the rule is compared with never moved, or as one", "比较对象没有波动，或彼此完全同步"),
    (r"the source knows no market capitalisation", "数据源没有市值数据"),
    (
        r"fewer than (\d+) names have a market capitalisation on (\S+) of the sessions",
        "{1} 的交易日中，有市值数据的股票少于 {0} 只",
    ),
    (r"the run has no benchmark", "本次运行没有基准"),
    (r"the run holds no prices", "本次运行未保留行情"),
    (r"the rule does not read the cycle", "规则不使用周期信息"),
    (r"the rule does not read the labels of themes", "规则不使用主题标签"),
    (r"the rule turns too seldom", "规则调仓次数太少"),
    (r"the rule has one setting: there is nothing to choose", "规则只有一组参数，无从选择"),
    (r"no year has (\d+) sessions of the window before it", "没有任何年度之前有 {0} 个交易日的区间"),
    (r"fewer than (\d+) blocks of (\d+) sessions", "不足 {0} 个 {1} 日区块"),
    (r"a setting lost everything", "某组参数已全部亏损"),
    (r"the account has no Sharpe ratio", "账户没有夏普比率"),
    (r"the other trials have no known Sharpe ratio", "其他试验的夏普比率未知"),
    (r"no other setting was recorded: not deflated", "没有记录到其他参数设定，未作折减"),
    (r"No controls by chance were drawn\.", "未抽取随机对照。"),
    (
        r"The rule is equal weight itself: there is nothing that chance could explain\.",
        "规则即等权组合，没有需要用运气解释的差异。",
    ),
    (
        r"HINDSIGHT: members count before the report that named them came out\.",
        "后见之明：成分股在点名它的研报发布之前即已计入。",
    ),
    (
        r"No share joined a theme inside the run: counting members later changes nothing\.",
        "区间内没有股票新进主题：延后计入成分股没有影响。",
    ),
    (
        r"A cycle known sooner than it was cannot be traded; it shows what foreknowledge is worth\.",
        "提前知道的周期无法交易，仅用于说明先知先觉的价值。",
    ),
    (
        r"Trials are the saved settings of this rule; what was tried and removed is not known\.",
        "试验次数为本规则已保存的参数设定；试过又删除的无从得知。",
    ),
    (r"These settings trade as another does: (.*)\.", "以下参数设定的交易与其他设定相同：{0}。"),
    (
        r"Code or inputs have changed since the run was made: it was (\S+)\.",
        "运行之后代码或输入已有改动：原运行为 {0}。",
    ),
    (
        r"(\d+) saved runs could not be read and are not counted as trials\.",
        "有 {0} 个已保存的运行无法读取，未计入试验次数。",
    ),
)
PHRASES = Phrases(KNOWN)


def reason(text: str) -> Words:
    """Say a reason or note of a study in English and Chinese; an unknown one is the same in both.

    Examples
    --------
    >>> reason("fewer than two blocks of 20 sessions")[1]
    '不足两个 20 日区块'
    """
    return text, PHRASES.chinese(text) or text
