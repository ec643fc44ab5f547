"""Which hosts answer: one small request for each family, for people who look for the cause of a failure."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from screener.data.live.faults import LiveError
from screener.data.live.transport import Policy, fetch, guarded

__all__ = ["PROBES", "Probe", "probe"]

DATA_CENTRE = "https://datacenter-web.eastmoney.com/api/data/v1/get"
SINA = "https://finance.sina.com.cn/realstock/company"
PROBES = {
    "eastmoney-quotes": (
        "https://push2his.eastmoney.com/api/qt/stock/kline/get"
        "?fields1=f1&fields2=f51,f52,f53,f54,f55,f56,f57&klt=101&fqt=0&secid=1.000300&beg=20240102&end=20240103"
    ),
    "eastmoney-data": (
        f"{DATA_CENTRE}?reportName=RPT_SHAREBONUS_DET&columns=ALL&pageSize=1&pageNumber=1"
        '&filter=(SECURITY_CODE="600519")'
    ),
    "sina": f"{SINA}/klc_td_sh.txt",
    "tencent": "https://web.ifzq.gtimg.cn/other/klineweb/klineWeb/weekTrends?code=sh600519&type=qfq&_var=trend_qfq",
    "szse": "https://www.szse.cn/api/report/ShowReport?SHOWTYPE=xlsx&CATALOGID=1793_ssgs&TABKEY=tab2",
    "csindex": (
        "https://www.csindex.com.cn/csindex-home/perf/index-perf"
        "?indexCode=000300&startDate=20240102&endDate=20240103"
    ),
}


class Probe(NamedTuple):
    """How a family of hosts answered; `problem` is empty where it did."""

    family: str
    problem: str
    seconds: float


def probe(policy: Policy | None = None) -> list[Probe]:
    """Ask one host of each family once, without a second attempt."""
    once = dataclasses.replace(policy or Policy(), attempts=1)
    with guarded(once) as guard:
        found = []
        for family, url in PROBES.items():
            try:
                fetch(url)
                problem = ""
            except LiveError as fault:
                problem = str(fault)
            found.append(Probe(family, problem, sum(s.seconds for s in guard.log if s.family == family)))
    return found
