"""D1: seventy-two attempts to become part of the page, nine places by eight texts; and from end to end.

Each text must stand where it was put, as text: the parsed page has the elements and the attributes of the
harmless one, no more, and every block of style or script is unchanged.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from functools import cache

import pandas as pd
import pytest

import screener
from screener.backtest.result import Run
from screener.backtest.run import run as run_backtest
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.report.files import tables
from tests.make import write_folder
from tests.report.fake import Names, fake_run
from tests.report.markets import RULE, SHARES, THEME, market, workspace
from tests.report.pages import Page

TEXTS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "end of script": "</script><b>",
    "javascript": "javascript:alert(1)",
    "template": "{{7*7}}",
    "entity": "&lt;b&gt;",
    "line separator": "a\u2028b",
    "end of style": "</style><i>' onmouseover='x",
}
PLACES = {
    "basket name": ("theme_id",),
    "stock name": ("stock",),
    "theme": ("theme",),
    "strategy name": ("rule",),
    "parameter": ("parameter", "value"),
    "file name": ("file",),
    "benchmark name": ("benchmark",),
    "error text": ("reason", "note"),
    "CSV cell": tuple(field.name for field in dataclasses.fields(Names)),
}
LINKS = ("href", "src", "action", "formaction", "data", "xlink:href", "srcset")


def hostile(place: str, text: str) -> Run:
    return fake_run(n_days=12, names=dataclasses.replace(Names(), **dict.fromkeys(PLACES[place], text)))


@cache
def harmless(place: str) -> Page:
    """Return the page with a mild text in the same places: names that are alike are joined there too."""
    return Page(screener.tearsheet(hostile(place, "mild")))


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_text_shows_and_does_nothing(place: str, text: str) -> None:
    page = Page(screener.tearsheet(hostile(place, text)))
    shown = page.text + "".join(page.attributes("title") + page.attributes("aria-label"))
    assert text in shown
    assert page.shape == harmless(place).shape
    assert page.raw == harmless(place).raw
    assert not [link for name in LINKS for link in page.attributes(name) if not link.startswith("#")]


@pytest.mark.parametrize("text", [*TEXTS.values(), "=1+1", "+1", "@sum(1)", "-1", "a,b", 'a"b', "a\r\nb"])
def test_a_hostile_text_stays_in_its_cell(text: str) -> None:
    mild, found = tables(hostile("CSV cell", "mild")), tables(hostile("CSV cell", text))
    assert list(mild) == list(found)
    for name in mild:
        before, after = (list(csv.reader(io.StringIO(side[name], newline=""))) for side in (mild, found))
        assert [len(row) for row in after] == [len(row) for row in before]
        for cell in (cell for row in after for cell in row):
            assert not re.match(r"[=+@\t\r]|-(?![\d.])", cell), name  # a number may begin with a minus


@pytest.mark.slow
def test_hostile_files_reach_the_page_as_text(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts come in where they would: theme file, rule, list of shares, file of a fund."""
    every = " ".join(TEXTS.values())
    pages = {text: Page(screener.tearsheet(typed(tmp_path / str(k), text, monkeypatch)))
             for k, text in enumerate(("harmless", every))}  # fmt: skip
    assert pages[every].shape == pages["harmless"].shape
    assert [block[0] for block in pages[every].raw] == [block[0] for block in pages["harmless"].raw]
    for who in ("T", "S", "P", "F"):
        assert f"{who} {every}" in pages[every].text + "".join(pages[every].attributes("title"))


def typed(folder, text: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a rule on a market whose every name was typed by somebody else."""
    folder.mkdir()
    monkeypatch.setenv("SCREENER_WORKSPACE", str(workspace(folder / "desk")))
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    theme = THEME.replace('"Small"', f'"T {quoted}"')
    (folder / "desk" / "universes" / "small.toml").write_text(theme, encoding="utf-8")
    rule = RULE.replace(
        "    invested: float", f"    label: str = parameter({'P ' + text!r}, 'a text')\n    invested: float"
    )
    (folder / "desk" / "strategies" / "hold.py").write_text(rule, encoding="utf-8")
    panel = market()
    panel = dataclasses.replace(panel, names=panel.names | {SHARES[0]: f"S {text}"})
    place = write_folder(panel, folder / "prices")
    fund = pd.DataFrame({"date": panel.sessions, "symbol": "510300.SH", "close": 3.0, "name": f"F {text}"})
    fund.to_parquet(place / "etf.parquet", index=False)
    spec = RunSpec("hold", themes=("small",), benchmark="510300.SH")
    return run_backtest(spec, open_source(str(place)))
