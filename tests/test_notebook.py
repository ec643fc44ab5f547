"""The notebook shows what it ran, names no path of a machine, and its cells run anywhere on the sample."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "flagship.ipynb"
TEXT = PATH.read_text(encoding="utf-8")
NOTEBOOK = json.loads(TEXT)
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
MACHINE = re.compile(r"/work|/tmp|/home|/Users|root\b|[A-Z]:\\", re.IGNORECASE)
LARGEST = 400_000


def words(value: Any) -> list[str]:
    """Return every text inside a value of JSON, keys too, but for pictures."""
    if isinstance(value, dict):
        inner = [words(part) for key, part in value.items() if not key.startswith("image/png")]
        return [*value, *(text for texts in inner for text in texts)]
    if isinstance(value, list):
        return [text for part in value for text in words(part)]
    return [str(value)]


def said(cell: dict[str, Any]) -> str:
    """Return what a cell printed and showed as text."""
    shown = [output.get("text", output.get("data", {}).get("text/plain", [])) for output in cell["outputs"]]
    return "\n".join("".join(lines) for lines in shown)


def test_every_code_cell_was_run_in_order_and_none_failed() -> None:
    assert NOTEBOOK["nbformat"] == 4
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    for cell in CODE:
        assert cell["outputs"], cell["id"]
        assert all(output["output_type"] != "error" for output in cell["outputs"])
        assert all(output.get("name") != "stderr" for output in cell["outputs"])


def test_it_is_short_and_names_no_machine() -> None:
    assert len(TEXT.encode()) < LARGEST
    assert 12 <= len(NOTEBOOK["cells"]) <= 16
    assert [text for text in words(NOTEBOOK) if MACHINE.search(text)] == []


def test_its_outputs_come_from_prices_of_a_folder_and_are_not_simulated() -> None:
    outputs = "\n".join(map(said, CODE))
    assert "prices: folder" in outputs
    assert "SIMULATED" not in outputs


def test_its_last_words_say_what_its_outputs_and_the_readme_say() -> None:
    """Every figure of a year in the closing words stands in a table above, and in the README."""
    closing = "".join(NOTEBOOK["cells"][-1]["source"])
    outputs = "\n".join(map(said, CODE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8").split("## What the rule earned")[1]
    for figure in re.findall(r"[-+]\d+\.\d\b", closing):
        assert figure.removeprefix("+") in outputs, figure
        assert figure in readme or figure == "-3.1", figure  # of the whole hindsight window
    for figure in ("3.3 points", "0.2", "3.2 points", "-53.3", "0.5 to 1.2"):
        assert figure in closing
        assert figure in readme


@pytest.mark.slow
def test_its_cells_run_in_order_on_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    monkeypatch.delenv("SCREENER_SOURCE", raising=False)
    monkeypatch.delenv("SCREENER_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names: dict[str, Any] = {"__name__": "notebook"}
    shown = []
    for cell in CODE:
        tree = ast.parse("".join(cell["source"]), cell["id"])
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell["id"], "exec"), names)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), cell["id"], "eval"), names))
    assert len(pyplot.get_fignums()) == 1
    pyplot.close("all")
    told = capsys.readouterr().out
    assert "prices: sample" in told
    assert told.count("capex-rotation earned") + told.count("capex-rotation lost") == 2
    assert all(not frame.empty for frame in shown if frame is not None)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    (run,) = (tmp_path / "results").iterdir()
    assert {"tearsheet.html", "run.toml"} <= {path.name for path in run.iterdir()}
