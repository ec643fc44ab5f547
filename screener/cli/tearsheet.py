"""`screener tearsheet`: the page of a saved run, in a language and colours, as HTML or PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from screener.cli import _io
from screener.errors import SourceError, SpecError, nearest

CHOICES = {"lang": ("en", "zh"), "up": ("red", "green"), "scheme": ("auto", "light", "dark")}

Lang = Annotated[str, typer.Option(metavar="en|zh", help="Language that the page opens in.")]
Up = Annotated[str, typer.Option(metavar="red|green", help="Colour of a gain.")]
Scheme = Annotated[str, typer.Option(metavar="auto|light|dark", help="Light or dark; auto as the reader's.")]


def check_style(lang: str = "en", up: str = "red", scheme: str = "auto") -> dict[str, str]:
    """Return how a page shall look.

    Raises
    ------
    SpecError
        For each choice that there is not.
    """
    given = {"lang": lang, "up": up, "scheme": scheme}
    wrong = [
        f"--{name}={value}: {nearest(value, CHOICES[name])}"
        for name, value in given.items()
        if value not in CHOICES[name]
    ]
    if wrong:
        raise SpecError(*wrong)
    return given


def tearsheet(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, or its name in results.")],
    lang: Lang = "en",
    up: Up = "red",
    scheme: Scheme = "auto",
    pdf: Annotated[bool, typer.Option("--pdf", help="Print to PDF with an installed Chromium.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default beside the page: tearsheet[.zh][.light].pdf")
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """Write the page of a saved run in another language or colours, or print it to PDF.

    \b
    screener tearsheet results/RUN --pdf
    screener tearsheet RUN --lang zh --pdf
    """  # noqa: D301 - \b keeps the lines of the example apart
    style = check_style(lang, up, scheme)
    from screener import workspace
    from screener.report import saved
    from screener.report.browser import print_pdf
    from screener.report.style import Style, restyle

    found = saved.find(run)
    page = restyle(found.page(), Style(**style))
    target = out or found.folder / _name(style, "pdf" if pdf else "html")
    workspace.write(target, print_pdf(page) if pdf else page.encode("utf-8"), SourceError)
    if as_json:
        _io.emit_json({"run_id": found.run_id, "file": target, **style})
    else:
        _io.line(f"Tearsheet: {target}")


def _name(style: dict[str, str], suffix: str) -> str:
    """Name the file by what differs from the defaults."""
    usual = {"lang": "en", "up": "red", "scheme": "auto"}
    marks = [
        value if name != "up" else f"{value}-up" for name, value in style.items() if value != usual[name]
    ]
    return ".".join(["tearsheet", *marks, suffix])
