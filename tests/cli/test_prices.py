"""One door to prices: every command takes, names and refuses a source in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

WINDOW = ("--from", "2025-01-02", "--to", "2025-03-03")
PRICES = {
    "backtest": ("backtest", "equal-weight"),
    "compare": ("compare", "equal-weight"),
    "cycle study": ("cycle", "study"),
    "cycle events": ("cycle", "events"),
    "cycle test": ("cycle", "test", "server-lead"),
    "screen": ("screen", "momentum"),
    "review": ("review", *WINDOW),
    "today": ("today", "equal-weight", "--cash", "1000000"),
    "universe index": ("universe", "index", "optical"),
}
SHARES = {
    "davis": ("davis", "optical", *WINDOW),
    "universe check": ("universe", "check", "optical"),
    "universe suggest": ("universe", "suggest", "optical"),
    "universe new": ("universe", "new", "mine", "--members", "300308"),
}
EVERY = PRICES | SHARES
NOT_A_FOLDER = "source={} is not a folder; give store, sample, or a folder of prices (see the README)\n"


def problems(err: str) -> str:
    """Return what was told, without the steps."""
    return "".join(line for line in err.splitlines(keepends=True) if not line.startswith("- "))


@pytest.mark.parametrize("words", EVERY.values(), ids=EVERY)
def test_a_folder_that_is_not_there_is_a_wrong_setting(
    words: tuple[str, ...], command: Command, folder: Path
) -> None:
    done = command(*words, "--source", "nowhere")
    assert (done.code, done.out, problems(done.err)) == (2, "", NOT_A_FOLDER.format("nowhere"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("words", EVERY.values(), ids=EVERY)
def test_the_variable_names_the_source_of_every_command(
    words: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_SOURCE", "elsewhere")
    done = command(*words)
    assert (done.code, done.out, problems(done.err)) == (2, "", NOT_A_FOLDER.format("elsewhere"))


@pytest.mark.parametrize("words", EVERY.values(), ids=EVERY)
def test_the_option_goes_before_the_variable(
    words: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_SOURCE", "elsewhere")
    assert problems(command(*words, "--source", "nowhere").err) == NOT_A_FOLDER.format("nowhere")


@pytest.mark.parametrize("words", EVERY.values(), ids=EVERY)
def test_a_store_that_is_asked_for_and_not_there_is_never_replaced(
    words: tuple[str, ...], command: Command
) -> None:
    done = command(*words, "--source", "store")
    assert (done.code, done.out) == (2, "")
    assert problems(done.err).startswith("source=store: there is no store in ")


@pytest.mark.parametrize("words", PRICES.values(), ids=PRICES)
def test_a_variant_is_one_of_the_sample(words: tuple[str, ...], command: Command, folder: Path) -> None:
    unknown = command(*words, "--source", "sample", "--variant", "plant")
    assert (unknown.code, unknown.out) == (2, "")
    assert "did you mean planted" in problems(unknown.err)
    of_a_folder = command(*words, "--source", str(folder), "--variant", "planted")
    assert (of_a_folder.code, of_a_folder.out) == (2, "")
    assert problems(of_a_folder.err).startswith("variant='planted': is of the sample alone; ")


@pytest.mark.parametrize("name", ["screen", "review", "today", "universe index"])
def test_simulated_prices_that_nobody_named_are_said(name: str, command: Command) -> None:
    more = ("--allow-overdue",) if name == "today" else ()
    done = command(*PRICES[name], *more, "--json")
    assert done.code == 0, done.err
    assert done.err.startswith("- prices are SIMULATED, as there is no store yet in SCREENER_STORE=")
    named = command(*PRICES[name], *more, "--json", "--source", "sample")
    assert (named.code, named.err, named.out) == (0, "", done.out)


def test_a_folder_of_the_home_may_be_written_with_a_tilde(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "expanduser", lambda path: Path(str(path).replace("~", str(folder))))
    done = command("screen", "momentum", "--source", "~")
    assert "is not a folder" not in done.err
    assert "prices*.parquet is missing in ~" in done.err
