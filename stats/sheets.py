"""Tables of plain values: what pages, CSV and JSON show alike.

Amounts are text with all places of their currency, shares text with one place, so that
no reader rounds again. What does not exist is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

Cell = str | int | None
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes:
        name: In JSON and CSV.
        label: For people.
        is_number: Stands on the right.
    """

    name: str
    label: str
    is_number: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows of one shape.

    Attributes:
        name: In addresses and JSON.
        rows: Column name -> cell; ``url`` of a row is where its first cell leads on the
            page, and no part of the figures.
        note: A sentence below the title.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[dict[str, Cell]]
    note: str = ""

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows with the columns alone."""
        names = [column.name for column in self.columns]
        return [{name: row.get(name) for name in names} for row in self.rows]


def percent(part: Decimal | int, whole: Decimal | int) -> str | None:
    """Write a share in percent with one place; None of nothing."""
    return tenths(Decimal(part) * 100 / whole) if whole else None


def change(now: Decimal | int, before: Decimal | int) -> str | None:
    """Write by how many percent something grew, with one place; None from nothing."""
    return percent(Decimal(now) - Decimal(before), abs(Decimal(before)))


def tenths(number: Decimal) -> str:
    """Write a number with one place, half up, and no sign on zero."""
    return f"{number.quantize(TENTH, rounding=ROUND_HALF_UP) + 0:f}"
