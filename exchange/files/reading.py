"""Rows of an uploaded file, one at a time, as names and cells."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, time
from typing import Any, BinaryIO

from exchange.errors import FileRefusedError
from exchange.files.formulas import unshield

Cells = dict[str, Any]
MAX_LINE = 1_000_000  # bytes or characters of one row
MAX_COLUMNS = 100
MAX_UNZIPPED = 500_000_000  # bytes of all parts of an XLSX file
MAX_SHARED = 50_000_000  # bytes of the texts of an XLSX file: they are read whole
MAX_PARTS = 1_000
SHARED = "xl/sharedStrings.xml"


def read_rows(file: BinaryIO, file_format: str) -> Iterator[Cells]:
    """Yield the rows of a file; what has no cell in a row is not in it.

    CSV: UTF-8, commas or semicolons, names in the first line. XLSX: the first sheet,
    names in its first row. JSON: an object a line, alone or as the lines of an array.
    Memory does not grow with the rows, but for the shared texts of XLSX.

    Raises:
        FileRefusedError: It is not such a file, or too large a one; a sentence says
            why, and where.
    """
    try:
        yield from READERS[file_format](file)
    except UnicodeDecodeError as error:
        msg = "The file is not UTF-8. Save it as “CSV UTF-8”."
        raise FileRefusedError(msg) from error
    except csv.Error as error:
        msg = f"The file is no CSV: {error}."
        raise FileRefusedError(msg) from error


def _read_csv(file: BinaryIO) -> Iterator[Cells]:
    csv.field_size_limit(MAX_LINE)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    first = text.readline(MAX_LINE)
    delimiter = ";" if first.count(";") > first.count(",") else ","
    names = _names(next(csv.reader([first], delimiter=delimiter), []))
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    for number, row in enumerate(rows, start=1):
        if any(row):
            yield _cells(names, row, number)
    text.detach()


def _read_xlsx(file: BinaryIO) -> Iterator[Cells]:
    from openpyxl import load_workbook  # noqa: PLC0415 - a tenth of all that is imported

    _refuse_bomb(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        rows = book.worksheets[0].iter_rows(values_only=True)
        names = _names([_text(each) for each in _trimmed(next(rows, ()))])
        for number, row in enumerate(rows, start=1):
            if any(cell not in (None, "") for cell in row):
                cells = _trimmed(row)
                yield _cells(names, cells + [""] * (len(names) - len(cells)), number)
    except FileRefusedError:
        raise
    except Exception as error:  # whatever a damaged file makes openpyxl raise
        msg = "The file is damaged, or no XLSX file."
        raise FileRefusedError(msg) from error


def _read_json(file: BinaryIO) -> Iterator[Cells]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            msg = f"After row {number}: a line is too long. Write one object a line."
            raise FileRefusedError(msg)
        text = line.decode("utf-8-sig").strip().rstrip(",")
        if text in ("", "[", "]"):
            continue
        number += 1
        try:
            row = json.loads(text)
            json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            msg = f"Row {number} is no JSON object. Write one object a line."
            raise FileRefusedError(msg) from error
        if not isinstance(row, dict) or len(row) > MAX_COLUMNS:
            msg = f"Row {number} is no JSON object with at most {MAX_COLUMNS} members."
            raise FileRefusedError(msg)
        yield row


def _refuse_bomb(file: BinaryIO) -> None:
    """Refuse a ZIP file that would unfold to more than a shop's rows can be.

    A part is never read beyond the length its directory tells, so lying does not help.

    Raises:
        FileRefusedError: It would, or is no ZIP file.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        msg = "The file is damaged, or no XLSX file."
        raise FileRefusedError(msg) from error
    shared = sum(part.file_size for part in parts if part.filename == SHARED)
    whole = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or whole > MAX_UNZIPPED or shared > MAX_SHARED:
        msg = "The file unfolds to too much. Save it as CSV, or in several files."
        raise FileRefusedError(msg)
    file.seek(0)


def _names(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns.

    Raises:
        FileRefusedError: There are none, too many, or one is there twice or empty.
    """
    names = [cell.strip().lower() for cell in cells]
    if not any(names):
        msg = "The file is empty: its first row must name the columns."
        raise FileRefusedError(msg)
    if len(names) > MAX_COLUMNS:
        msg = f"The file has more than {MAX_COLUMNS} columns."
        raise FileRefusedError(msg)
    if "" in names or len(set(names)) < len(names):
        msg = "Every column needs a name of its own."
        raise FileRefusedError(msg)
    return names


def _cells(names: list[str], row: Sequence[Any], number: int) -> Cells:
    """Name the cells of a row.

    Raises:
        FileRefusedError: There are more or fewer of them than names.
    """
    if len(row) != len(names):
        msg = f"Row {number} has {len(row)} cells, and there are {len(names)} columns."
        raise FileRefusedError(msg)
    return dict(zip(names, map(_plain, row), strict=True))


def _plain(cell: object) -> object:
    """Return what JSON can hold of a cell."""
    if isinstance(cell, str):
        return unshield(cell)
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return cell
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _trimmed(row: Sequence[Any]) -> list[Any]:
    """Drop the empty cells that sheets have on the right of their rows."""
    cells = list(row[: MAX_COLUMNS + 1])
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


READERS: dict[str, Callable[[BinaryIO], Iterator[Cells]]] = {
    "csv": _read_csv,
    "xlsx": _read_xlsx,
    "json": _read_json,
}
