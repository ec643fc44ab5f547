"""Take the pictures of the README: `python docs/pictures.py RUN`, with Chromium and playwright installed."""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from screener.report import saved
from screener.report.browser import find_browser

FOLDER = Path(__file__).resolve().parent / "images"
COLOURS = 240  # of a picture; the page has few
VIEWS = {  # name: width, language, light or dark, the section on top ("" for the head), height
    "tearsheet": (1280, "en", "light", "", 1420),
    "tearsheet-charts": (1280, "en", "light", "nav", 1060),
    "tearsheet-dark-zh": (1280, "zh", "dark", "", 900),
    "tearsheet-phone-zh": (390, "zh", "light", "", 1100),
}


def main() -> None:
    """Open the page of a run and take each view of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of a run, or its name in results")
    page = (saved.find(parser.parse_args().run).folder / saved.PAGE).resolve()
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=find_browser(), args=root)
        for name, (width, lang, scheme, section, height) in VIEWS.items():
            settings = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            context = browser.new_context(offline=True, device_scale_factor=1.0, **settings)
            opened = context.new_page()
            opened.goto(page.as_uri())
            picture = taken(opened, lang, section)
            picture.save(FOLDER / f"{name}.png", optimize=True)
            print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size:,} bytes")
            context.close()
        browser.close()


def taken(page: Page, lang: str, section: str) -> Image.Image:
    """Take what the window shows, in few colours."""
    if page.evaluate("document.documentElement.lang") != lang:
        page.click("[data-switch=lang]")
    if section:
        page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return shot.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
