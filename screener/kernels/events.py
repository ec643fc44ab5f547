"""Corporate actions on what an account holds."""

from __future__ import annotations

from screener.kernels._jit import kernel
from screener.kernels.book import write_event_nb
from screener.kernels.lots import add_lot_nb, drop_lots_nb, pay_lots_nb

SHARE = 100_000_000  # new shares are in 1e-8 a share


@kernel
def portion_nb(shares, ratio):
    """Return whole part and rest (1e-8 shares) of `shares` x `ratio` (1e-8), for any number of shares."""
    rest = shares % SHARE * ratio
    return shares // SHARE * ratio + rest // SHARE, rest % SHARE


@kernel
def entitled_nb(actions, k, held, reference, cash):
    """Return what event `k` gives `held` shares: fen, new shares, and fen paid for them."""
    paid = (held * actions.cash[k] + 5_000) // 10_000  # 1e-6 CNY a share -> fen
    new, rest = portion_nb(held, actions.bonus[k])
    if actions.fraction_paid[k]:
        paid += (rest * reference + SHARE // 2) // SHARE
    if actions.price[k] > 0:
        new = min(new, cash // actions.price[k])
    return paid, new, new * actions.price[k]


@kernel
def lock_nb(book, j, i, new, listing):
    """Keep new shares from being sold before their listing."""
    if i >= book.unlock[j]:
        book.locked[j] = 0
    book.locked[j] += new
    book.unlock[j] = max(book.unlock[j], listing)


@kernel
def apply_actions_nb(actions, reference, tax_dividends, i, book, lots, cash, owed, due, events, used):
    """Book the corporate actions of day `i` on yesterday's holdings, before the first trade.

    Cash that is paid later is owed, and waits in `due` by day. Rights are taken as far as the cash reaches.
    """
    for k in range(actions.start[i], actions.start[i + 1]):
        j, into = actions.asset[k], actions.into[k]
        if into == j:
            book.goal[j] += portion_nb(book.goal[j], actions.bonus[k])[0]
        held = book.shares[j]
        if held == 0:
            continue
        paid, new, price = entitled_nb(actions, k, held, reference[i, j], cash)
        cash -= price
        if actions.pay[k] > i:
            owed += paid
            if actions.pay[k] < len(due):
                due[actions.pay[k]] += paid
        else:
            cash += paid
        if tax_dividends:
            pay_lots_nb(lots, j, actions.taxable[k])
            if actions.ends[k]:
                drop_lots_nb(lots, j)
            if new > 0:
                add_lot_nb(lots, into, i, new)
        if actions.ends[k]:
            book.shares[j], book.goal[j], book.locked[j], book.unlock[j] = 0, 0, 0, 0
        book.shares[into] += new
        if new > 0 and actions.listing[k] > i:
            lock_nb(book, into, i, new, actions.listing[k])
        write_event_nb(events, used, k, i, j, held, paid - price, new, into)
        used += 1
    return cash, owed, used
