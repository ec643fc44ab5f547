"""`screener cycle test`: one claim of the reports, put to its own data once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _about, _io, _live, _prices, backtest
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    from screener.backtest.spec import RunSpec
    from screener.data.sources import Source
    from screener.study.lags import Lagged

CLAIMS = {
    "asic-share": "A rising share of ASICs asks for more optics (S46, S47)",
    "hardware-to-apps": "Applications follow hardware (S20, S43)",
    "server-lead": "A chip maker's revenue leads servers by one to two quarters (S7)",
}
LAGGED = ("leader", "lag", "correlation", "low", "high", "worth", "pairs")
CHIP_MAKER = "aspeed-revenue"
ARITHMETIC = (
    "Arithmetic on one number of report 004, and no evidence: no series of the share exists here, so there "
    "are 0 cases and no correlation to detect."
)


def trial(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help=", ".join(CLAIMS) + ".")],
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    membership: backtest.Membership = "hindsight",
    themes: backtest.Themes = None,
    start: backtest.Start = None,
    end: backtest.End = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
    quiet: backtest.Quiet = False,
) -> None:
    """Put one claim of the reports to the prices: the lag that was stated, and those around it."""
    if claim not in CLAIMS:
        raise SpecError(f"claim {claim!r}: {nearest(claim, CLAIMS)}")
    if claim == "asic-share":
        _asic(as_json)
        return
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        spec = _about.spec(themes, membership, start, end)
        market = _prices.opened(source, variant, allow_suspect, step)
        step("reading prices")
        about, found = _tested(claim, spec, market)
    if as_json:
        _io.emit_json(about | vars(found))
    else:
        _show(about, found)


def _tested(claim: str, spec: RunSpec, market: Source) -> tuple[dict[str, Any], Lagged]:
    """Return what was tested, and what came out."""
    from screener.backtest.run import prepare
    from screener.cycle.driver import load_driver
    from screener.study import lags
    from screener.study.cycle import active_returns

    context = prepare(spec, market)[0]
    active = active_returns(context)
    about = {"claim": claim, **_about.about(context, active, spec.membership)}
    if claim == "server-lead":
        return about, lags.server_lead(active, load_driver(CHIP_MAKER))
    return about, lags.hardware_to_apps(active)


def _show(about: dict[str, Any], found: Lagged) -> None:
    """Print the lags as stated, those around them, and one sentence."""
    claim, *rest = about.values()
    _io.line(_about.heading(f"{CLAIMS[claim]};", *rest))
    for words, table, columns in (
        ("As stated beforehand", found.stated, (*LAGGED, "detectable")),
        (
            "Every lag in months, the leader first where it is above 0: looked at, not stated",
            found.explored,
            LAGGED,
        ),
    ):
        _io.line()
        _io.line(words)
        rows = [[_number(name, row[name]) for name in columns] for row in table.to_dict("records")]
        _io.table(columns, rows, columns[1:])
    _io.line()
    _io.line(f"- {found.sentence}")
    _io.line(
        f"- {len(found.stated)} correlations were stated and {len(found.explored)} looked at; one in twenty "
        "leaves 0 out by luck."
    )
    _io.line(
        "- Returns of a theme less the mean of the themes, without costs; `worth` counts independent pairs."
    )


def _asic(as_json: bool) -> None:
    """Print the two tables of report 004's number."""
    from screener.study import asic

    steps, paths = asic.steps(), asic.paths()
    if as_json:
        grid = paths.set_axis(map(str, paths.columns), axis=1)
        known = {"cases": 0, "detectable": None, "sentence": ARITHMETIC}
        _io.emit_json({"claim": "asic-share", "steps": steps, "paths": grid, **known})
        return
    _io.line(
        f"{CLAIMS['asic-share']}; optics per unit of computing are 1 + {asic.ELASTICITY - 1:.1f} x the share"
    )
    _io.line()
    _io.line(
        "Computing as it is: growth of optics and of GPUs, and the share that 30 % more optics would need"
    )
    rows = [[_share(name, row[name]) for name in steps] for row in steps.to_dict("records")]
    _io.table(list(steps), rows, list(steps)[1:])
    _io.line()
    _io.line("Growth of optics: a row a step of the share, a column a growth of computing")
    heads = [f"{more:+.0%}" for more in paths]
    rows = [
        [f"{old:.0%} to {new:.0%}", *(f"{value:+.1%}" for value in row)]
        for (old, new), row in zip(paths.index, paths.to_numpy(), strict=True)
    ]
    _io.table(("share", *heads), rows, heads)
    _io.line()
    _io.line(f"- {ARITHMETIC}")


def _share(column: str, value: float) -> str:
    """Write a share and a growth in per cent, the intensity as a number."""
    if value != value:
        return ""
    write: Callable[[float], str] = {
        "share": "{:.0%}".format,
        "needed": "{:.1%}".format,
        "intensity": "{:.2f}".format,
    }.get(column, "{:+.1%}".format)
    return write(value)


def _number(column: str, value: Any) -> object:
    """Write a correlation with two places, a count without any."""
    if value != value:
        return ""
    if column in ("correlation", "low", "high"):
        return f"{value:+.2f}"
    return {"worth": "{:.0f}", "detectable": "{:.2f}"}.get(column, "{}").format(value)
