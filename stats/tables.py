"""Sheets as tables of a page."""

from collections.abc import Iterator

import django_tables2 as tables

from stats.sheets import Cell, Column, Sheet

EMPTY = (None, "")
Written = tuple[str, Cell]  # class, text


class SheetColumn(tables.Column):
    """A column whose cells are shown word for word, and as a dash where there is none.

    Its cells have the class ``col-<name>``, by which charts find them.
    """

    def __init__(self, column: Column) -> None:
        super().__init__(verbose_name=column.label, default="–", orderable=False)  # noqa: RUF001
        kind = " num" if column.is_number else ""
        self.css = f"col-{column.name}{kind}"


class SheetTable(tables.Table):
    """A table whose cells are written as they are.

    A year of days is some four thousand cells, and each costs as much as the query
    that it comes from where a library asks what it may be.
    """

    def written_rows(self) -> Iterator[tuple[Cell, "Written", list["Written"]]]:
        """Yield each row: where it leads, its first cell, and the others."""
        columns = [(column.name, column.column) for column in self.columns]
        for record in self.data:
            first, *others = [
                (column.css, column.default if cell in EMPTY else cell)
                for name, column in columns
                for cell in [record.get(name)]
            ]
            yield record.get("url"), first, others


def as_table(sheet: Sheet) -> SheetTable:
    """Return a table that the page renders."""
    return SheetTable(
        sheet.rows,
        extra_columns=[(column.name, SheetColumn(column)) for column in sheet.columns],
        empty_text="Nothing in this period.",
        template_name="stats/table.html",
        prefix=sheet.name,  # by which the template finds the heading
        attrs={"id": f"sheet-{sheet.name}", "aria-labelledby": f"title-{sheet.name}"},
    )
