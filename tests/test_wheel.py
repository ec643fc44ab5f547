"""The wheel carries the built-in themes and strategies and works from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent


def call(*command: str | Path, cwd: Path) -> str:
    """Run a command without any setting that could lead back to the checkout."""
    leads_back = ("SCREENER_", "PYTHON")
    known = {k: v for k, v in os.environ.items() if k == "SCREENER_STORE" or not k.startswith(leads_back)}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=known | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with what is installed, without asking a registry."""
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone into a fresh environment that borrows the packages of this one."""
    home = tmp_path_factory.mktemp("fresh env")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    paths = sysconfig.get_paths("venv", vars={"base": str(home), "platbase": str(home)})
    python = Path(paths["scripts"]) / ("python.exe" if os.name == "nt" else "python")
    # A folder named in a .pth file is searched, but the .pth files in it (an editable checkout) are not read.
    Path(paths["purelib"], "borrowed.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--quiet")
    call(*pip, "install", "--no-deps", "--no-index", wheel, cwd=home)
    return python.parent


def shipped(*folders: str) -> set[str]:
    """Return the files of the checkout that belong in a wheel."""
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {p.relative_to(ROOT).as_posix() for p in files if "__pycache__" not in p.parts}


def test_wheel_carries_the_package_its_data_and_the_built_ins_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    outside = {f"screener/_builtin/{name}" for name in shipped("universes", "strategies")}
    assert packed == shipped("screener") | outside
    assert "screener/py.typed" in packed


def test_installed_wheel_works_from_any_folder(scripts: Path, tmp_path: Path) -> None:
    themes = json.loads(call(scripts / "screener", "universe", "list", "--json", cwd=tmp_path))
    rules = json.loads(call(scripts / "screener", "strategy", "list", "--json", cwd=tmp_path))
    assert {row["theme"] for row in themes} >= {"ai-chips", "servers", "idc", "optical", "ai-apps"}
    assert {row["strategy"] for row in rules} >= {"capex-rotation", "equal-weight"}
    assert {row["from"] for row in (*themes, *rules)} == {"built-in"}
    assert "2026Q1" in call(scripts / "screener", "cycle", "show", "--as-of", "2026-05-07", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_installed_wheel_is_not_the_checkout_and_adds_no_other_module(scripts: Path, tmp_path: Path) -> None:
    program = (
        "import importlib.util as u, screener\n"
        "print(screener.__file__)\n"
        "print([name for name in ('universes', 'strategies', 'tests') if u.find_spec(name)])"
    )
    where, found = call(scripts / "python", "-c", program, cwd=tmp_path).splitlines()
    assert ROOT not in Path(where).parents
    assert found == "[]"
