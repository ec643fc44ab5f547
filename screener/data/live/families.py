"""Host families: which hosts are banned together, how far apart requests must be, what they send.

Bans are by family, not by numbered host (``79.push2``, ``17.push2``). Spacing in seconds is what users
reported to be borne for long; it is a floor, `Spacer` adds jitter.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["FAMILIES", "OTHER", "Family", "family_of"]


class Family(NamedTuple):
    """Hosts of one owner.

    Attributes
    ----------
    name : str
    hosts : tuple of str
        Ends of host names.
    gap : float
        Least seconds between two requests.
    referer : str
        The page a browser would come from.
    sends : {"json", "text", "html", "binary"}
        What an honest answer is; a page where there should be none is a refusal.
    """

    name: str
    hosts: tuple[str, ...]
    gap: float
    referer: str
    sends: str = "text"


FAMILIES = (
    Family(
        "eastmoney-quotes",
        ("push2his.eastmoney.com", "push2.eastmoney.com", "push2delay.eastmoney.com"),
        1.0,
        "https://quote.eastmoney.com/",
        "json",
    ),
    Family(
        "eastmoney-data",
        ("datacenter-web.eastmoney.com", "datacenter.eastmoney.com"),
        0.3,
        "https://data.eastmoney.com/",
        "json",
    ),
    Family(
        "sina-pages",
        ("vip.stock.finance.sina.com.cn",),
        0.5,
        "https://finance.sina.com.cn/",
        "html",
    ),
    Family("sina", ("sina.com.cn", "sina.cn"), 0.5, "https://finance.sina.com.cn/"),
    Family("tencent", ("qq.com", "gtimg.cn"), 0.3, "https://gu.qq.com/"),
    Family("sse", ("sse.com.cn",), 0.5, "https://www.sse.com.cn/", "json"),
    Family("szse", ("szse.cn",), 0.5, "https://www.szse.cn/", "binary"),
    Family("bse", ("bse.cn",), 0.5, "https://www.bse.cn/"),
    Family("csindex", ("csindex.com.cn",), 0.5, "https://www.csindex.com.cn/", "json"),
    Family("shenwan", ("swsresearch.com",), 0.5, "https://www.swsresearch.com/", "json"),
    Family("baostock", ("baostock.com",), 0.5, "", "binary"),  # a protocol of its own over a socket
    Family("baidu", ("baidu.com",), 0.5, "https://gushitong.baidu.com/", "json"),
)
OTHER = Family("other", (), 0.5, "", "text")


def family_of(url: str) -> Family:
    """Return the family of the host of `url`.

    Examples
    --------
    >>> family_of("https://79.push2.eastmoney.com/api/qt/clist/get").name
    'eastmoney-quotes'
    """
    host = urlsplit(url).hostname or ""
    for family in FAMILIES:
        if any(host == known or host.endswith(f".{known}") for known in family.hosts):
            return family
    return OTHER
