"""The note that an export leaves in its folder: which store its files came from, file by file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from screener.errors import DataError

__all__ = ["MARKER", "check_exported", "exported_digest", "render_marker"]

MARKER = "export.json"
FORMAT, VERSION = "screener-export", 1
AGAIN = f"export it again, or remove {MARKER} to import it as any folder"


def render_marker(digest: str, files: Mapping[str, bytes]) -> bytes:
    """Write the note: the hash of the exported tables and of every file; no time and no path."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    note = {"format": FORMAT, "version": VERSION, "digest": digest, "files": hashes}
    return (json.dumps(note, indent=1) + "\n").encode("utf-8")


def exported_digest(folder: Path, paths: Iterable[Path]) -> str | None:
    """Return the hash of the tables that a folder was exported from, or None.

    Parameters
    ----------
    folder : Path
    paths : iterable of Path
        The files that a run reads.

    Notes
    -----
    The hash stands for the files only while every one of them is what was exported. After any change of a
    file, or with one more or fewer, the folder is a folder like any other, and is hashed by its files.
    """
    try:
        note = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        digest, files = str(note["digest"]), dict(note["files"])
        if (note["format"], note["version"]) != (FORMAT, VERSION):
            return None
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = found and all(files.get(name) == sha256 for name, sha256 in found.items())
    lost = [name for name in files if not (folder / name).is_file()]
    return digest if whole and not lost else None


def check_exported(folder: Path) -> None:
    """Refuse a folder of which the note says that it is another one than was exported.

    Raises
    ------
    DataError
        One line for each file that is not there or holds other bytes, or for a note that cannot be read. A
        folder without a note, or with one of another version, is a folder like any other.
    """
    if not (folder / MARKER).exists():
        return
    try:
        note = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        known = (note["format"], note["version"]) == (FORMAT, VERSION)
        files = dict(note["files"]) if known else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{MARKER}: is not the note of an export; {AGAIN}") from error
    problems = [_unlike(folder / name, sha256) for name, sha256 in sorted(files.items())]
    if any(problems):
        raise DataError(*filter(None, problems))


def _unlike(path: Path, sha256: object) -> str:
    """Say how a file differs from the one that was exported, or nothing."""
    try:
        same = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return f"{path.name}: was exported and cannot be read or is missing; {AGAIN}"
    return "" if same else f"{path.name}: is not the file that was exported; {AGAIN}"
