"""Read lists of shares that terminals and spreadsheets export: CSV in any of their encodings, or Excel."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from screener.errors import SymbolError, UniverseError
from screener.market.symbols import CodeError, normalise

__all__ = ["Export", "Line", "Positions", "read_export", "read_positions", "restored"]

HEADERS = {
    "code": (
        *("代码", "证券代码", "股票代码", "成份券代码", "成分券代码"),
        *("wind代码", "code", "symbol", "ticker", "windcode"),
    ),
    "name": (
        "名称",
        "证券简称",
        "证券名称",
        "股票简称",
        "股票名称",
        "简称",
        "成份券名称",
        "成分券名称",
        "name",
    ),
    "weight": ("权重", "持仓权重", "占比", "weight"),
    "shares": (
        *("数量", "持仓数量", "证券数量", "股份余额", "股票余额", "当前持仓", "持仓", "持股数"),
        *("shares", "quantity", "position"),
    ),
}
SEPARATORS = ",\t;"
TITLE_ROWS = 20  # rows above the header that a title may take
SUMS = ("合计", "总计", "小计")
FOOTNOTE = re.compile(r"(数据来源|资料来源|来源|注[:：]|备注|source)", re.IGNORECASE)
OLD_EXCEL, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
SHORT = re.compile(
    r"(?P<before>SH|SZ|BJ)?[.]?(?P<digits>[1-9][0-9]{0,4})(?P<after>[.](?:SH|SZ|BJ))?", re.IGNORECASE
)
NO_WEIGHT = ("", "-", "--", "nan", "none")

Cells = tuple[int, list[str]]  # number of the row, its cells


class Line(NamedTuple):
    """A share of an export; `weight` is None where the file has none."""

    row: int
    symbol: str
    name: str
    weight: float | None


class Positions(NamedTuple):
    """What an account holds: shares by symbol, those of 0 left out, and what else stood in the file."""

    held: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """The shares of a file, in its order, and what had to be mended or was left out."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def read_export(path: Path) -> Export:
    """Read a list of shares.

    Parameters
    ----------
    path : Path
        CSV with commas, tabs or semicolons, in UTF-8, UTF-16 or GB18030, or an ``.xlsx`` workbook, of which
        the first sheet is read. What the file is, its content says and not its suffix.

    Raises
    ------
    UniverseError
        If it cannot be read, has no columns of codes and names, or rows that are wrong; all of them at once.
    """
    return listed(path, *opened(path))


def opened(path: Path) -> tuple[list[Cells], int, dict[str, int]]:
    """Return the rows of a file, the number of its header and where its columns stand."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UniverseError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not data.strip():
        raise UniverseError(f"{path.name}: is empty")
    return workbook(path, data) if data[:4] == ZIP else separated(path, data)


def listed(path: Path, rows: list[Cells], header: int, columns: dict[str, int]) -> Export:
    """Return the shares of rows, or all that is wrong with them."""
    lines: list[Line] = []
    notes: list[str] = []
    problems: list[str] = []
    for row, cells in rows:
        if row <= header or not any(cell.strip() for cell in cells):
            continue
        line, note, wrong = read_line(row, cells, columns)
        seen = {earlier.symbol: earlier.row for earlier in lines}
        if line and line.symbol in seen:
            wrong = [f"{line.symbol} stands in row {seen[line.symbol]} already"]
        problems += [f"{path.name}: row {row}: {text}" for text in wrong]
        notes += [f"row {row}: {note}"] if note else []
        lines += [line] if line and not wrong else []
    if not lines and not problems:
        problems.append(f"{path.name}: no rows below the header in row {header}")
    if problems:
        raise UniverseError(*said_once(problems))
    return Export(tuple(lines), tuple(notes))


def said_once(problems: list[str]) -> list[str]:
    """Leave out what is allowed behind a "; " where an earlier line has said it."""
    shown: list[str] = []
    for problem in problems:
        head, mark, allowed = problem.partition("; ")
        repeated = any(earlier.endswith(f"; {allowed}") for earlier in shown)
        shown.append(head if mark and repeated else problem)
    return shown


def read_positions(path: Path) -> Positions:
    """Read what an account holds: a code, a name and a number of shares a row.

    Parameters
    ----------
    path : Path
        As for `read_export`, with a column of numbers of shares.

    Returns
    -------
    Positions
        Whatever is no A-share (funds, B shares, bonds, repurchases) is left out and named: an account holds
        it beside, and no rule trades it.

    Raises
    ------
    UniverseError
        As `read_export`, or if a number of shares is missing, negative or a fraction; all at once.
    """
    rows, header, columns = opened(path)
    beside = {row: why for row, cells in rows if row > header and (why := other(cells, columns["code"]))}
    rows = [(row, cells) for row, cells in rows if row not in beside]
    lines = {line.row: line for line in listed(path, rows, header, columns).lines}
    if "shares" not in columns:
        raise UniverseError(
            f"{path.name}: no column of shares; its header may be one of {', '.join(HEADERS['shares'])}"
        )
    held: dict[str, int] = {}
    problems: list[str] = []
    for row, cells in rows:
        if row not in lines:
            continue
        text = cells[columns["shares"]].strip() if columns["shares"] < len(cells) else ""
        try:
            number = Decimal(unicodedata.normalize("NFKC", text).replace(",", ""))
            if number < 0 or number != int(number):
                raise ValueError(text)
            held[lines[row].symbol] = int(number)
        except (ValueError, ArithmeticError):
            problems.append(f"{path.name}: row {row}: shares {text!r} must be a whole number of 0 or more")
    if problems:
        raise UniverseError(*problems)
    notes = tuple(f"{path.name}: row {row} is left out: {why}" for row, why in beside.items())
    return Positions({symbol: shares for symbol, shares in held.items() if shares}, notes)


def other(cells: list[str], at: int) -> str:
    """Return what the code of a row stands for if it is that of no A-share, else nothing."""
    try:
        normalise(restored(cells[at].strip() if at < len(cells) else "")[0])
    except SymbolError as error:
        known = isinstance(error, CodeError) and error.kind == "not_a_share"
        return error.problems[0].partition("; ")[0] if known else ""
    return ""


def read_line(row: int, cells: list[str], columns: dict[str, int]) -> tuple[Line | None, str, list[str]]:
    """Return the share of a row, what was mended in it, and what is wrong with it."""
    found = {kind: cells[at].strip() if at < len(cells) else "" for kind, at in columns.items()}
    if sum(bool(cell.strip()) for cell in cells) == 1 and FOOTNOTE.match("".join(cells).strip()):
        return None, f"left out, a footnote: {''.join(cells).strip()}", []
    if found["code"] in SUMS:
        return None, "left out, a sum", []
    problems: list[str] = []
    text, note = restored(found["code"])
    symbol, weight = "", None
    try:
        symbol = normalise(text)
    except SymbolError as error:
        problems += [f"code: {problem}" for problem in error.problems] if text else ["the code is missing"]
    name = unicodedata.normalize("NFKC", found["name"]).replace(" ", "")
    if not name:
        problems.append("the name is missing")
    try:
        weight = read_weight(found.get("weight", ""))
    except ValueError:
        problems.append(f"weight {found['weight']!r} must be a number of 0 or more")
    return (None if problems else Line(row, symbol, name, weight)), note, problems


def restored(text: str) -> tuple[str, str]:
    """Undo what a spreadsheet does to a code.

    Returns
    -------
    code, note : str
        The note says which zeros were put back; it is empty where none were lost.

    Examples
    --------
    >>> restored('="000977"'), restored("977.0")
    (('000977', ''), ('000977', "'977.0' read as 000977: a spreadsheet had dropped its zeros"))
    """
    narrow = re.sub(r'^="?(.*?)"?$', r"\1", unicodedata.normalize("NFKC", text).strip()).lstrip("'").strip()
    if re.fullmatch(r"[0-9]+\.0*|[0-9](\.[0-9]+)?E\+?[0-9]+", narrow, re.IGNORECASE):
        number = Decimal(narrow)
        narrow = str(int(number)) if number == int(number) else narrow
    short = SHORT.fullmatch(narrow)
    if short is None or (short["before"] and short["after"]):
        return narrow, ""
    whole = f"{short['before'] or ''}{short['digits'].zfill(6)}{short['after'] or ''}"
    return whole, f"{text!r} read as {whole}: a spreadsheet had dropped its zeros"


def read_weight(text: str) -> float | None:
    """Return a weight, None where there is none; ValueError if the text is neither."""
    plain = unicodedata.normalize("NFKC", text).strip().rstrip("%").replace(",", "")
    if plain.lower() in NO_WEIGHT:
        return None
    try:
        weight = Decimal(plain)
    except InvalidOperation:
        raise ValueError(text) from None
    if not weight.is_finite() or weight < 0:
        raise ValueError(text)
    return float(weight)


def separated(path: Path, data: bytes) -> tuple[list[Cells], int, dict[str, int]]:
    """Return the rows of a CSV, the number of its header and where its columns stand."""
    if data[:4] == OLD_EXCEL:
        raise UniverseError(f"{path.name} is an old Excel workbook (.xls); save it as .xlsx or CSV")
    text = decoded(path, data)
    if re.match(r"\s*<(!doctype|html|table|\?xml)", text, re.IGNORECASE):
        raise UniverseError(f"{path.name} is a web page under another name; save it as .xlsx or CSV")
    for separator in SEPARATORS:
        rows = list(numbered(text, separator))
        if (found := find_header(rows)) and "name" in found[1]:
            return rows, *found
    return refuse_header(path, list(numbered(text, ",")))


def workbook(path: Path, data: bytes) -> tuple[list[Cells], int, dict[str, int]]:
    """Return the same of the first sheet of a workbook; every cell as text."""
    import pandas as pd

    if importlib.util.find_spec("openpyxl") is None:
        raise UniverseError(
            f"{path.name} is an Excel workbook, and openpyxl is not installed; install screener[excel], or "
            "save the file as CSV"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that the terminals leave out
            sheet = pd.read_excel(io.BytesIO(data), header=None, dtype=object, engine="openpyxl")
    except Exception as error:  # whatever a damaged archive makes the reader raise
        raise UniverseError(f"{path.name}: is no readable workbook: {error}") from error
    cells = sheet.astype(object).where(sheet.notna(), "")
    rows = [(i, [str(cell) for cell in row]) for i, row in enumerate(cells.to_numpy().tolist(), 1)]
    found = find_header(rows)
    return (rows, *found) if found and "name" in found[1] else refuse_header(path, rows)


def decoded(path: Path, data: bytes) -> str:
    """Return the text of a file: by its byte-order mark, else UTF-8, else GB18030."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in data[:200]:
        low = data[1:200:2].count(0) > data[0:200:2].count(0)  # the empty halves of plain letters come second
        encodings = ["utf-16-le" if low else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UniverseError(f"{path.name}: is text in neither UTF-8, UTF-16 nor GB18030; save it as UTF-8")


def numbered(text: str, separator: str) -> Iterator[Cells]:
    """Yield the rows of a text with the lines on which they end."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UniverseError(f"row {reader.line_num}: {error}") from error


def find_header(rows: list[Cells]) -> tuple[int, dict[str, int]] | None:
    """Return the number of the row that names a column of codes, and where each column stands."""
    for row, cells in rows[:TITLE_ROWS]:
        titles = [plain_title(cell) for cell in cells]
        where = {
            kind: next(i for i, title in enumerate(titles) if title in names)
            for kind, names in HEADERS.items()
            if any(title in names for title in titles)
        }
        if "code" in where:
            return row, where
    return None


def plain_title(cell: str) -> str:
    """Return the head of a column without unit, blanks, marks and case."""
    narrow = unicodedata.normalize("NFKC", cell).replace("\ufeff", "").lower()
    return re.sub(r"\(.*?\)|\[.*?\]|[\s_'\"=%]", "", narrow)


def refuse_header(path: Path, rows: list[Cells]) -> tuple[list[Cells], int, dict[str, int]]:
    """Raise, saying which of the two columns is missing and how it may be called."""
    found = find_header(rows)
    kind, row = ("name", f"row {found[0]}") if found else ("code", f"the first {TITLE_ROWS} rows")
    raise UniverseError(
        f"{path.name}: no column of {kind}s in {row}; its header may be one of {', '.join(HEADERS[kind])}"
    )
