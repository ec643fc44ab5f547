"""The backtest command on the sample market, from the options to the folder of the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.make import make_panel, write_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("backtest", "equal-weight", "--source", "sample", "--start", "2025-01-02", "--end", "2025-06-30")


def test_a_run_ends_with_the_verdict_and_the_path_of_its_page(command: Command, folder: Path) -> None:
    done = command(*SHORT, "--themes", "optical,servers", "--themes", "idc", "--cash", "1000000")
    *verdict, last = done.out.splitlines()
    page = Path(last.removeprefix("Tearsheet: "))
    settings = tomllib.loads((page.parent / "run.toml").read_text(encoding="utf-8"))
    assert done.code == 0
    assert verdict
    assert "SIMULATED" in done.out
    assert "SIMULATED" in page.read_text(encoding="utf-8")
    assert page.resolve().parent.parent == folder / "results"
    assert (settings["themes"], settings["account"]["cash"]) == (["optical", "servers", "idc"], 1_000_000.0)
    assert "- trading" in done.err.splitlines()


def test_json_holds_verdict_and_figures_and_quiet_says_nothing_else(command: Command) -> None:
    done = command(*SHORT, "--json", "--quiet", "--out", "here", "--set", "tranches=1")
    told = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert told["simulated"] is True
    assert told["settings"]["params"]["tranches"] == 1
    assert set(told["metrics"]["headline"]) >= {"equal-weight", "static-mix", "buy-and-hold"}
    assert Path(told["page"]).is_file()


def test_a_rule_that_is_its_own_control_claims_nothing(command: Command) -> None:
    done = command(*SHORT, "--quiet", "--out", "here", "--json")
    told = json.loads(done.out)
    assert "the same as the equal weight of its themes; there is nothing to tell apart." in done.out
    assert "tell from luck" not in done.out
    assert [verdict["detectable"] for verdict in told["verdicts"]] == [None]
    assert "the window is too short" not in Path(told["page"]).read_text(encoding="utf-8")


def test_an_end_after_the_prices_is_said_and_leaves_the_run_as_it_is(command: Command) -> None:
    whole = ("backtest", "equal-weight", "--source", "sample", "--start", "2026-01-05", "--quiet", "--json")
    plain, late = (json.loads(command(*whole, *end).out) for end in ((), ("--end", "2030-01-01")))
    last = plain["settings"]["end"]
    assert late["run_id"] == plain["run_id"]
    assert [line for line in late["verdict"] if line not in plain["verdict"]] == [
        f"The prices end on {last}: --end=2030-01-01 is cut to it"
    ]


def test_members_without_prices_are_named_on_the_page_and_in_the_terminal(
    command: Command, folder: Path
) -> None:
    names = ["600519.SH", "688981.SH", "300001.SZ"]
    panel = make_panel(420, ("300308.SZ", "300502.SZ", "300394.SZ"), actions=False, start="2023-01-03")
    write_folder(panel, folder / "prices")
    (folder / "universes").mkdir()
    theme = "\n".join(
        [
            'title = "Mine"\ntitle_zh = "x"\nstage = "midstream"\ndriver = "hyperscaler-capex"',
            "[exposure]",
            "value = 0.0",
            "date = 2020-01-01",
            'reason = "x"',
            *(
                f'[[members]]\nsymbol = "{name}"\nname = "{name}"\nsince = 2020-01-01\n'
                'valid_from = 2020-01-01\nconfidence = "sure"\n'
                'source = { report = "1", date = 2020-01-01, quote = "x" }'
                for name in (*panel.symbols, *names)
            ),
        ]
    )
    (folder / "universes" / "mine.toml").write_text(theme, encoding="utf-8")
    done = command("backtest", "equal-weight", "--source", "prices", "--themes", "mine", "--quiet")
    said = f"3 of 6 shares have no prices and are left out: {', '.join(sorted(names))}."
    assert done.code == 0, done.err
    assert said in done.out.splitlines()
    page = Path(done.out.splitlines()[-1].removeprefix("Tearsheet: ")).read_text(encoding="utf-8")
    assert page.index(said) < page.index("Key figures")


def test_another_run_is_not_replaced(command: Command, folder: Path) -> None:
    assert command(*SHORT, "--quiet", "--out", "here", "--no-page").code == 0
    assert command(*SHORT, "--quiet", "--out", "here", "--no-page").code == 0
    before = {path: path.read_bytes() for path in (folder / "here").iterdir()}
    done = command(*SHORT, "--quiet", "--out", "here", "--no-page", "--cash", "1000000")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "here: holds another run (equal-weight)" in done.err
    assert {path: path.read_bytes() for path in (folder / "here").iterdir()} == before


def test_listed_runs_are_those_that_were_made(command: Command) -> None:
    made = json.loads(command(*SHORT, "--json", "--quiet").out)
    (row,) = json.loads(command("runs", "list", "--json").out)
    assert (row["run_id"], row["strategy"]) == (made["run_id"], "equal-weight")
    shown = command("runs", "list").out.splitlines()[-1]
    assert shown.startswith(f"{made['run_id']} ")
    assert f"{made['metrics']['headline']['equal-weight']['cagr']:.1%}" in shown.split()


def test_settings_made_on_other_data_are_refused_unless_accepted(command: Command, folder: Path) -> None:
    command(*SHORT, "--quiet", "--out", "first")
    config = folder / "first" / "run.toml"
    text = config.read_text(encoding="utf-8")
    recorded = tomllib.loads(text)["source"]["sha256"]
    (folder / "other.toml").write_text(text.replace(recorded, "0" * 64), encoding="utf-8")
    refused = command("backtest", "--config", "other.toml", "--quiet")
    assert refused.code == 2
    assert "--accept-other-data" in refused.err
    assert not (folder / "results").exists()
    assert command("backtest", "--config", "other.toml", "--quiet", "--accept-other-data").code == 0


def test_the_folder_of_the_environment_is_used(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_SOURCE", "no-such-folder")
    done = command("backtest", "equal-weight", "--quiet")
    assert done.code == 2
    assert "no-such-folder" in done.err


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process there")
def test_ctrl_c_leaves_no_half_run(tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "screener", "backtest", "capex-rotation", "--source", "sample"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "- reading prices\n" in iter(process.stderr.readline, "")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Interrupted; nothing was saved"
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
