"""The matching loop once more, slow and obvious: exact fractions, dictionaries, one order at a time."""

from fractions import Fraction
from math import ceil, floor


def half_up(x: Fraction) -> int:
    return floor(x + Fraction(1, 2))


class Account:
    """One account on a small market; prices are fen, `market` maps a name to a list of rows by day."""

    def __init__(self, names, bars, settings, actions, cash):
        self.names, self.bars, self.s, self.actions = names, bars, settings, actions
        self.cash = cash
        self.held = dict.fromkeys(names, 0)
        self.goal = {}
        self.orders, self.events = [], []

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

    def fill_price(self, day, name, side):
        bar = self.bars[name][day]
        slip = Fraction(self.s["slippage"], 10**7)
        if side == "buy":
            price = -floor(-(bar["open"] * (1 + slip)))
            return min(price, bar["up"]) if bar["up"] else price
        return max(floor(bar["open"] * (1 - slip)), bar["down"], 1)

    def legal_buys(self, name, most):
        low, step = self.s["lots"][name]
        return [0, *range(low, most + 1, step)]

    def legal_sales(self, name, held):
        """Every quantity that the exchange would take out of a holding."""
        low, step = self.s["lots"][name]
        if low != step:
            return [0, *(q for q in range(1, held + 1) if q >= low or q == held)]
        odd = held % step
        return [
            0,
            *(q for q in range(1, held + 1) if q % step == 0 or (q >= odd and (q - odd) % step == 0 and odd)),
        ]

    def room(self, day, name):
        share = self.s["participation"]
        return floor(share * self.bars[name][day]["volume"]) if share > 0 else 10**12

    def overnight(self, day):
        for event in self.actions:
            if event["day"] != day:
                continue
            name, bonus = event["name"], Fraction(event["bonus"], 10**8)
            if name in self.goal:
                self.goal[name] += floor(self.goal[name] * bonus)
            held = self.held[name]
            if held == 0:
                continue
            new = floor(held * bonus)
            paid = half_up(Fraction(held * event["cash"], 10**4))
            if event["fraction"]:
                paid += half_up((held * bonus - new) * self.bars[name][day]["reference"])
            self.held[name] += new
            self.cash += paid
            self.events.append((day, name, held, paid, new))

    def size(self, day, weights):
        """Set the goals; floats as in the engine, for a weight is no money."""
        price = {}
        for name in self.names:
            bar = self.bars[name][day]
            price[name] = bar["open"] or (self.bars[name][day - 1]["close"] if day else 0)
        equity = float(self.cash) + sum(float(self.held[n] * price[n]) for n in self.names)
        cost = 0.0
        for name in self.names:
            change = weights[name] * equity - self.held[name] * price[name]
            if price[name] == 0 or self.bars[name][day]["open"] == 0:
                continue
            shares = int(abs(change) / price[name])
            side = "sell" if change < 0 else "buy"
            paid = self.fill_price(day, name, side)
            cost += (
                (abs(paid - price[name]) * shares + sum(self.fees(day, name, side, shares, paid)))
                if shares
                else 0
            )
        equity -= cost
        self.goal = {}
        for name in self.names:
            exact = weights[name] * equity / price[name] if price[name] else 0
            goal = floor(exact * (1 + 1e-12)) if exact >= self.held[name] else ceil(exact * (1 - 1e-12))
            far = abs(goal - self.held[name]) * price[name] >= self.s["band"] * equity
            if (goal != self.held[name] and (goal == 0 or far)) or (weights[name] > 0 and price[name] == 0):
                self.goal[name] = goal

    def sell_all(self, day):
        held_up = False
        for name in self.names:
            if name not in self.goal or self.held[name] <= self.goal[name]:
                continue
            bar, held = self.bars[name][day], self.held[name]
            nearest = held - self.goal[name] + (self.s["lots"][name][1] - 1) // 2
            asked = max(q for q in self.legal_sales(name, held) if q <= max(nearest, 0))
            if asked == 0:
                del self.goal[name]
                continue
            reason, filled = "filled", asked
            if not bar["listed"]:
                reason, filled = "unlisted", 0
            elif bar["open"] == 0:
                reason, filled = "suspended", 0
            elif bar["down"] and bar["open"] <= bar["down"]:
                reason, filled = "limit_down", 0
            elif asked > self.room(day, name):
                reason = "volume"
                filled = max(q for q in self.legal_sales(name, held) if q <= self.room(day, name))
            price = self.fill_price(day, name, "sell") if filled else 0
            fees = self.fees(day, name, "sell", filled, price)
            self.cash += filled * price - sum(fees)
            self.held[name] -= filled
            self.orders.append((day, name, "sell", asked, filled, price, *fees, reason))
            if reason == "filled":
                del self.goal[name]
            held_up = held_up or reason != "filled"
        return held_up

    def cost(self, day, name, shares, price):
        return shares * price + sum(self.fees(day, name, "buy", shares, price)) if shares else 0

    def buy_all(self, day, held_up):
        asked, reason, want, price, most, got = {}, {}, {}, {}, {}, {}
        for name in self.names:
            bar = self.bars[name][day]
            if name not in self.goal or self.held[name] > self.goal[name]:
                continue
            if self.held[name] == self.goal[name] and bar["listed"]:
                continue
            missing = self.goal[name] - self.held[name]
            asked[name] = self.legal_buys(name, missing)[-1]
            if not bar["listed"]:
                reason[name] = "unlisted"
            elif bar["open"] == 0:
                reason[name] = "suspended"
            elif bar["up"] and bar["open"] >= bar["up"]:
                reason[name] = "limit_up"
            else:
                most[name] = self.legal_buys(name, min(self.room(day, name), 10**6))[-1]
                want[name] = min(missing, most[name])
                price[name] = self.fill_price(day, name, "buy")
                reason[name] = "volume" if most[name] < asked[name] else "filled"
        scale, rounds = 1.0, 0
        while True:
            got = {
                n: self.legal_buys(n, want[n] if scale == 1.0 else floor(want[n] * scale))[-1] for n in want
            }
            spent = sum(self.cost(day, n, got[n], price[n]) for n in want)
            rounds += 1
            if spent <= self.cash:
                break
            if rounds == 200:
                got, spent = dict.fromkeys(want, 0), 0
                break
            scale *= min(max(self.cash, 0) / spent, 0.999)
        short = {}
        for name in want:
            low, each = self.s["lots"][name]
            step = each if got[name] else low
            missing = want[name] - got[name]
            if 2 * missing >= step and got[name] + step <= most[name] and missing > 0:
                short[name] = (missing * price[name], step)
        for name in sorted(short, key=lambda n: (-short[n][0], n)):
            step = short[name][1]
            more = self.cost(day, name, got[name] + step, price[name]) - self.cost(
                day, name, got[name], price[name]
            )
            if spent + more <= self.cash:
                got[name] += step
                spent += more
        for name in asked:
            filled = got.get(name, 0)
            if asked[name] == 0 and filled == 0 and reason[name] != "unlisted":
                del self.goal[name]
                continue
            fees = self.fees(day, name, "buy", filled, price.get(name, 0))
            self.cash -= filled * price.get(name, 0) + sum(fees)
            self.held[name] += filled
            if reason[name] == "filled" and filled < asked[name]:
                reason[name] = "cash"
            self.orders.append(
                (
                    day,
                    name,
                    "buy",
                    max(asked[name], filled),
                    filled,
                    price[name] if filled else 0,
                    *fees,
                    reason[name],
                )
            )
            if reason[name] == "filled" or (reason[name] == "cash" and not held_up):
                del self.goal[name]

    def run(self, targets, n_days):
        navs, tries = [], 0
        for day in range(n_days):
            self.overnight(day)
            if day in targets:
                self.size(day, targets[day])
                tries = self.s["retry_days"] + 1
            if tries:
                held_up = self.sell_all(day)
                self.buy_all(day, held_up)
                tries -= 1
            navs.append(self.cash + sum(self.held[n] * self.bars[n][day]["close"] for n in self.names))
        return navs
