"""Rows into a file, one at a time."""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from exchange.errors import FileRefusedError
from exchange.files.formulas import shield

XLSX_CELL = 32_767  # characters; openpyxl cuts what is longer without a word
PIECE = 64 * 1024  # bytes
Row = dict[str, Any]
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def write_rows(
    names: Sequence[str], rows: Iterable[Row], file_format: str
) -> Iterator[bytes]:
    """Return the pieces of a file; memory does not grow with the rows.

    A cell that a row lacks is empty; in JSON the row lacks it, too. An XLSX file is
    written as a whole, to a temporary file, before this returns.

    Raises:
        FileRefusedError: A text cannot be in an XLSX cell.
    """
    return WRITERS[file_format](names, rows)


class _Echo:
    """A file that returns what it is given."""

    def write(self, text: str) -> str:
        return text


def _write_csv(names: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield writer.writerow(names).encode("utf-8-sig")
    for row in rows:
        yield writer.writerow([_cell(row.get(name)) for name in names]).encode()


def _write_json(names: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    yield b"["
    separator = "\n"
    for row in rows:
        found = {name: row[name] for name in names if name in row}
        yield f"{separator}{json.dumps(found, ensure_ascii=False)}".encode()
        separator = ",\n"
    yield b"\n]\n"


def _write_xlsx(names: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    # A tenth of all that the shop imports, and few write such files.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    try:
        sheet.append(list(names))
        for row in rows:
            cells = [_cell(row.get(name)) for name in names]
            _refuse_lost(cells, ILLEGAL_CHARACTERS_RE)
            sheet.append(cells)
    finally:
        sheet.close()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it
    book.save(file)
    file.seek(0)
    return _pieces(file)


def _pieces(file: Any) -> Iterator[bytes]:  # noqa: ANN401 - a binary file
    with file:
        while piece := file.read(PIECE):
            yield piece


def _cell(value: object) -> object:
    """Return a cell as spreadsheets may have it: a number, or a harmless text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return shield("" if value is None else str(value))


def _refuse_lost(cells: Iterable[object], illegal: re.Pattern[str]) -> None:
    """Refuse what an XLSX cell would lose."""
    texts = (cell for cell in cells if isinstance(cell, str))
    if any(len(text) > XLSX_CELL or illegal.search(text) for text in texts):
        msg = "A text does not fit into an XLSX file. Choose CSV or JSON."
        raise FileRefusedError(msg)


WRITERS: dict[str, Callable[[Sequence[str], Iterable[Row]], Iterator[bytes]]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "json": _write_json,
}
