"""Sheets as tables of a page."""

from typing import Any

import django_tables2 as tables

from stats.sheets import Column, Sheet


class SheetColumn(tables.Column):
    """A column whose cells are shown word for word, and as a dash where there is none.

    Its cells have the class ``col-<name>``, by which charts find them.
    """

    def __init__(self, column: Column) -> None:
        super().__init__(verbose_name=column.label, default="–", orderable=False)  # noqa: RUF001
        kind = " num" if column.is_number else ""
        self.css = f"col-{column.name}{kind}"


def as_table(sheet: Sheet) -> Any:  # noqa: ANN401 - untyped
    """Return a table that the page renders."""
    return tables.Table(
        sheet.rows,
        extra_columns=[(column.name, SheetColumn(column)) for column in sheet.columns],
        empty_text="Nothing in this period.",
        template_name="stats/table.html",
        prefix=sheet.name,  # by which the template finds the heading
        attrs={"id": f"sheet-{sheet.name}", "aria-labelledby": f"title-{sheet.name}"},
    )
