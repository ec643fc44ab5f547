"""A process that writes to a store without pandas, to be killed, starved and raced by the tests.

python child.py FOLDER commit GENERATION | loop | hold | bump NAME TIMES | watch
"""

import hashlib
import itertools
import json
import sys
from pathlib import Path

from screener.data.store import disk, writer
from screener.data.store.manifest import Entry
from screener.errors import ScreenerError

NAMES = (("bars", "300308.SZ"), ("bars", "300502.SZ"), ("index", "000300.SH"))


def item(kind, key, data, source):
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"{kind}/{key}-{sha256[:12]}.parquet"
    return writer.Item(Entry(kind, key, file, sha256, sha256, len(data), 1, "", "", source, "now"), data)


def lock(folder):
    return disk.Lock(folder, lambda text: None)


def commit(folder, generation):
    """Write three tables that all say which generation they are of; the index never changes."""
    said = [f"{kind} {key} {generation}".encode() * 3_000 for kind, key in NAMES[:2]] + [b"level" * 3_000]
    items = [item(*name, data, generation) for name, data in zip(NAMES, said, strict=True)]
    with lock(folder)(), writer.told():
        writer.publish(folder, writer.read_manifest(folder), items)


def generation(folder):
    """Return the generation that all tables are of, once every byte is checked, reading as a reader does."""
    for attempt in (1, 2, 3):
        try:
            entries = writer.read_manifest(folder)
            held = [(entry, disk.read_bytes(folder / entry.file)) for entry in entries.values()]
            break
        except FileNotFoundError:  # swept since: read the manifest again
            assert attempt < 3, "a file of the manifest is missing"
    for entry, data in held:
        assert hashlib.sha256(data).hexdigest() == entry.sha256, entry.file
    (of,) = {entry.source for entry in entries.values()} or {""}
    return of


def bump(folder, name, times):
    """Add 1 to a number of our own and to a common one, in one update."""
    for _ in range(times):
        with lock(folder)(), writer.told():
            entries = writer.read_manifest(folder)
            items = []
            for key in ("common", name):
                entry = entries.get(("bars", key))
                data = disk.read_bytes(folder / entry.file) if entry else b"0"
                items.append(item("bars", key, json.dumps(int(data) + 1).encode(), "counter"))
            writer.publish(folder, entries, items)


def watch(folder):
    """Read until the store says that its number is the last one; a torn read is an AssertionError."""
    for reads in itertools.count(1):
        if generation(folder) == "last":
            return print(reads)


def main(folder, verb, *words):
    if verb == "commit":
        commit(folder, words[0])
    elif verb == "loop":
        print("ready", flush=True)
        for number in itertools.count(1):
            commit(folder, str(number))
    elif verb == "hold":
        with lock(folder)():
            print("ready", flush=True)
            sys.stdin.read()
    elif verb == "bump":
        bump(folder, words[0], int(words[1]))
    elif verb == "watch":
        watch(folder)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except ScreenerError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
