"""The plain file of an import: a JSON object a line, whatever was uploaded.

A chunk begins at a byte, so a worker that takes over does not read what is done.
"""

import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from exchange.errors import FileRefusedError
from exchange.files import read_rows
from exchange.files.reading import Cells
from exchange.kinds import KINDS
from exchange.kinds.base import Line
from exchange.models import Import

MAX_ROWS = 200_000


def write_plain(run: Import) -> int:
    """Turn the uploaded file into the plain one; return the number of rows.

    It appears whole or not at all, so doing it twice is harmless.

    Raises:
        FileRefusedError: The file cannot be read, or has too many rows or none.
    """
    part = run.plain_path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        with run.file.open("rb") as file:
            rows = read_rows(cast("BinaryIO", file), run.format)
            count = _copy(rows, part, run.kind)
        part.replace(run.plain_path)
    finally:
        part.unlink(missing_ok=True)
    return count


def read_chunk(run: Import, size: int) -> tuple[list[Line], int]:
    """Return the next rows of an import, and the byte behind them."""
    lines = []
    with run.plain_path.open("rb") as file:
        file.seek(run.offset)
        for number in range(run.position + 1, run.position + size + 1):
            text = file.readline()
            if not text:
                break
            lines.append(Line(number=number, cells=json.loads(text)))
        return lines, file.tell()


def _copy(rows: Iterable[Cells], path: Path, kind: str) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as plain:
        for count, cells in enumerate(rows, start=1):
            if count == 1:
                KINDS[kind].check_columns(list(cells))
            if count > MAX_ROWS:
                msg = f"The file has more than {MAX_ROWS} rows. Cut it in several."
                raise FileRefusedError(msg)
            plain.write(f"{json.dumps(cells)}\n")
    if not count:
        msg = "The file has no rows."
        raise FileRefusedError(msg)
    return count
