"""Reads the film list the demo shop is made of, row by row."""

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

FILMS_CSV = Path(__file__).with_name("films.csv")
COLUMNS = (
    "title",
    "release_date",
    "genre",
    "creative_type",
    "source",
    "distributor",
    "director",
    "mpaa_rating",
    "running_time_min",
    "imdb_rating",
    "imdb_votes",
    "worldwide_gross_usd",
    "us_dvd_sales_usd",
)
RATINGS = ("G", "PG", "PG-13", "R", "NC-17", "Not Rated", "Open")
MAX_TITLE = 200  # characters; what a product's title holds
MAX_SCORE = 10


@dataclass(frozen=True, slots=True)
class Film:
    """One row; an empty text or None means that the list does not know."""

    line: int  # in the file, the header being line 1
    title: str
    released_on: dt.date | None
    genre: str
    creative_type: str
    source: str
    distributor: str
    director: str
    rating: str
    minutes: int | None
    score: Decimal | None  # 0 to 10
    gross: int | None  # US dollars, worldwide
    dvd_sales: int | None  # US dollars

    @property
    def year(self) -> str:
        """Return the year of release, or an empty text."""
        return str(self.released_on.year) if self.released_on else ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be a film, and why."""

    line: int
    reason: str


def read_films(path: Path = FILMS_CSV) -> Iterator[Film | BadRow]:
    """Yield every row in the file's order; a malformed one as a ``BadRow``.

    Raises:
        ValueError: The header is not the one expected, so no row can be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != COLUMNS:
            msg = f"{path.name}: the first line must be {','.join(COLUMNS)}"
            raise ValueError(msg)
        for values in rows:
            try:
                yield _film(rows.line_num, values)
            except ValueError as error:
                yield BadRow(rows.line_num, str(error))


def _film(line: int, values: list[str]) -> Film:
    """Build a film, or raise a ValueError that says what is wrong with the row."""
    if len(values) != len(COLUMNS):
        msg = f"{len(values)} columns instead of {len(COLUMNS)}"
        raise ValueError(msg)
    row = {name: value.strip() for name, value in zip(COLUMNS, values, strict=True)}
    if not row["title"]:
        msg = "title is empty"
        raise ValueError(msg)
    if len(row["title"]) > MAX_TITLE:
        msg = f"title is longer than {MAX_TITLE} characters"
        raise ValueError(msg)
    if row["mpaa_rating"] and row["mpaa_rating"] not in RATINGS:
        msg = f"mpaa_rating is not known: {row['mpaa_rating']!r}"
        raise ValueError(msg)
    return Film(
        line=line,
        title=row["title"],
        released_on=_date(row, "release_date"),
        genre=row["genre"],
        creative_type=row["creative_type"],
        source=row["source"],
        distributor=row["distributor"],
        director=row["director"],
        rating=row["mpaa_rating"],
        minutes=_integer(row, "running_time_min"),
        score=_score(row),
        gross=_integer(row, "worldwide_gross_usd"),
        dvd_sales=_integer(row, "us_dvd_sales_usd"),
    )


def _date(row: dict[str, str], name: str) -> dt.date | None:
    """Read an ISO date, or None for an empty value."""
    try:
        return dt.date.fromisoformat(row[name]) if row[name] else None
    except ValueError:
        msg = f"{name} is not a date: {row[name]!r}"
        raise ValueError(msg) from None


def _integer(row: dict[str, str], name: str) -> int | None:
    """Read a whole number of at least 0, or None for an empty value."""
    if not row[name]:
        return None
    if not (row[name].isascii() and row[name].isdigit()):
        msg = f"{name} is not a whole number: {row[name]!r}"
        raise ValueError(msg)
    return int(row[name])


def _score(row: dict[str, str]) -> Decimal | None:
    """Read the score, or None for an empty value."""
    text = row["imdb_rating"]
    try:
        score = Decimal(text) if text else None
    except InvalidOperation:
        score = Decimal("NaN")
    if score is not None and not (score.is_finite() and 0 <= score <= MAX_SCORE):
        msg = f"imdb_rating is not a number from 0 to {MAX_SCORE}: {text!r}"
        raise ValueError(msg)
    return score
