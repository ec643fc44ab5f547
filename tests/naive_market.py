"""The matching loop once more, slow and obvious: exact fractions, dictionaries, one order at a time."""

from fractions import Fraction
from math import ceil, floor, sqrt


def half_up(x):
    return floor(x + Fraction(1, 2))


class Account:
    """One account on a small market; prices are fen, `bars` maps a name to a list of rows by day.

    `s` holds the settings: fill ("open", "close", "vwap"), rates in 1e-7, lots by name, and so on.
    """

    def __init__(self, names, bars, settings, actions, cash):
        self.names, self.bars, self.s, self.actions = names, bars, settings, actions
        self.cash = cash
        self.held = dict.fromkeys(names, 0)
        self.locked = {name: [] for name in names}  # new shares, and the day of their listing
        self.lots = {name: [] for name in names}  # [day, shares, income a share in 1e-6 CNY]
        self.due = []  # (day, fen)
        self.goal = {}
        self.orders, self.events = [], []

    # what one order may do

    def fees(self, day, name, side, shares, price):
        bar = self.bars[name][day]
        out = [0, 0, 0]
        while shares > 0:
            part = min(shares, bar["cap"])
            value = part * price
            rate, least = self.s["commission"], self.s["commission_min"]
            if rate or least:
                out[0] += max(half_up(Fraction(value * rate, 10**7)), least)
            if side == "sell":
                out[1] += half_up(Fraction(value * bar["stamp"], 10**7))
            out[2] += half_up(Fraction(value * bar["transfer"], 10**7))
            shares -= part
        return out

    def day_price(self, day, name, side):
        bar = self.bars[name][day]
        if bar["open"] == 0:
            return 0
        if self.s["fill"] in ("open", "close"):
            return bar[self.s["fill"]]
        average = Fraction(bar["amount"], max(bar["volume"], 1))
        whole = ceil(average) if side == "buy" else floor(average)
        return min(max(whole, bar["low"]), bar["high"])

    def fill_price(self, day, name, side, shares, base=None):
        bar, base = self.bars[name][day], base or self.day_price(day, name, side)
        rate = self.s["slippage"] + (floor(bar["impact"] * sqrt(shares)) if bar["impact"] else 0)
        if side == "buy":
            price = ceil(base * (1 + Fraction(rate, 10**7))) + self.s["slippage_ticks"]
            return min(price, bar["up"]) if bar["up"] else price
        price = floor(base * (1 - Fraction(min(rate, 10**7), 10**7))) - self.s["slippage_ticks"]
        return max(price, bar["down"], 1)

    def refusal(self, day, name, side):
        bar = self.bars[name][day]
        if not bar["listed"]:
            return "unlisted"
        if bar["open"] == 0:
            return "suspended"
        if self.s["fill"] == "close" and not bar["close_trades"]:
            return "no_close"
        if side == "buy":
            price = {"open": bar["open"], "close": bar["close"], "vwap": bar["low"]}[self.s["fill"]]
            return "limit_up" if bar["up"] and price >= bar["up"] else None
        price = {"open": bar["open"], "close": bar["close"], "vwap": bar["high"]}[self.s["fill"]]
        return "limit_down" if bar["down"] and price <= bar["down"] else None

    def legal_buys(self, name, most):
        low, step = self.s["lots"][name]
        return [0, *range(low, most + 1, step)]

    def legal_sales(self, name, held):
        """Every quantity that the exchange would take out of a holding."""
        low, step = self.s["lots"][name]
        if low != step:
            return [0, *(q for q in range(1, held + 1) if q >= low or q == held)]
        odd = held % step
        whole = [q for q in range(step, held + 1, step)]
        with_odd = [q for q in range(odd, held + 1, step)] if odd else []
        return sorted({0, *whole, *with_odd})

    def largest_sale(self, name, held, most):
        return max(q for q in self.legal_sales(name, held) if q <= most)

    def room(self, day, name):
        share = self.s["participation"]
        return floor(share * self.bars[name][day]["volume"]) if share > 0 else 10**12

    def dividend_tax(self, day, name, shares):
        base = Fraction(0)
        newest = self.lots[name][-1]
        if newest[0] == day:  # only the day's net change is taxed
            part = min(shares, newest[1])
            newest[1] -= part
            shares -= part
        while shares:
            lot = self.lots[name][0]
            part = min(shares, lot[1])
            within = self.s["within"](lot[0], day)
            base += Fraction(part * lot[2] * within, 10**6)
            lot[1] -= part
            shares -= part
            if lot[1] == 0:
                self.lots[name].pop(0)
        return half_up(base)

    # the trading day

    def overnight(self, day):
        for when, amount in self.due:
            if when == day:
                self.cash += amount
        self.due = [(when, amount) for when, amount in self.due if when != day]
        for number, event in enumerate(self.actions):
            if event["day"] == day:
                self.book(day, number, event)

    def book(self, day, number, event):
        name, into, ratio = event["name"], event["into"], Fraction(event["bonus"], 10**8)
        if name in self.goal and into == name:
            self.goal[name] += floor(self.goal[name] * ratio)
        held = self.held[name]
        if held == 0:
            return
        new = floor(held * ratio)
        paid = half_up(Fraction(held * event["cash"], 10**4))
        if event["fraction"]:
            paid += half_up((held * ratio - new) * self.bars[name][day]["reference"])
        if event["price"]:
            new = min(new, floor(Fraction(self.cash, event["price"])))
            self.cash -= new * event["price"]
        if event["pay"] > day:
            self.due.append((event["pay"], paid))
        else:
            self.cash += paid
        for lot in self.lots[name]:
            lot[2] += event["taxable"]
        if event["ends"]:
            self.lots[name], self.locked[name], self.held[name] = [], [], 0
            if name in self.goal:
                self.goal[name] = 0
        if new:
            self.lots[into].append([day, new, 0])
        self.held[into] += new
        if new and event["listing"] > day:
            self.not_listed_yet(day, into)
            self.locked[into].append((new, event["listing"]))
        self.events.append((number, day, name, held, paid - new * event["price"], new, into))

    def not_listed_yet(self, day, name):
        """New shares are free when the last of those that wait is listed."""
        waiting = self.locked[name]
        if waiting and day >= max(when for _, when in waiting):
            waiting.clear()
        return sum(count for count, _ in waiting)

    def size(self, day, weights):
        """Set the goals; floats as in the engine, for a weight is no money."""
        price = {}
        for name in self.names:
            price[name] = self.day_price(day, name, "sell") or (self.bars[name][max(day - 1, 0)]["close"])
        owed = sum(amount for _, amount in self.due)
        equity = float(self.cash + owed) + sum(float(self.held[n] * price[n]) for n in self.names)
        cost = 0.0
        for name in self.names:
            change = weights[name] * equity - self.held[name] * price[name]
            if price[name] == 0 or self.bars[name][day]["open"] == 0 or int(abs(change) / price[name]) == 0:
                continue
            shares, side = int(abs(change) / price[name]), "sell" if change < 0 else "buy"
            paid = self.fill_price(day, name, side, shares, price[name])
            cost += abs(paid - price[name]) * shares + sum(self.fees(day, name, side, shares, paid))
        equity -= cost
        self.goal = {}
        for name in self.names:
            held = self.held[name]
            exact = weights[name] * equity / price[name] if price[name] else 0
            goal = floor(exact * (1 + 1e-12)) if exact >= held else ceil(exact * (1 - 1e-12))
            least = max(self.s["trade_min"], self.s["band"] * equity if held else 0)
            worth = goal == 0 or abs(goal - held) * price[name] >= least
            if (goal != held and worth) or (weights[name] > 0 and price[name] == 0):
                self.goal[name] = goal

    def sell_all(self, day):
        held_up = False
        for name in self.names:
            if name not in self.goal or self.held[name] <= self.goal[name]:
                continue
            held = self.held[name]
            nearest = held - self.goal[name] + (self.s["lots"][name][1] - 1) // 2
            asked = self.largest_sale(name, held, nearest)
            if asked == 0:
                del self.goal[name]
                continue
            free = held - self.not_listed_yet(day, name)
            reason, filled = "filled", asked
            if said := self.refusal(day, name, "sell"):
                reason, filled = said, 0
            if filled > free:
                reason, filled = "locked", self.largest_sale(name, free, filled)
            if filled > self.room(day, name):
                reason, filled = "volume", self.largest_sale(name, free, self.room(day, name))
            price, tax = 0, 0
            if filled:
                price = self.fill_price(day, name, "sell", filled)
                tax = self.dividend_tax(day, name, filled) if self.s["tax_dividends"] else 0
            fees = self.fees(day, name, "sell", filled, price)
            self.cash += filled * price - sum(fees) - tax
            self.held[name] -= filled
            self.orders.append((day, name, "sell", asked, filled, price, *fees, tax, reason))
            if reason == "filled":
                del self.goal[name]
            held_up = held_up or reason != "filled"
        return held_up

    def cost(self, day, name, shares):
        if not shares:
            return 0
        price = self.fill_price(day, name, "buy", shares)
        return shares * price + sum(self.fees(day, name, "buy", shares, price))

    def largest_buy(self, name, most):
        low, step = self.s["lots"][name]
        return 0 if most < low else most - (most - low) % step

    def buy_all(self, day, held_up):
        asked, reason, want, most = {}, {}, {}, {}
        for name in self.names:
            listed = self.bars[name][day]["listed"]
            if name not in self.goal or self.held[name] > self.goal[name]:
                continue
            if self.held[name] == self.goal[name] and listed:
                continue
            missing = self.goal[name] - self.held[name]
            asked[name] = self.largest_buy(name, missing)
            reason[name] = self.refusal(day, name, "buy")
            if not reason[name]:
                most[name] = self.largest_buy(name, self.room(day, name))
                want[name] = min(missing, most[name])
                reason[name] = "volume" if most[name] < asked[name] else "filled"
        got, spent = self.scaled(day, want)
        self.top_up(day, want, most, got, spent)
        for name in asked:
            filled = got.get(name, 0)
            if asked[name] == 0 and filled == 0 and reason[name] != "unlisted":
                if self.held[name] == 0:
                    self.orders.append((day, name, "buy", self.goal[name], 0, 0, 0, 0, 0, 0, "lot"))
                del self.goal[name]
                continue
            price = self.fill_price(day, name, "buy", filled) if filled else 0
            fees = self.fees(day, name, "buy", filled, price)
            self.cash -= filled * price + sum(fees)
            self.held[name] += filled
            if filled:
                self.lots[name].append([day, filled, 0])
            if reason[name] == "filled" and filled < asked[name]:
                reason[name] = "cash"
            row = (day, name, "buy", max(asked[name], filled), filled, price, *fees, 0, reason[name])
            self.orders.append(row)
            if reason[name] == "filled" or (reason[name] == "cash" and not held_up):
                del self.goal[name]

    def scaled(self, day, want):
        scale = 1.0
        for _ in range(200):
            wanted = {n: want[n] if scale == 1.0 else floor(want[n] * scale) for n in want}
            got = {n: self.largest_buy(n, q) for n, q in wanted.items()}
            spent = sum(self.cost(day, n, q) for n, q in got.items())
            if spent <= self.cash:
                return got, spent
            scale *= min(max(self.cash, 0) / spent, 0.999)
        return dict.fromkeys(want, 0), 0

    def top_up(self, day, want, most, got, spent):
        short = {}
        for name in want:
            low, each = self.s["lots"][name]
            step = each if got[name] else low
            missing = want[name] - got[name]
            if missing > 0 and 2 * missing >= step and got[name] + step <= most[name]:
                short[name] = (missing * self.day_price(day, name, "buy"), step)
        for name in sorted(short, key=lambda n: (-short[n][0], n)):
            step = short[name][1]
            more = self.cost(day, name, got[name] + step) - self.cost(day, name, got[name])
            if spent + more <= self.cash:
                got[name] += step
                spent += more

    def run(self, targets, n_days):
        navs, tries = [], 0
        for day in range(n_days):
            self.overnight(day)
            if day in targets:
                self.size(day, targets[day])
                tries = self.s["retry_days"] + 1
            if tries > 0 and self.goal:
                self.buy_all(day, self.sell_all(day))
            tries -= 1
            owed = sum(amount for _, amount in self.due)
            navs.append(self.cash + owed + sum(self.held[n] * self.bars[n][day]["close"] for n in self.names))
        return navs
