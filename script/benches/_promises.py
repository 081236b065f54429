"""Figures of which some were promised: their table, and whether the promises hold."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PRECISE = 100  # figures below it are printed with two places


class Row(NamedTuple):
    """One line of the table; ``reach`` is empty where nothing was promised."""

    name: str
    value: float
    unit: str
    reach: str = ""
    is_reached: bool | None = None

    @classmethod
    def at_most(cls, name: str, value: float, unit: str, bound: float) -> "Row":
        """Compare with what was to be reached."""
        return cls(name, value, unit, f"≤ {bound:g}", value <= bound)


def report(rows: Sequence[Row], file: Path | None) -> int:
    """Print the table and write the file; return 1 if something promised was missed."""
    width = max(len(row.name) for row in rows)
    for row in rows:
        mark = {None: "", True: "reached", False: "MISSED"}[row.is_reached]
        places = 2 if row.value < PRECISE else 0
        number = f"{row.value:,.{places}f}"
        print(f"{row.name:<{width}} {number:>9} {row.unit:<5} {row.reach:<8} {mark}")
    if file:
        figures = [row._asdict() for row in rows]
        file.write_text(json.dumps(figures, ensure_ascii=False, indent=1))
    return int(any(row.is_reached is False for row in rows))
