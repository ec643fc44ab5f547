"""Themes: baskets of A-shares named by broker reports, read from TOML, checked, and counted by date."""

from screener.universe.reading import READINGS, membership, overlap, publication
from screener.universe.theme import DEFAULT_THEMES, Citation, Exposure, FormerName, Member, Theme
from screener.universe.toml_file import load, load_all

__all__ = [
    "DEFAULT_THEMES",
    "READINGS",
    "Citation",
    "Exposure",
    "FormerName",
    "Member",
    "Theme",
    "load",
    "load_all",
    "membership",
    "overlap",
    "publication",
]
