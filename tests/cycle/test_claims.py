"""Claims of the reports beside what happened: outcomes known from elsewhere, and nothing before its time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from screener import workspace
from screener.cycle.claims import VERDICTS, Outcome, judge, load_claims, said
from screener.cycle.driver import load_driver
from screener.errors import CycleError

DAY = pd.Timestamp
LAST = DAY("2026-08-20")  # the last release of the facts is of 2026-07-30
CLAIMS = load_claims()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of own claims in an empty workspace; its folder exists."""
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    path = tmp_path / "universes" / "claims" / "own.toml"
    path.parent.mkdir(parents=True)
    return path


def outcome(name: str, day: pd.Timestamp = LAST) -> Outcome:
    return judge(CLAIMS[name], day)


# Hundred millions of dollars or per cent, as the scorecard of the reports' methods prints them.
KNOWN = [
    ("capex-2024", "held", "", 2303, 4.8),
    ("ocf-2024", "missed", "above", 4581, 10.5),
    ("capex-2025", "missed", "above", 3786, 32.5),
    ("ocf-2025", "missed", "above", 5805, 21.8),
    ("capex-growth-2025", "missed", "above", 64, 34.4),
    ("capex-share-2025", "missed", "above", 65.2, 5.3),
    ("capex-2025-range", "missed", "above", 3786, 9.7),
    ("capex-2025-speed", "missed", "above", 64, 34.4),
    ("meta-2024", "held", "", 392.3, 4.6),
    ("google-2025", "held", "", 914, 7.5),
]


@pytest.mark.parametrize(("name", "verdict", "side", "happened", "error"), KNOWN)
def test_what_happened_is_what_is_known_from_elsewhere(
    name: str, verdict: str, side: str, happened: float, error: float
) -> None:
    found = outcome(name)
    assert (found.verdict, found.side) == (verdict, side)
    digits = 1 if isinstance(happened, float) else 0
    assert round(found.happened[0], digits) == happened
    assert found.error == pytest.approx(error, abs=0.051)


@pytest.mark.parametrize(
    ("name", "so_far"),
    [("capex-2026", 2966), ("ocf-2026", 3225), ("capex-share-2026", 92), ("capex-2026-range", 2966)],
)
def test_an_open_claim_shows_the_first_half_and_no_error(name: str, so_far: float) -> None:
    found = outcome(name)
    assert (found.verdict, found.known) == ("open", "2026Q1 to 2026Q2")
    assert round(found.happened[0]) == so_far
    assert math.isnan(found.error)


def test_growth_so_far_is_against_the_same_quarters() -> None:
    found = outcome("capex-2026-speed")
    halves = {year: sum(quarters(year)[:2]) for year in (2025, 2026)}
    assert found.verdict == "open"
    assert found.happened[0] == pytest.approx((halves[2026] / halves[2025] - 1) * 100)


def quarters(year: int, definition: str = "headline", entity: str = "") -> list[float]:
    rows = load_driver().rows
    rows = rows[(rows["definition"] == definition) & (rows["period_end"].dt.year == year)]
    rows = rows[rows["entity"] == entity] if entity else rows
    return rows.groupby("period_end")["value"].sum().tolist()


def test_redundancy_is_used_up_when_capex_first_takes_what_payouts_leave() -> None:
    payouts = 33.86  # of table 1, in per cent of cash flow
    assert float(CLAIMS["redundancy-turn"].value[0]) == pytest.approx(100 - payouts)
    found = outcome("redundancy-turn")
    assert (found.verdict, found.known) == ("held", "2026Q1")
    assert found.usable_from == DAY("2026-04-30")
    assert "2025Q4: 378,570 / 580,533 of the trailing year = 65.2%, usable from 2026-02-06" in found.lines
    assert outcome("redundancy-turn", DAY("2026-04-29")).verdict == "open"


@pytest.mark.parametrize(
    ("value", "period", "verdict", "side"),
    [("60", "FY2026", "missed", "early"), ("70", "FY2025", "missed", "late"), ("90", "FY2026", "open", "")],
)
def test_a_turn_may_come_early_or_late(value: str, period: str, verdict: str, side: str) -> None:
    claim = dataclasses.replace(CLAIMS["redundancy-turn"], value=(Decimal(value),), period=period)
    found = judge(claim, LAST)
    assert (found.verdict, found.side) == (verdict, side)


def test_a_turn_that_has_not_come_when_its_year_is_known_is_late() -> None:
    claim = dataclasses.replace(CLAIMS["redundancy-turn"], value=(Decimal(70),), period="FY2025")
    assert judge(claim, DAY("2026-02-05")).verdict == "open"  # the last quarter of 2025 is not known yet
    found = judge(claim, DAY("2026-02-06"))
    assert (found.verdict, found.side, found.known) == ("missed", "late", "2025Q4")


def test_a_turn_counts_only_quarters_that_came_out_after_the_claim() -> None:
    later = {"date": dt.date(2025, 8, 16), "value": (Decimal(45),), "period": "2025H2"}
    found = judge(dataclasses.replace(CLAIMS["redundancy-turn"], **later), LAST)
    assert (found.verdict, found.known) == ("held", "2025Q3")  # above 45 % ever since 2024, and in 2022 too


def test_guidance_was_raised_as_foretold_and_nobody_knew_before() -> None:
    found = outcome("google-raises")
    assert (found.verdict, found.lines) == ("held", ("2025-10-29: 85 to 92 USD billion, raised",))
    assert found.happened[0] == pytest.approx((92 / 85 - 1) * 100)
    assert outcome("google-raises", DAY("2025-10-29")).verdict == "open"
    other = dataclasses.replace(CLAIMS["google-raises"], expects="cut")
    assert judge(other, LAST).verdict == "missed"


@pytest.mark.parametrize(("expects", "verdict"), [("kept", "held"), ("raised", "missed")])
def test_guidance_that_nobody_touched_again_was_kept(expects: str, verdict: str) -> None:
    last = dataclasses.replace(CLAIMS["google-raises"], date=dt.date(2025, 11, 15), expects=expects)
    assert judge(last, DAY("2025-12-31")).verdict == "open"
    assert judge(last, DAY("2026-01-05")).verdict == verdict


WRONG = [
    ("meta-2024-growth", (33.5, 37.5)),
    ("capex-2024q2-year", (58.0, 57.8)),
    ("sector-headline", (-0.76, -2.23)),
    ("capex-2025-own-sum", (47.6, 52.0, 48.9, 53.3)),
    ("google-run-rate", (848,)),
    ("optical-30", (17.9, 15.2, 13.2)),
]


@pytest.mark.parametrize(("name", "results"), WRONG)
def test_sums_that_do_not_come_out(name: str, results: tuple[float, ...]) -> None:
    assert outcome(name).verdict == "not reproducible"
    assert outcome(name).happened == pytest.approx(results, abs=0.06)


RIGHT = [
    ("meta-guidance-middle", (375,)),
    ("tender-price", (197.9,)),
    ("tender-amount", (1_582_000,)),
    ("tender-units", (8054,)),
    ("tender-units-before", (2454,)),
    ("tender-multiple", (3.28, 3.26)),
    ("capex-2024q2", (531.49,)),
    ("capex-2024q2-quarter", (19.1, 19.3)),
    ("breadth", (323,)),
    ("sector-against-300", (-0.96, -2.43)),
    ("h800-payback", (15_555,)),
    ("h800-payback-years", (1.78,)),
    ("tsmc-middle", (200,)),
    ("tsmc-bases", (188.7, 156.7)),
    ("tsmc-ai-compound", (7.6,)),
    ("capex-2026-own-sum", (34.8,)),
    ("asic-share", (18, 15.2, 13.2)),
    ("asic-share-needed", (36.7, 58.4, 86.7)),
]


@pytest.mark.parametrize(("name", "results"), RIGHT)
def test_the_other_sums_come_out_as_printed(name: str, results: tuple[float, ...]) -> None:
    found = outcome(name)
    assert found.verdict == "reproduced"
    assert found.happened == pytest.approx(results, rel=3e-3)


def test_every_sum_of_the_reports_is_held_to_a_figure_here() -> None:
    sums = {name for name, claim in CLAIMS.items() if claim.kind == "arithmetic"}
    assert sums == {name for name, _ in WRONG + RIGHT}


def test_of_several_printed_numbers_each_must_come_out() -> None:
    off = dataclasses.replace(CLAIMS["asic-share"], value=(Decimal(18), Decimal("15.2"), Decimal("13.4")))
    found = judge(off, LAST)
    assert found.verdict == "not reproducible"
    assert [line.endswith("not 13.4") for line in found.lines] == [False, False, True]
    assert found.error == pytest.approx((2.40 / 2.12 - 1) * 100 - 13.4)


def test_a_sum_waits_for_a_number_that_it_takes_from_a_driver() -> None:
    early = dataclasses.replace(CLAIMS["meta-2024-growth"], date=dt.date(2024, 1, 15))
    assert judge(early, DAY("2024-02-01")).verdict == "open"  # the base of 2023 came out that evening
    assert judge(early, DAY("2024-02-02")).verdict == "not reproducible"


def test_spending_said_of_2025_fits_capex_but_no_growth_of_30_per_cent() -> None:
    base = sum(quarters(2024))
    assert [round(x / base * 1e4 - 100, 1) for x in (3400, 3500)] == [47.6, 52.0]
    assert outcome("capex-2025-own-sum").verdict == "not reproducible"
    assert outcome("capex-2025-speed").verdict == "missed"


def test_a_forecast_in_another_currency_is_not_measured_unless_a_rate_is_stated() -> None:
    claim = CLAIMS["tsmc-2024q2"]
    months = load_driver("tsmc-revenue").rows.set_index("period_end")["value"]
    taiwan = months["2024-04":"2024-06"].sum()
    found = judge(claim, LAST)
    assert (found.verdict, found.happened) == ("cannot be measured", ())
    assert "states no rate of exchange" in found.reason
    with_rate = judge(dataclasses.replace(claim, rate=Decimal("32.3")), LAST)
    assert with_rate.happened[0] == pytest.approx(taiwan / 32.3 / 100)
    assert (with_rate.verdict, with_rate.side) == ("missed", "above")


def test_growth_in_another_currency_is_shown_and_not_judged() -> None:
    months = load_driver("tsmc-revenue").rows.set_index("period_end")["value"]
    second = months["2024-04":"2024-06"].sum()
    for name, first in (
        ("tsmc-2024q2-quarter", months["2024-01":"2024-03"].sum()),
        ("tsmc-2024q2-year", months["2023-04":"2023-06"].sum()),
    ):
        found = outcome(name)
        assert found.verdict == "cannot be measured"
        assert found.lines[-1].endswith(f"= {(second / first - 1) * 100:+.1f} %")


def test_what_no_series_measures_is_open_until_it_is_due() -> None:
    assert outcome("tsmc-ai-2028").verdict == "open"
    assert judge(CLAIMS["tsmc-ai-2028"], DAY("2028-12-31")).verdict == "cannot be measured"
    assert outcome("startups-arr").verdict == "cannot be measured"
    assert outcome("startups-arr").reason


@pytest.mark.parametrize("name", CLAIMS)
def test_nothing_shows_before_it_could_be_used(name: str) -> None:
    claim = CLAIMS[name]
    with pytest.raises(CycleError, match="nobody knew of it"):
        judge(claim, DAY(claim.date) - pd.Timedelta(days=1))
    for day in pd.date_range(claim.date, LAST, freq="97D"):
        found = judge(claim, day)
        assert found.verdict in VERDICTS
        assert not found.usable_from > day
        told = [text.rsplit("usable from ", 1)[1] for text in found.lines if "usable from" in text]
        assert max(told, default="") <= f"{day:%Y-%m-%d}"


@pytest.mark.parametrize("name", [name for name, *_ in KNOWN] + ["google-floor-2024"])
def test_the_verdict_comes_with_the_last_release_and_not_a_day_sooner(name: str) -> None:
    settled = outcome(name)
    assert settled.usable_from > DAY(CLAIMS[name].date)
    assert outcome(name, settled.usable_from).verdict == settled.verdict
    assert outcome(name, settled.usable_from - pd.Timedelta(days=1)).verdict == "open"


@pytest.mark.slow
def test_a_later_quarter_in_the_users_driver_changes_no_earlier_view(own: Path) -> None:
    shipped = workspace.built_in("universes") / "drivers" / "hyperscaler-capex.csv"
    text = shipped.read_text(encoding="utf-8")
    more = "".join(
        f"{who},2026-09-30,2026-10-29,2026-10-30,99999,USD million,{what},me\n"
        for who in ("AMZN", "GOOGL", "META", "MSFT")
        for what in ("cash", "headline")
    )
    before = {name: judge(claim, LAST) for name, claim in CLAIMS.items()}
    drivers = own.parents[1] / "drivers"
    drivers.mkdir()
    (drivers / shipped.name).write_text(text + more, encoding="utf-8")
    after = {name: judge(claim, LAST) for name, claim in CLAIMS.items()}
    assert {name for name in before if repr(before[name]) != repr(after[name])} == set()
    assert judge(CLAIMS["capex-2026"], DAY("2026-10-30")).known == "2026Q1 to 2026Q3"


def test_every_claim_has_its_source_and_says_something() -> None:
    for claim in CLAIMS.values():
        assert claim.report in ("000", "001", "002", "003", "004")
        assert claim.title_zh
        assert claim.method.startswith("S")
        assert said(claim) or claim.reason
        assert dt.date(2024, 5, 6) <= claim.date <= dt.date(2025, 8, 16)


@pytest.mark.parametrize(
    ("value", "within", "verdict", "side"),
    [
        ("3785.7", "5", "held", ""),
        ("3606", "5", "held", ""),  # 3606 x 1.05 = 3786.3
        ("3605", "5", "missed", "above"),  # 3605 x 1.05 = 3785.25
        ("3984", "5", "held", ""),  # 3984 x 0.95 = 3784.8
        ("3986", "5", "missed", "below"),  # 3986 x 0.95 = 3786.7
        ("3000", "30", "held", ""),
    ],
)
def test_a_single_number_holds_within_its_width(value: str, within: str, verdict: str, side: str) -> None:
    claim = dataclasses.replace(CLAIMS["capex-2025"], value=(Decimal(value),), within=Decimal(within))
    found = judge(claim, LAST)
    assert (found.verdict, found.side) == (verdict, side)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "side"),
    [("3700", "3800", "held", ""), (None, "3700", "missed", "above"), ("3800", None, "missed", "below")],
)
def test_a_range_holds_what_lies_in_it(low: str | None, high: str | None, verdict: str, side: str) -> None:
    ends = {"low": low and Decimal(low), "high": high and Decimal(high)}
    found = judge(dataclasses.replace(CLAIMS["capex-2025"], value=(), **ends), LAST)
    assert (found.verdict, found.side) == (verdict, side)
