"""CSV that no spreadsheet program takes for formulas."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

# What makes Excel, LibreOffice and others calculate, or split a cell in two.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def safe_text(text: str) -> str:
    """Return text that is shown as it is; an apostrophe stands before a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def write_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a file with a line of names first; None is an empty cell.

    Cells are written as they are: pass words of people through :func:`safe_text`.
    """
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows(rows)
    return file.getvalue()
