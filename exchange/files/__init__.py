"""Files of rows: read and written a row at a time."""

from exchange.files.reading import read_rows
from exchange.files.writing import write_rows

__all__ = ["read_rows", "write_rows"]
