"""Printing a page to PDF with a browser of the machine; nothing is fetched, no profile is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from screener.errors import SourceError, SpecError

__all__ = ["find_browser", "print_pdf"]

VARIABLE = "SCREENER_BROWSER"
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "msedge",
)  # fmt: skip
PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    ),
}
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-pdf-header-footer", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
SECONDS = 90


def find_browser() -> str:
    """Return the path of a Chromium: that of ``SCREENER_BROWSER``, else one that is installed.

    Raises
    ------
    SpecError
        If there is none.
    """
    if named := os.environ.get(VARIABLE):
        if found := shutil.which(named):
            return found
        raise SpecError(f"{VARIABLE}={named} is not a program; give the path of a Chromium, Chrome or Edge")
    installed = (shutil.which(name) for name in (*NAMES, *PLACES.get(sys.platform, ())))
    if found := next(filter(None, installed), None):
        return found
    raise SpecError(
        "--pdf needs Chromium, Chrome or Edge, and none was found",
        f"Install one, or name its program in {VARIABLE}; the page itself prints from any browser",
    )


def print_pdf(page: str) -> bytes:
    """Print a page to a PDF.

    Parameters
    ----------
    page : str
        HTML of one file.

    Raises
    ------
    SpecError
        If no browser is installed.
    SourceError
        If the browser fails or takes too long.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="screener-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "page.html").write_text(page, encoding="utf-8", newline="\n")
        return _printed(browser, folder)


def _printed(browser: str, folder: Path) -> bytes:
    """Let the browser print, in a profile of its own."""
    printed = folder / "page.pdf"
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # it refuses to start for root otherwise
    try:
        done = subprocess.run(
            [*command, (folder / "page.html").as_uri()], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"{browser}: did not print the page: {error}") from error
    pdf = printed.read_bytes() if printed.is_file() else b""
    if done.returncode or not pdf.startswith(b"%PDF"):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(f"{browser}: did not print the page: {said[-1] if said else done.returncode}")
    return pdf
