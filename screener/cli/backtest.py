"""`screener backtest`: run a strategy beside its controls and write its page."""

from __future__ import annotations

import dataclasses
import datetime as dt
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener import __version__
from screener.cli import _io, _live, _mandate, _prices, _rule, tearsheet
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.backtest.result import Run
    from screener.backtest.spec import Account, RunSpec
    from screener.data.sources import Source

WITH_CONFIG = (
    "config",
    "source",
    "out",
    "no_page",
    "public",
    "lang",
    "accept_other_data",
    "allow_suspect",
    "offline",
    "as_json",
    "quiet",
)


Strategy = Annotated[str | None, typer.Argument(help="Name of a strategy, or path of its file.")]
Themes = Annotated[
    list[str] | None, typer.Option(metavar="A,B", help="Themes; default the five of the compute chain.")
]
Membership = Annotated[
    str, typer.Option(metavar="READING", help="published (from the report's day) or hindsight.")
]
Start = Annotated[str | None, typer.Option(metavar="DATE", help="First session; default the first possible.")]
End = Annotated[str | None, typer.Option(metavar="DATE", help="Last session; default the last with prices.")]
Cash = Annotated[float, typer.Option(metavar="CNY", help="Opening capital.", show_default="10,000,000")]
Symbol = Annotated[
    str,
    typer.Option(metavar="SYMBOL", help="Comparison curve; default the source's own.", show_default=False),
]
AccountSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="NAME=VALUE",
        help="Change the account: fill, commission_bp, slippage_bp, participation, band, off, ...",
    ),
]
NoPage = Annotated[bool, typer.Option("--no-page", help="Write the figures and tables, but no page.")]
Public = Annotated[
    bool, typer.Option("--public", help="Leave out prices, sizes and holdings, so that it may be published.")
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the run; default results/RUN-ID.")]
Config = Annotated[
    Path | None, typer.Option(metavar="RUN.TOML", help="Repeat a run; its settings come from this file.")
]
AllowOverdue = Annotated[
    bool, typer.Option("--allow-overdue", help="Allow the last decision to rest on an overdue release.")
]
AcceptOtherData = Annotated[
    bool,
    typer.Option("--accept-other-data", help="With --config: run though the prices are not those of then."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


def backtest(
    ctx: typer.Context,
    strategy: Strategy = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    themes: Themes = None,
    membership: Membership = "published",
    start: Start = None,
    end: End = None,
    cash: Cash = 10_000_000.0,
    benchmark: Symbol = "",
    settings: _rule.Settings = None,
    account: AccountSettings = None,
    mandate: _mandate.File = None,
    no_page: NoPage = False,
    public: Public = False,
    lang: tearsheet.Lang = "en",
    out: Out = None,
    config: Config = None,
    allow_overdue: AllowOverdue = False,
    accept_other_data: AcceptOtherData = False,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a strategy beside its controls, print the verdict and write a page.

    \b
    screener backtest capex-rotation
    screener backtest capex-rotation --source FOLDER --membership hindsight --set cycle_tilt=0
    screener backtest --config results/RUN/run.toml
    """  # noqa: D301 - \b keeps the lines of the example apart
    if (strategy is None) == (config is None):
        raise SpecError(
            "Name a strategy (`screener strategy list` shows them), or repeat a run with --config"
        )
    started, style = dt.datetime.now(dt.UTC), tearsheet.check_style(lang)
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        from screener.backtest.run import run
        from screener.report.save import save
        from screener.report.style import Style

        spec, market = _repeat(ctx, config, accept_other_data) if config else _from_options(ctx.params, step)
        done = run(spec, market, step)
        step("writing the tables" if no_page else "writing the page")
        folder = save(
            done,
            out,
            _stamp(started),
            page=not no_page,
            style=Style(**style),
            public=public,
            progress=step,
        )
    _show(done, folder, _cut(spec, market), as_json)


def _from_options(options: dict[str, Any], step: Callable[[str], None]) -> tuple[RunSpec, Source]:
    """Read the options; all that is wrong in them is said at once."""
    from screener.backtest.spec import Account, Mandate, RunSpec

    checks = _io.Checks()
    start = checks.value(_io.date, "--start", options["start"])
    end = checks.value(_io.date, "--end", options["end"])
    account = checks.value(_account, options["cash"], options["account"] or [])
    mandate = checks.value(_mandate.read, options["mandate"])
    params = checks.value(_rule.params, options["strategy"], options["settings"] or [])
    spec = checks.value(
        RunSpec,
        strategy=options["strategy"],
        params=params or {},
        themes=_names(options["themes"] or []),
        membership=options["membership"],
        start=start,
        end=end,
        benchmark=options["benchmark"],
        allow_overdue=options["allow_overdue"],
        account=account or Account(),
        mandate=mandate or Mandate(),
    )
    checks.settle()
    market = _prices.opened(options["source"], options["variant"], options["allow_suspect"], step)
    return dataclasses.replace(spec, source=market.spec), market


def _repeat(ctx: typer.Context, config: Path, accept_other_data: bool) -> tuple[RunSpec, Source]:
    """Read the settings of an earlier run; only where prices come from and results go may differ."""
    from screener.backtest.spec import RunSpec

    given = [name for name in ctx.params if ctx.get_parameter_source(name).name == "COMMANDLINE"]
    foreign = [f"--{name.replace('_', '-')}" for name in given if name not in WITH_CONFIG]
    if foreign:
        allowed = ", ".join(f"--{name.replace('_', '-').removeprefix('as-')}" for name in WITH_CONFIG[1:])
        raise SpecError(f"{', '.join(foreign)}: set in {config}, change it there; allowed: {allowed}")
    spec = RunSpec.from_toml(_text(config), str(config))
    market = _prices.again(spec.source, ctx.params["source"], config, ctx.params["allow_suspect"])
    return (dataclasses.replace(spec, source=market.spec) if accept_other_data else spec), market


def _text(config: Path) -> str:
    """Read a settings file."""
    try:
        return config.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SpecError(f"{config}: there is no such file") from error
    except OSError as error:
        raise SpecError(f"{config}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{config}: is not UTF-8 text; give the run.toml of a run") from error


def _names(texts: list[str]) -> tuple[str, ...]:
    """Split comma-separated names."""
    return tuple(_io.split(texts))


def _account(cash: float, settings: list[str]) -> Account:
    """Read the account; ``cash`` has an option of its own."""
    from screener.backtest.spec import Account

    return Account.from_texts({"cash": str(cash)} | _rule.pairs("--account", settings))


def _stamp(started: dt.datetime) -> dict[str, Any]:
    """Say when and with what a run was made: all that two equal runs may differ in."""
    finished = dt.datetime.now(dt.UTC)
    return {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((finished - started).total_seconds(), 2),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "screener": __version__,
        "versions": {name: version(name) for name in ("numba", "numpy", "pandas", "pyarrow")},
    }


def _cut(spec: RunSpec, market: Source) -> list[str]:
    """Say that the prices end before the day asked for.

    It is not a note of the run, which is the same as one without that day and has the same id.
    """
    last = market.span()[1].date()
    if spec.end is None or spec.end <= last:
        return []
    return [f"The prices end on {last}: --end={spec.end} is cut to it"]


def _show(run: Run, folder: Path, told: list[str], as_json: bool) -> None:
    """Print the verdict, what was `told` of this making alone, and where the page is."""
    from screener.report.terminal import terminal_lines

    page = folder / "tearsheet.html"
    where = page if page.is_file() else None
    lines = [*terminal_lines(run), *told]
    if not as_json:
        for text in (*lines, f"Tearsheet: {page}" if where else f"Tables: {folder}"):
            _io.line(text)
        return
    _io.emit_json(
        {
            "run_id": run.run_id,
            "folder": folder,
            "page": where,
            "simulated": run.provenance.simulated,
            "settings": run.spec,
            "effective_start": run.effective_start,
            "verdict": lines,
            "verdicts": run.verdicts,
            "metrics": run.metrics,
            "notes": run.notes,
        }
    )
