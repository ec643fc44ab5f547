"""A run under doubt: later members, the record that is written and read again, and odd runs."""

import dataclasses
import json
import math
import os

import pandas as pd
import pytest

from screener.backtest import metrics
from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.backtest.run import prepare
from screener.backtest.run import run as make
from screener.backtest.spec import Mandate, RunSpec
from screener.data.sources import open_source
from screener.errors import SourceError, SpecError
from screener.strategy import load
from screener.study import placebo
from screener.study.luck import Trial
from screener.study.placebo import placebos
from screener.study.validate import DELAYS, Obedient, delayed, validate
from screener.study.validation import FILE, from_json, to_json, write
from tests.report.fake import fake_run

START, END = pd.Timestamp("2024-07-01").date(), pd.Timestamp("2025-06-30").date()


def made(name, membership="published"):
    return make(RunSpec(name, membership=membership, start=START, end=END), open_source("sample"))


@pytest.fixture(scope="module")
def run():
    return made("phase-rotation")


@pytest.fixture(scope="module")
def result(run):
    return validate(run, 3, 5, [Trial(0.4, -0.3), Trial(math.nan, 0.2)])


def test_members_are_counted_later_and_leave_on_their_day(run):
    theme = run.context.themes[0].id
    rows = run.context.membership[theme].copy()
    rows.iloc[:, 0] = False
    rows.iloc[10:20, 0] = True
    context = dataclasses.replace(run.context, membership=run.context.membership | {theme: rows})
    for name, later in delayed(context, 3).membership.items():
        for symbol in later.columns:
            was = context.membership[name][symbol].to_numpy()
            assert later[symbol].tolist() == [was[i] and i >= 3 and was[i - 3] for i in range(len(was))]
    (held,) = delayed(context, 3).membership[theme].iloc[:, 0].to_numpy().nonzero()
    assert held.tolist() == [13, 14, 15, 16, 17, 18, 19]
    assert delayed(context, 0).membership[theme].equals(rows)


def test_each_part_is_what_its_own_study_says(run, result):
    rule, window = load("phase-rotation"), run.windows[0]
    equal = run.controls["equal-weight"].nav
    chance = placebos(rule, rule.params(), run.context, run.spec.account, equal, window, 3, 5)
    parts = {part.kind: part for part in chance}
    assert [part.kind for part in result.chance] == ["shift", "labels", "time"]
    for part in result.chance:
        assert part.excess == tuple(parts[part.kind].excess)
        assert part.rank == parts[part.kind].rank or part.reason
    assert [point.quarters for point in result.cycle] == [-4, -3, -2, -1, 0, 1, 2, 3, 4]
    assert result.cycle[5].excess == parts["lag"].excess[4]
    assert result.cycle[4].excess == pytest.approx(result.cagr - result.equal_weight)
    assert result.luck.trials == result.luck_of_excess.trials == 3
    assert result.luck.sharpe == metrics.sharpe(run.result.nav.loc[window.base : window.end])
    assert result.overfit.settings == len(result.settings)


def test_no_delay_is_the_run_and_a_delay_is_a_backtest_of_its_own(run, result):
    assert [part.sessions for part in result.publication] == list(DELAYS)
    first, last = result.publication[0], result.publication[-1]
    assert (first.cagr, first.equal_weight) == (result.cagr, result.equal_weight)
    assert last.members < first.members
    context, window = delayed(run.context, 60), run.windows[0]
    rule = load("phase-rotation")
    weights = rule.weights(context, rule.params(run.spec.params))
    nav = backtest("x", weights, context.panel, run.spec.account, context.start).nav
    assert last.cagr == metrics.cagr(nav.loc[window.base : window.end])


def test_a_record_is_read_as_it_was_written(result):
    text = to_json(result)
    back = from_json(text)
    assert to_json(back) == text
    assert repr(back) == repr(result)  # NaN is not equal to itself
    assert "NaN" not in text
    assert json.loads(text)["format"] == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found.pop("seed"), "'seed' is missing"),
        (lambda found: found.update(format=2), "another version"),
        (lambda found: found.update(seed="one"), "'one' is no int"),
        (lambda found: found["luck"].update(sharpe="high"), "'high' is no float"),
    ],
)
def test_what_is_no_record_is_refused_in_words(result, change, says):
    found = json.loads(to_json(result))
    change(found)
    with pytest.raises(SpecError, match=says):
        from_json(json.dumps(found))
    with pytest.raises(SpecError, match="run `screener validate`"):
        from_json("[")


def test_a_record_is_written_whole_or_not_at_all(result, tmp_path, monkeypatch):
    assert write(result, tmp_path) == tmp_path / FILE
    first = (tmp_path / FILE).read_bytes()
    assert first.decode("utf-8") == to_json(result)
    for error, raised in (
        (OSError(28, "No space left"), SourceError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ):
        monkeypatch.setattr(os, "replace", raising(error))
        with pytest.raises(raised):
            write(dataclasses.replace(result, seed=9), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [FILE]
        assert (tmp_path / FILE).read_bytes() == first


def raising(error):
    def fail(*arguments):
        raise error

    return fail


def test_equal_weight_is_held_against_nothing_and_a_run_without_prices_against_less():
    got = validate(made("equal-weight", "hindsight"), 2)
    assert got.chance == got.cycle == ()
    assert got.luck_of_excess is None
    assert from_json(to_json(got)).luck_of_excess is None
    assert all(math.isnan(part.excess) for part in got.publication)
    assert any("equal weight itself" in note for note in got.notes)
    assert any("counting members later changes nothing" in note for note in got.notes)
    with pytest.raises(ValueError, match="without its context"):
        validate(fake_run())


def test_no_draws_are_made_when_none_are_asked_for(run):
    got = validate(run, 0)
    assert got.chance == ()
    assert "No controls by chance were drawn." in got.notes


def test_a_rule_under_a_mandate_is_doubted_under_it():
    spec = RunSpec("equal-weight", membership="hindsight", start=START, end=END)
    free = make(spec, open_source("sample"))
    gone = free.result.weights.columns[0][1]
    run = make(dataclasses.replace(spec, mandate=Mandate(excluded=(gone,))), open_source("sample"))
    got = validate(run, 0)
    assert got.publication[0].cagr == got.cagr == run.metrics["headline"]["equal-weight"]["cagr"]
    assert got.cagr != free.metrics["headline"]["equal-weight"]["cagr"]


def test_tilts_in_another_order_keep_the_mandate_of_the_run(monkeypatch):
    spec = RunSpec("theme-momentum", membership="hindsight", start=pd.Timestamp("2022-07-01").date(), end=END)
    context = prepare(spec, open_source("sample"))[0]
    rule, batch, traded = Obedient(load(spec.strategy), Mandate(name_cap=0.05)), placebo.batch_equity, []
    monkeypatch.setattr(
        placebo, "batch_equity", lambda sets, *rest: traded.append(sets) or batch(sets, *rest)
    )
    window = Window(context.start, context.panel.sessions[-1], "headline")
    level = pd.Series(1.0, index=context.panel.sessions)
    chance = placebos(rule, rule.params(), context, spec.account, level, window, 2, 1, rule.bound)
    assert len(chance[-1].draws) == 2
    assert all(w.T.groupby(level="symbol").sum().max().max() <= 0.05 + 1e-9 for w in traded[-1])
