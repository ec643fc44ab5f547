"""Which hosts answer: one small request to each that an update asks, to find the cause of a failure."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple
from urllib.parse import urlsplit

from screener.data.live.faults import LiveError
from screener.data.live.transport import Policy, fetch, guarded

__all__ = ["PROBES", "Probe", "probe"]

REPORT = "RPT_SHAREBONUS_DET&columns=ALL&pageSize=1&pageNumber=1"
FIGURES = "RPT_HKF10_FN_MAININDICATOR&columns=ALL&pageSize=1&pageNumber=1"
SHARES = "COMMON_SSE_CP_GPJCTPZ_GPLB_GP_L&type=inParams&STOCK_TYPE=1&COMPANY_STATUS=2,4,5,7,8"
URLS = (
    "https://push2his.eastmoney.com/api/qt/stock/kline/get"
    "?fields1=f1&fields2=f51,f52,f53,f54,f55,f56,f57&klt=101&fqt=0&secid=1.000300&beg=20240102&end=20240103",
    "https://datacenter-web.eastmoney.com/api/data/v1/get"
    f'?reportName={REPORT}&filter=(SECURITY_CODE="600519")',
    "https://datacenter.eastmoney.com/securities/api/data/v1/get"
    f'?reportName={FIGURES}&filter=(SECUCODE="00700.HK")',
    "https://finance.sina.com.cn/realstock/company/klc_td_sh.txt",
    "https://stock.finance.sina.com.cn/stock/api/jsonp.php/"
    "var%20KKE_ShareAmount_sh600519=/StockService.getAmountBySymbol?_=20&symbol=sh600519",
    "https://vip.stock.finance.sina.com.cn/corp/go.php/vISSUE_ShareBonus/stockid/600519.phtml",
    "https://web.ifzq.gtimg.cn/other/klineweb/klineWeb/weekTrends?code=sh600519&type=qfq&_var=trend_qfq",
    "https://proxy.finance.qq.com/ifzqgtimg/appstock/app/newfqkline/get"
    "?_var=kline_day2024&param=sh600519,day,2024-01-02,2024-01-03,640,",
    "https://www.csindex.com.cn/csindex-home/perf/index-perf"
    "?indexCode=000300&startDate=20240102&endDate=20240103",
    f"https://query.sse.com.cn/sseQuery/commonQuery.do?sqlId={SHARES}&pageHelp.pageSize=1&pageHelp.pageNo=1",
    "https://www.szse.cn/api/report/ShowReport?SHOWTYPE=xlsx&CATALOGID=1793_ssgs&TABKEY=tab2",
    "https://www.bse.cn/nqxxController/nqxxCnzq.do"
    "?page=0&typejb=T&xxfcbj%5B%5D=2&xxzqdm=&sortfield=xxzqdm&sorttype=asc",
)
PROBES = {urlsplit(url).netloc: url for url in URLS}


class Probe(NamedTuple):
    """How a host answered; `problem` is empty where it did."""

    host: str
    problem: str
    seconds: float


def probe(policy: Policy | None = None) -> list[Probe]:
    """Ask each host once, without a second attempt; none is left out because another of its owner failed."""
    once = dataclasses.replace(policy or Policy(), attempts=1, trip=len(PROBES) + 1)
    with guarded(once) as guard:
        found = []
        for host, url in PROBES.items():
            before = len(guard.log)
            try:
                fetch(url)
                problem = ""
            except LiveError as fault:
                problem = str(fault)
            found.append(Probe(host, problem, sum(sent.seconds for sent in guard.log[before:])))
    return found
