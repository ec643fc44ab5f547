"""The note that an export leaves in its folder: which store its files came from, file by file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["MARKER", "exported_digest", "render_marker"]

MARKER = "export.json"
FORMAT, VERSION = "screener-export", 1


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
