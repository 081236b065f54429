"""How sums become cells: which figures there are, and how they are written."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from custom.money import format_money, round_money
from stats.models import SoldGoods
from stats.selectors.ledgers import Row
from stats.sheets import Cell, Column

Amount = Decimal | int | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number worked out of sums.

    Attributes:
        needs: The measure a summary must have, or the figure does not exist.
        is_money: Written with the places of its currency.
    """

    column: Column
    compute: Callable[[Row, str], Amount]
    needs: str = "units"
    is_money: bool = True

    def cell(self, sums: Row, currency: str) -> Cell:
        """Write the figure."""
        number = self.compute(sums, currency)
        if number is None or not self.is_money:
            return None if number is None else int(number)
        return format_money(Decimal(number), currency)


def sales(sums: Row, _currency: str = "") -> Decimal:
    """Return what buyers were charged; goods alone where shipping is not known."""
    return Decimal(sums["goods"] + sums["shipping"])


def taken_back(sums: Row, _currency: str = "") -> Decimal:
    """Return what was cancelled, expired or returned of any day's sales."""
    return Decimal(sums["goods_back"] + sums["shipping_back"])


def net(sums: Row, _currency: str = "") -> Decimal:
    """Return sales less what was taken back."""
    return sales(sums) - taken_back(sums)


def average(sums: Row, currency: str) -> Decimal | None:
    """Return what one order came to, rounded; None without orders."""
    return (
        round_money(sales(sums) / sums["orders"], currency) if sums["orders"] else None
    )


def _sum(name: str) -> Callable[[Row, str], Amount]:
    """Return what reads one measure."""

    def read(sums: Row, _currency: str) -> Amount:
        number: Decimal | int = sums[name]
        return number

    return read


FIGURES = (
    Figure(Column("orders", "Orders"), _sum("orders"), "orders", is_money=False),
    Figure(Column("units", "Units"), _sum("units"), is_money=False),
    Figure(Column("sales", "Sales"), sales),
    Figure(Column("shipping", "Of it shipping"), _sum("shipping"), "shipping"),
    Figure(Column("units_back", "Units back"), _sum("units_back"), is_money=False),
    Figure(Column("taken_back", "Taken back"), taken_back),
    Figure(Column("net", "Net"), net),
    Figure(Column("average", "Average order"), average, "orders"),
    Figure(Column("refunds", "Refunds"), _sum("refunds"), "refunds", is_money=False),
    Figure(Column("refunded", "Refunded"), _sum("refunded"), "refunded"),
)


def figures_of(summary: type[SoldGoods]) -> list[Figure]:
    """Return the figures that a summary can tell."""
    return [figure for figure in FIGURES if figure.needs in summary.measures]


def cells(summary: type[SoldGoods], sums: Row, currency: str) -> dict[str, Cell]:
    """Write every figure that a summary can tell."""
    return {
        figure.column.name: figure.cell(sums, currency)
        for figure in figures_of(summary)
    }


def columns(summary: type[SoldGoods], *first: Column) -> list[Column]:
    """Return the columns of such cells, after those that name a row."""
    return [*first, *(figure.column for figure in figures_of(summary))]
