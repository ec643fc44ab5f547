"""Politeness: how long to wait before a request, and when to stop asking a family of hosts.

Both are of our own making, a dozen lines each. `pyrate-limiter` counts requests in windows, where a host
wants a least distance with jitter; `pybreaker` reads the system's clock and so cannot be tested without
real waiting, and opens on exceptions of a function, where one breaker must span all hosts of a family.
"""

from __future__ import annotations

from collections.abc import Callable

from screener.data.live.families import Family
from screener.data.live.faults import Unreachable

__all__ = ["Breaker", "Spacer"]

JITTER = 0.5  # a gap of 1 s becomes 1.0 to 1.5 s, so that requests do not tick like a machine


class Spacer:
    """Keep requests of one family apart."""

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], None], chance: Callable[[], float]
    ) -> None:
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._free: dict[str, float] = {}

    def wait(self, family: Family) -> float:
        """Wait until the family may be asked again, and return the seconds that took."""
        now = self._clock()
        pause = max(self._free.get(family.name, now) - now, 0.0)
        if pause:
            self._sleep(pause)
        self._free[family.name] = self._clock() + family.gap * (1 + JITTER * self._chance())
        return pause


class Breaker:
    """Stop asking a family after some failures in a row, for a while.

    When the while is over one request is let through; if that fails too, the circuit opens again.
    """

    def __init__(self, trip: int, cooldown: float, clock: Callable[[], float]) -> None:
        self._trip, self._cooldown, self._clock = trip, cooldown, clock
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._silent: dict[str, None] = {}

    def check(self, name: str) -> None:
        """Raise `Unreachable` if the circuit of a family is open."""
        left = self._until.get(name, 0.0) - self._clock()
        if left > 0:
            raise Unreachable(
                f"{name}: not asked, because it failed before; it is asked again in {left / 60:.0f} min",
                counts=False,
            )

    def worked(self, name: str) -> None:
        """Note a success."""
        self._failures[name] = 0
        self._silent.clear()

    def failed(self, name: str) -> None:
        """Note a failure; the circuit may open."""
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] >= self._trip:
            self._silent[name] = None
            self.open(name, self._cooldown)

    def open(self, name: str, seconds: float) -> None:
        """Open the circuit of a family."""
        self._until[name] = max(self._until.get(name, 0.0), self._clock() + seconds)

    def silent(self) -> tuple[str, ...]:
        """Return the families given up since the last success of any: many of them are a dead network."""
        return tuple(self._silent)

    def opened(self) -> dict[str, float]:
        """Return the families that are not asked now, with the seconds left."""
        now = self._clock()
        return {name: until - now for name, until in self._until.items() if until > now}
