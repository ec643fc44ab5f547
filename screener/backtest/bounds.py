"""One row of weights under bounds: names between a lock and a cap, themes above a floor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import IntVector, Vector
from screener.signals.weights import cut

__all__ = ["Bounds", "Frame", "frame_of", "settled"]

TINY = 1e-13  # weights below are rounding
CHAINS = 200  # of a theme on a day, far more than names can be handed on


class Frame(NamedTuple):
    """The theme and the name of each column ``(theme, symbol)`` of a frame of weights."""

    themes: tuple[str, ...]
    names: tuple[str, ...]
    theme_of: IntVector
    name_of: IntVector

    def by_theme(self, pair: Vector) -> Vector:
        """Add up pairs by theme."""
        return np.bincount(self.theme_of, weights=pair, minlength=len(self.themes))

    def by_name(self, pair: Vector) -> Vector:
        """Add up pairs by name."""
        return np.bincount(self.name_of, weights=pair, minlength=len(self.names))


class Bounds(NamedTuple):
    """What a row has to keep: ``lower <= name <= upper`` and ``theme >= floor``."""

    lower: Vector
    upper: Vector
    floor: Vector


def frame_of(columns: pd.MultiIndex) -> Frame:
    """Return themes and names of columns ``(theme, symbol)``."""
    theme_of, themes = pd.factorize(columns.get_level_values("theme"))
    name_of, names = pd.factorize(columns.get_level_values("symbol"))
    return Frame(tuple(themes), tuple(names), theme_of, name_of)


def settled(wanted: Vector, inner: Vector, last: Vector, bounds: Bounds, frame: Frame) -> Vector:
    """Bring a row under its bounds, in proportion wherever something is cut or added.

    Parameters
    ----------
    wanted : ndarray (n_pairs,)
        Target weights, at most 1 in all.
    inner : ndarray (n_pairs,)
        Relative weights of the members of the day; a theme that falls short and of whose held names none has
        room takes up the others.
    last : ndarray (n_pairs,)
        Weights of the decision before: to which pairs the locked part of a name belongs.
    bounds : Bounds
        ``lower`` adds up to at most 1 and lies nowhere above ``upper``.
    frame : Frame

    Returns
    -------
    ndarray (n_pairs,)
        Names keep ``lower`` and ``upper``. A floor that cannot be met is met as far as the names of the theme
        have room. The row keeps its sum, but for what no name has room for (less), and for locks and floors
        that the rest cannot pay for (more, never above 1).
    """
    pair = cut(wanted, wanted, frame.theme_of, frame.name_of, bounds.upper)
    pair = kept(pair, last, bounds.lower, frame, float(wanted.sum()))
    floors = [int(k) for k in np.flatnonzero(bounds.floor > 0.0)]
    for k in floors:
        pair = relabelled(pair, k, (inner > 0.0) | (wanted > 0.0), bounds, frame)
        pair = lifted(pair, k, (wanted, inner), bounds, frame)
    for k in floors:
        pair = passed_along(pair, k, (wanted, inner), bounds, frame)
    return pair


def kept(pair: Vector, last: Vector, lower: Vector, frame: Frame, total: float) -> Vector:
    """Raise names to what of them is locked; what the others have above their locks pays in proportion."""
    short = np.maximum(lower - frame.by_name(pair), 0.0)
    if not short.any():
        return pair
    pair = pair + _over(last, frame.by_name(last)[frame.name_of]) * short[frame.name_of]
    held = frame.by_name(pair)
    free = np.maximum(held - lower, 0.0)
    excess = held.sum() - max(total, lower.sum())
    if excess <= 0.0:
        return pair
    left = held - free * min(excess / max(free.sum(), TINY), 1.0)
    return pair * _over(left, held)[frame.name_of]


def relabelled(pair: Vector, k: int, eligible: Vector, bounds: Bounds, frame: Frame) -> Vector:
    """Count names of several themes to theme `k` where it falls short: nothing is traded for it."""
    mine = frame.theme_of == k
    target = np.full(len(frame.names), -1)
    target[frame.name_of[mine & eligible]] = np.flatnonzero(mine & eligible)
    free = np.where(mine | (target[frame.name_of] < 0), 0.0, pair)
    moved = _at_most(_spare(free, pair, bounds, frame), bounds.floor[k] - pair[mine].sum())
    pair = pair - moved
    np.add.at(pair, target[frame.name_of[moved > 0.0]], moved[moved > 0.0])
    return np.maximum(pair, 0.0)


def lifted(pair: Vector, k: int, bases: tuple[Vector, ...], bounds: Bounds, frame: Frame) -> Vector:
    """Raise theme `k` to its floor as far as its names have room; other themes pay, then cash."""
    mine = frame.theme_of == k
    room, spare = _room_and_spare(pair, k, bases, bounds, frame)
    need = min(bounds.floor[k] - pair[mine].sum(), room.sum())
    if need <= 0.0:
        return pair
    taken = _at_most(spare, need)
    amount = min(need, taken.sum() + max(1.0 - pair.sum(), 0.0))
    pair = np.maximum(pair - taken, 0.0)
    for base in bases:
        poured = pour(amount, np.where(mine, base, 0.0), room)
        pair, room, amount = pair + poured, room - poured, amount - poured.sum()
    return pair


def passed_along(pair: Vector, k: int, bases: tuple[Vector, ...], bounds: Bounds, frame: Frame) -> Vector:
    """Meet a floor through names of several themes: theme `k` takes one over, its other theme a third, ...

    The shortest such chains to a theme that can give or be lifted, as in a flow through a network: when no
    chain is left, the floor cannot be met by any weights that keep the floors before it.
    """
    for _ in range(CHAINS):
        need = bounds.floor[k] - frame.by_theme(pair)[k]
        found = _chain(pair, k, bases, bounds, frame) if need > TINY else None
        if found is None:
            return pair
        links, end, most = found
        amount = min(need, most, *(pair[given_up] for _, given_up in links))
        for taken_over, given_up in links:
            pair[taken_over] += amount
            pair[given_up] -= amount
        pair = lifted(pair, end, bases, bounds, frame)
    return pair


def _chain(
    pair: Vector, k: int, bases: tuple[Vector, ...], bounds: Bounds, frame: Frame
) -> tuple[list[tuple[int, int]], int, float] | None:
    """Return pairs to take over and to give up, the theme at the end, and how much it can do without."""
    reached: dict[int, list[tuple[int, int]]] = {k: []}
    queue = [k]
    for theme in queue:  # grows while it is walked
        for pick in np.flatnonzero((frame.theme_of == theme) & (sum(bases) > 0.0)):
            same = (frame.name_of == frame.name_of[pick]) & (pair > TINY)
            for giver in np.flatnonzero(same):
                end = int(frame.theme_of[giver])
                if end in reached:
                    continue
                reached[end] = [*reached[theme], (int(pick), int(giver))]
                if (most := _to_spare(pair, end, bases, bounds, frame)) > TINY:
                    return reached[end], end, most
                queue.append(end)
    return None


def _to_spare(pair: Vector, k: int, bases: tuple[Vector, ...], bounds: Bounds, frame: Frame) -> float:
    """Return what a theme can lose: what it has above its floor, and what it could be lifted by."""
    room, spare = _room_and_spare(pair, k, bases, bounds, frame)
    surplus = max(frame.by_theme(pair)[k] - bounds.floor[k], 0.0)
    return float(surplus + min(room.sum(), spare.sum() + max(1.0 - pair.sum(), 0.0)))


def _room_and_spare(
    pair: Vector, k: int, bases: tuple[Vector, ...], bounds: Bounds, frame: Frame
) -> tuple[Vector, Vector]:
    """Return the room of each pair of a theme, and what each pair of the others could pay for it."""
    mine, held = (frame.theme_of == k), frame.by_name(pair)
    room = np.where(mine & (sum(bases) > 0.0), np.maximum(bounds.upper - held, 0.0)[frame.name_of], 0.0)
    free = pair * _over(np.maximum(held - bounds.lower, 0.0), held)[frame.name_of]
    return room, _spare(np.where(mine, 0.0, free), pair, bounds, frame)


def pour(amount: float, base: Vector, room: Vector) -> Vector:
    """Divide an amount in proportion to `base`, to nobody more than his room."""
    given = np.zeros_like(base)
    takers = (base > 0.0) & (room > TINY)
    while amount > TINY and takers.any():
        share = np.where(takers, base, 0.0)
        more = np.minimum(amount * share / share.sum(), np.where(takers, room - given, 0.0))
        given, amount = given + more, amount - more.sum()
        takers &= room - given > TINY
    return given


def _spare(free: Vector, pair: Vector, bounds: Bounds, frame: Frame) -> Vector:
    """Return what of the free part of each pair may go without putting its theme below its floor."""
    surplus = np.maximum(frame.by_theme(pair) - bounds.floor, 0.0)
    return free * np.minimum(_over(surplus, frame.by_theme(free)), 1.0)[frame.theme_of]


def _at_most(spare: Vector, amount: float) -> Vector:
    """Scale what is to spare down to an amount."""
    return spare * min(max(amount, 0.0) / max(spare.sum(), TINY), 1.0)


def _over(part: Vector, whole: Vector) -> Vector:
    """Divide, 0 where there is nothing to divide by."""
    return np.where(whole > 0.0, part / np.where(whole > 0.0, whole, 1.0), 0.0)
