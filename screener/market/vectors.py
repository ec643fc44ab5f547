"""The rule vectors' door: one function that answers a vector in the shape in which the vectors are written.

A vector is ``{id, fn, in, expect}``: prices and money are texts with two decimals, percentages basis points,
quantities integers. Nothing is decided here; each answer translates, calls one rule, and translates back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from screener.errors import CalendarError
from screener.market import account, actions, bands, bars, calendar, fees, lots, prices, symbols, tax
from screener.market.money import exact, fen, yuan

__all__ = ["FUNCTIONS", "evaluate"]

Given = Mapping[str, Any]
STATUS = {
    "normal": "ordinary",
    "ordinary": "ordinary",
    "st": "risk_warning",
    "*st": "risk_warning",
    "risk_warning": "risk_warning",
    "delisting": "delisting",
}


def evaluate(fn: str, given: dict[str, Any]) -> object:
    """Answer one vector.

    Parameters
    ----------
    fn : str
        A key of `FUNCTIONS`.
    given : dict
        The vector's ``in``; optional keys may be missing or None.

    Returns
    -------
    object
        JSON of the shape of the vector's ``expect``. Refusals are ``{"error": kind}``, with kind
        ``malformed``, ``index``, ``not_a_share``, ``wrong_exchange``, ``retired_code`` or ``not_open`` for a
        code, and ``out_of_range`` for a day that the calendar or a dated table does not know.

    Examples
    --------
    >>> evaluate("limit_price", {"ref": "10.05", "up_bp": 1000, "down_bp": 1000})
    {'up': '11.06', 'down': '9.05'}
    >>> evaluate("board", {"code": "900901", "date": "2024-06-03"})
    {'error': 'not_a_share'}
    """
    if fn not in FUNCTIONS:
        raise ValueError(f"fn={fn!r} must be one of {', '.join(FUNCTIONS)}")
    present = {key: value for key, value in given.items() if value is not None}
    try:
        return FUNCTIONS[fn](present)
    except symbols.CodeError as error:
        return {"error": error.kind}
    except CalendarError:
        return {"error": "out_of_range"}


def _board(given: Given) -> dict[str, str]:
    code = _code(given["code"], given.get("suffix"), given.get("date"))
    return {"board": code.board, "exchange": code.exchange}


def _limit_pct(given: Given) -> dict[str, Any]:
    band = _band(given)
    answer: dict[str, Any] = {"up_bp": band.up_bp, "down_bp": band.down_bp}
    return answer if band.base == "reference" else answer | {"base": band.base}


def _limit_price(given: Given) -> dict[str, str | None]:
    return _limits_text(prices.limits_of(fen(given["ref"]), given.get("up_bp"), given.get("down_bp")))


def _ref_price(given: Given) -> dict[str, str]:
    return {"ref": yuan(prices.ref_price(fen(given["prev_close"]), _event(given)))}


def _bar_state(given: Given) -> dict[str, Any]:
    fields = ("open", "high", "low", "close")
    complete = all(name in given for name in (*fields, "volume"))
    bar = bars.Bar(*(fen(given[name]) for name in fields), float(given["volume"])) if complete else None
    return bars.bar_state(bar, _limits(given), given.get("date"))._asdict()


def _order_ok(given: Given) -> bool:
    return lots.order_ok(
        _board_name(given),
        given["side"],
        given["qty"],
        day=given.get("date"),
        holding=given.get("holding"),
        sellable=given.get("sellable"),
        order=given.get("order_type", "limit"),
        status=_status(given),
        bought_today=given.get("bought_today", 0),
    )


def _max_buy(given: Given) -> dict[str, int]:
    board, money = _board_name(given), (fen(given["cash"]), fen(given["price"]))
    return {"qty": lots.max_buy(board, given["date"], *money, *_terms(given), status=_status(given))}


def _fees(given: Given) -> dict[str, str]:
    exchange = given.get("exchange") or lots.exchange_of_board(_board_name(given))
    order = (given["side"], given["qty"], fen(given["price"]))
    bill = fees.bill(exchange, given["date"], *order, *_terms(given))._asdict()
    bill["cash_delta"] = bill.pop("cash")
    return {name: yuan(value) for name, value in bill.items()}


def _dividend_tax(given: Given) -> dict[str, Any]:
    held = [(day, shares) for day, shares in given["lots"]]
    sale = (given["record"], given["sell_date"], given["sell_qty"])
    levy = tax.dividend_tax(held, *sale, _number(given, "cash_per_share"), _number(given, "bonus_per_share"))
    return {"rates_pct": [list(rate) for rate in levy.rates], "tax": yuan(levy.tax)}


def _corporate_action(given: Given) -> dict[str, Any]:
    got = actions.corporate_action(given["shares"], _event(given))
    return got._asdict() | {"cash": yuan(got.cash)}


def _fill_price(given: Given) -> dict[str, str]:
    traded = (fen(given["low"]), fen(given["high"])) if "low" in given and "high" in given else None
    price, slip = exact(given["price"]) * 100, _number(given, "slip_bp")
    return {"fill": yuan(prices.fill_price(given["side"], price, slip, _limits(given), traded))}


def _is_session(given: Given) -> bool:
    return calendar.is_session(given["date"])


def _nth_session(given: Given) -> str:
    return str(calendar.nth_session(given["from"], given["n"]).date())


def _sessions_in_year(given: Given) -> int:
    return calendar.sessions_in_year(given["year"])


def _scenario(given: Given) -> dict[str, Any]:
    steps = [
        account.Step(day, side, _code(code, None, day), shares, fen(price))
        for day, side, code, shares, price in given["steps"]
    ]
    history = account.scenario(account.CashAccount(fen(given["start_cash"]), *_terms(given)), steps)
    answer: dict[str, Any] = {
        "cash": [yuan(cash) for cash in history.cash],
        "position": list(history.position),
    }
    return answer | {"rejected": list(history.rejected)} if history.rejected else answer


def _suspension_ref(given: Given) -> dict[str, str | None]:
    """Answer for an ordinary resumption: the normal limit on the last close, or on the ex-reference (R13)."""
    close, event = fen(given["last_close"]), _event(given.get("action_during") or {})
    reference = prices.ref_price(close, event)
    ordinary = bands.Band(given.get("up_bp", 1000), given.get("down_bp", 1000))
    band = _band(given) if "board" in given else ordinary
    value = yuan(close)
    if event != actions.Event():
        shares, cash = float(1 + event.new_shares), f"{float(event.cash):.2f}"
        value += f" until the ex-date, then {shares:g} shares x {yuan(reference)} + {cash} cash per old share"
    limits = _limits_text(prices.limits_of(reference, band.up_bp, band.down_bp))
    return {"ref_on_resume": yuan(reference), **limits, "valuation_while_suspended": value}


FUNCTIONS: dict[str, Callable[[Given], object]] = {
    "board": _board,
    "limit_pct": _limit_pct,
    "limit_price": _limit_price,
    "ref_price": _ref_price,
    "bar_state": _bar_state,
    "order_ok": _order_ok,
    "max_buy": _max_buy,
    "fees": _fees,
    "dividend_tax": _dividend_tax,
    "corporate_action": _corporate_action,
    "fill_price": _fill_price,
    "is_session": _is_session,
    "nth_session": _nth_session,
    "sessions_in_year": _sessions_in_year,
    "scenario": _scenario,
    "suspension_ref": _suspension_ref,
}


def _code(text: str, suffix: str | None, day: str | None) -> symbols.Code:
    """Read a code strictly: ASCII digits, with the exchange beside it or after a dot."""
    if isinstance(text, str) and suffix is None and "." in text:
        text, suffix = text.split(".", 1)
    return symbols.resolve(text, suffix, day)


def _board_name(given: Given) -> str:
    return given.get("board") or _code(given["code"], given.get("suffix"), given.get("date")).board


def _status(given: Given) -> str:
    return STATUS[given.get("cls", "normal").lower()]


def _band(given: Given) -> bands.Band:
    ages = ("listing_date", "listing_day", "delisting_day", "relisting_day")
    symbol = _code(given["code"], given.get("suffix"), None).symbol if "code" in given else None
    known = {name: given.get(name) for name in ages}
    return bands.limit_pct(_board_name(given), given["date"], _status(given), symbol=symbol, **known)


def _event(given: Given) -> actions.Event:
    tenths = ("cash_per10", "bonus_per10", "transfer_per10", "rights_per10", "rights_price")
    return actions.Event.per_ten(*(_number(given, name) for name in tenths))


def _limits(given: Given) -> prices.Limits:
    return prices.Limits(*(fen(given[name]) if name in given else None for name in ("up", "down")))


def _limits_text(limits: prices.Limits) -> dict[str, str | None]:
    return {name: None if limit is None else yuan(limit) for name, limit in limits._asdict().items()}


def _terms(given: Given) -> tuple[int | None, int | None]:
    return given.get("commission_1e7"), given.get("min_cents")


def _number(given: Given, name: str) -> Fraction:
    return exact(given.get(name, 0))
