"""Theme and Member: what a theme file says, and dataclasses that cannot hold anything unlawful."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from screener.errors import UniverseError
from screener.market.symbols import normalise
from screener.universe import rules

__all__ = ["DEFAULT_THEMES", "Citation", "Exposure", "FormerName", "Member", "Theme"]

DEFAULT_THEMES = ("ai-chips", "servers", "idc", "optical", "ai-apps")


@dataclass(frozen=True)
class Citation:
    """Where a name was published: report, day (the last possible one if imprecise), at most a line of it."""

    report: str
    date: dt.date
    quote: str = ""

    def __post_init__(self) -> None:
        """Refuse what breaks the rules."""
        refuse(f"Citation {self.report!r}", rules.citation_problems(vars(self)))


@dataclass(frozen=True)
class FormerName:
    """An earlier short name of a share, and the last day on which it held (of the period, if imprecise)."""

    name: str
    until: dt.date

    def __post_init__(self) -> None:
        """Refuse what breaks the rules."""
        refuse(f"FormerName {self.name!r}", rules.former_problems(vars(self)))


@dataclass(frozen=True)
class Exposure:
    """How a theme is believed to move with its driver.

    Attributes
    ----------
    value : float in [-1, 1]
        1 = with it, 0 = not at all, -1 = against it.
    reason : str
    date : date
        The day the belief was written down; a test on earlier prices is in hindsight.
    """

    value: float
    reason: str
    date: dt.date

    def __post_init__(self) -> None:
        """Refuse what breaks the rules."""
        refuse("Exposure", rules.exposure_problems(vars(self)))


@dataclass(frozen=True)
class Member:
    """A share in a theme.

    Attributes
    ----------
    symbol : str
        Any common spelling on the way in, ``300308.SZ`` inside.
    name : str
    since : date, optional
        Publication of the first report that names it in this theme; none for a peer.
    until : date, optional
        First day on which it is no longer a member, in either reading.
    valid_from : date, optional
        First day on which the code stands for this business; the listing, or a later change of identity.
    weight : float >= 0
        Relative weight in the theme; 0 = listed for the record only.
    purity : float in [0, 1], optional
        Share of the business that belongs to the theme, where a source says so.
    confidence : {"sure", "likely", "uncertain", "peer"}
        "uncertain": the printed name cannot be resolved (weight 0). "peer": no report names it.
    source : Citation, optional
        Required unless a peer.
    note : str
        Required for a peer: why it belongs here.
    former : tuple of FormerName
        Earlier short names, the oldest first; empty if no source says so.
    """

    symbol: str
    name: str
    since: dt.date | None = None
    until: dt.date | None = None
    valid_from: dt.date | None = None
    weight: float = 1.0
    purity: float | None = None
    confidence: str = "sure"
    source: Citation | None = None
    note: str = ""
    former: tuple[FormerName, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what breaks the rules."""
        refuse(f"Member {self.symbol!r}", rules.member_problems(vars(self)))
        object.__setattr__(self, "symbol", normalise(self.symbol))


@dataclass(frozen=True)
class Theme:
    """A basket with its place in the chain and its belief about a driver.

    Attributes
    ----------
    id : str
        The stem of its file.
    title, title_zh : str
    stage : {"upstream", "midstream", "downstream"}
    note : str
    driver : str
        Name of a driver file, "" if the theme follows none.
    exposure : Exposure, optional
        Present exactly when `driver` is.
    members : tuple of Member
        In the order of the file, each symbol once.
    path : Path, optional
        The file it was read from.
    """

    id: str
    title: str
    title_zh: str
    stage: str
    note: str = ""
    driver: str = ""
    exposure: Exposure | None = None
    members: tuple[Member, ...] = ()
    path: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what breaks the rules."""
        refuse(f"Theme {self.id!r}", rules.theme_problems(vars(self)))

    @property
    def counted(self) -> tuple[Member, ...]:
        """Members of weight > 0, in the order of the file."""
        return tuple(member for member in self.members if member.weight > 0)


def refuse(what: str, problems: Iterable[rules.Problem]) -> None:
    """Raise all problems of one object at once, if there are any."""
    lines = [f"{what}: {problem.text}" for problem in problems]
    if lines:
        raise UniverseError(*lines)
