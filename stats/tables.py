"""Sheets as tables of a page."""

import django_tables2 as tables

from stats.sheets import Sheet


def as_table(sheet: Sheet) -> tables.Table:
    """Return a table whose cells are the sheet's, word for word; ``-`` for None.

    The cells of a column have the class ``col-<name>``, by which charts find them.
    """
    columns = [
        (
            column.name,
            tables.Column(
                verbose_name=column.label,
                attrs={
                    "th": {"class": "num" if column.is_number else ""},
                    "td": {
                        "class": f"col-{column.name}"
                        + (" num" if column.is_number else "")
                    },
                },
            ),
        )
        for column in sheet.columns
    ]
    return tables.Table(
        sheet.rows,
        extra_columns=columns,
        orderable=False,
        default="–",  # noqa: RUF001 - a dash
        empty_text="Nothing in this period.",
        template_name="stats/table.html",
        prefix=sheet.name,  # by which the template finds the heading
        attrs={"id": f"sheet-{sheet.name}", "aria-labelledby": f"title-{sheet.name}"},
    )
