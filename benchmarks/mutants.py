"""Break the rule and fee code one small change at a time, and count the changes that the tests notice.

    python benchmarks/mutants.py                                       # everything, about forty minutes
    python benchmarks/mutants.py --files market --limit 200 --seed 1   # a sample, about eight minutes
    python benchmarks/mutants.py --files kernels --limit 60 --seed 1   # about two minutes
    python benchmarks/mutants.py --files screener/market/tax.py --list

A mutant is one change: another comparison or arithmetic sign; `and` / `or`, `&` / `|`, `min` / `max`, `floor`
/ `ceil`, `any` / `all`, `left` / `right` swapped; a number one larger or doubled; a boolean or `not` turned
round; a returned text or None replaced; a branch never or always taken. Annotations, decorators and texts are
left alone; outside functions also `|`, which joins types there.

The checkout is never touched: every worker has a copy of package and tests in a temporary folder. The tests
must first pass on the file as it is, parsed and written again. Each mutant is then tested in a process of its
own, by the tests of its file first and the examples in its docstrings last; a run over the time limit counts
as killed. The kernels are tested uncompiled (NUMBA_DISABLE_JIT=1), on 200 of the 500 random markets.
"""

from __future__ import annotations

import argparse
import ast
import copy
import fnmatch
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("screener", "strategies", "universes", "tests")
MARKET = (
    "bands", "prices", "bars", "fees", "lots", "tax", "actions", "limits", "symbols", "calendar", "account",
)  # fmt: skip
KERNELS = ("fills", "lots", "book", "events", "sheet", "sizing", "sales", "purchases", "market")
GROUPS = {
    "market": [f"screener/market/{name}.py" for name in MARKET],
    "kernels": [f"screener/kernels/{name}.py" for name in KERNELS],
}
TWIN = "tests/kernels/test_market.py::test_every_order_and_every_fen_of_500_markets_equals_the_naive_twin"
LEGAL = "tests/kernels/test_market.py::test_legal_quantities_are_the_largest_that_the_exchange_takes"
WIDE = "tests/kernels/test_market.py::test_wide_markets_of_which_little_is_held_equal_the_twin"
KERNEL_TESTS = ["tests/kernels/test_fills.py", LEGAL, WIDE, *(f"{TWIN}[{block}]" for block in range(8))]

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
PAIRS = (("min", "max"), ("any", "all"), ("minimum", "maximum"), ("floor", "ceil"), ("left", "right"))
SWAPPED = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
BUILT_IN = ("min", "max", "any", "all")  # as a bare name; the others are methods or arguments


class Mutant(NamedTuple):
    """One change of one file."""

    file: str
    line: int
    what: str
    source: str


class Spot(NamedTuple):
    """A place in the tree: `holder[key]`, or the attribute `key` of it, is `node`."""

    holder: ast.AST | list
    key: int | str
    node: ast.AST
    inside: bool  # inside a function

    def put(self, node: ast.AST) -> None:
        """Write another node here."""
        if isinstance(self.holder, list):
            self.holder[self.key] = node
        else:
            setattr(self.holder, self.key, node)


def spots(node: ast.AST, inside: bool = False) -> Iterator[Spot]:
    """Walk through the code, without annotations and decorators."""
    inside = inside or isinstance(node, (ast.FunctionDef, ast.Lambda))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(name, value)]
        for key, child in children:
            if isinstance(child, ast.AST):
                yield Spot(value if isinstance(value, list) else node, key, child, inside)
                yield from spots(child, inside)


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def variants(node: ast.AST, inside: bool) -> Iterator[ast.AST]:
    """Change one node in every way that applies."""
    match node:
        case ast.Compare():
            for number, op in enumerate(node.ops):
                for other in COMPARISONS[type(op)]:
                    yield changed(node, ops=[*node.ops[:number], other(), *node.ops[number + 1 :]])
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            if inside or not isinstance(node.op, ast.BitOr):
                yield changed(node, op=ARITHMETIC[type(node.op)]())
        case ast.BoolOp():
            yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
            if node.value not in (0, 1):
                yield ast.Constant(node.value * 2)
        case ast.Name() if node.id in BUILT_IN:
            yield changed(node, id=SWAPPED[node.id])
        case ast.Attribute() if node.attr in SWAPPED:
            yield changed(node, attr=SWAPPED[node.attr])
        case ast.keyword(arg="side", value=ast.Constant(value=str())):
            yield changed(node, value=ast.Constant(SWAPPED[node.value.value]))
        case ast.Return(value=ast.Constant(value=None | str())):
            yield changed(node, value=ast.Constant(0 if node.value.value is None else ""))
        case ast.If() | ast.IfExp():
            yield changed(node, test=ast.Constant(False))
            yield changed(node, test=ast.Constant(True))


def told(node: ast.AST, new: ast.AST) -> str:
    """Say a change in one line."""
    if isinstance(node, ast.If | ast.IfExp):
        return f"if {ast.unparse(node.test)}: {'always' if new.test.value else 'never'} taken"
    return f"{ast.unparse(node)} -> {ast.unparse(new)}"


def mutants_of(file: str) -> list[Mutant]:
    """Make every mutant of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    seen, found = {ast.unparse(tree)}, []
    for spot in list(spots(tree)):
        for new in variants(spot.node, spot.inside):
            spot.put(new)
            source = ast.unparse(ast.fix_missing_locations(tree))
            spot.put(spot.node)
            if source not in seen:
                seen.add(source)
                line = getattr(spot.node, "lineno", 0)
                found.append(Mutant(file, line, told(spot.node, new), source))
    return found


def tests_of(file: str) -> list[str]:
    """Name the tests of a file, those most likely to notice first."""
    if file in GROUPS["kernels"]:
        return KERNEL_TESTS
    own, doors = f"test_{Path(file).stem}", "test_vectors"
    every = sorted(path.name for path in (ROOT / "tests" / "market").glob("test_*.py"))
    every.sort(key=lambda name: (not name.startswith(own), not name.startswith(doors)))
    return [*(f"tests/market/{name}" for name in every), file]


def copied(folder: Path) -> Path:
    """Copy what the tests need."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def complaint(
    folder: Path, file: str, source: str, tests: list[str], seconds: float, bytecode: bool = False
) -> str:
    """Run the tests over `source` in place of `file`; return "" if they pass, else what was said."""
    path = folder / file
    kept = path.read_bytes()
    path.write_text(source, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "numba")}
    # Two mutants of one second and one length would be one to the byte code that Python keeps.
    environment["PYTHONDONTWRITEBYTECODE"] = "" if bytecode else "1"
    environment["NUMBA_DISABLE_JIT"] = "1" if file in GROUPS["kernels"] else "0"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        return "" if run.returncode == 0 else run.stdout + run.stderr or "failed"
    except subprocess.TimeoutExpired:
        return "time limit"
    finally:
        path.write_bytes(kept)


def made_ready(folder: Path, tests: dict[str, list[str]], seconds: float) -> None:
    """Copy the package and run each file's tests as it is; stop where they fail."""
    copied(folder)
    for file, names in tests.items():
        source = ast.unparse(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        said = complaint(folder, file, source, names, seconds, bytecode=True)
        if said:
            raise SystemExit(f"{file}: its tests fail before any change\n{said}")
        for kept in (folder / file).parent.glob(f"__pycache__/{Path(file).stem}.*.pyc"):
            kept.unlink()
        if not complaint(folder, file, "raise SystemError", names, seconds):
            raise SystemExit(f"{file}: the tests do not run the copy in {folder}")


def chosen(files: list[str]) -> list[str]:
    """Turn names of groups, paths and patterns into files."""
    every = [file for group in GROUPS.values() for file in group]
    found = []
    for name in files:
        matches = GROUPS.get(name) or fnmatch.filter(every, name) or [name]
        found += [file for file in matches if file not in found]
    return found


def judged(mutants: list[Mutant], tests: dict[str, list[str]], jobs: int, seconds: float) -> list[str]:
    """Test every mutant; return what was said of each, "" for a survivor."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as base:
        free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(jobs):
            made_ready(Path(base) / str(number), tests, seconds)
            free.put(Path(base) / str(number))

        def judge(mutant: Mutant) -> str:
            folder = free.get()
            try:
                said = complaint(folder, mutant.file, mutant.source, tests[mutant.file], seconds)
            finally:
                free.put(folder)
            if not said:
                print(f"survived  {mutant.file}:{mutant.line}: {mutant.what}", flush=True)
            return said

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(judge, mutants))


def report(mutants: list[Mutant], said: list[str]) -> None:
    """Print the share of each file and of all."""
    print(f"{'file':32} mutants killed share")
    for file in [*dict.fromkeys(mutant.file for mutant in mutants), "all"]:
        words = [word for mutant, word in zip(mutants, said, strict=True) if file in (mutant.file, "all")]
        killed = sum(map(bool, words))
        print(f"{file:32} {len(words):7} {killed:6} {killed / len(words):6.1%}")
    print(f"over the time limit, counted as killed: {said.count('time limit')}")


def main() -> None:
    """Read the options, make the mutants, test them, print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--files", nargs="+", default=list(GROUPS), help="groups (market, kernels) or paths")
    parser.add_argument("--tests", nargs="+", help="instead of the tests that fit the file")
    parser.add_argument("--limit", type=int, help="a random sample of so many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of one mutant")
    parser.add_argument("--list", action="store_true", help="print the mutants and test none")
    options = parser.parse_args()
    files = chosen(options.files)
    mutants = [mutant for file in files for mutant in mutants_of(file)]
    if options.limit is not None and options.limit < len(mutants):
        mutants = sorted(random.Random(options.seed).sample(mutants, options.limit))
    if options.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line}: {mutant.what}")
        return
    present = dict.fromkeys(mutant.file for mutant in mutants)
    tests = {file: options.tests or tests_of(file) for file in present}
    report(mutants, judged(mutants, tests, options.jobs, options.seconds))


if __name__ == "__main__":
    main()
