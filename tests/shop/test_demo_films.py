import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from unittest import TestCase

from shop.demo.films import COLUMNS, BadRow, Film, read_films
from shop.demo.posters import draw_poster
from shop.demo.rules import HOUSE_PARTNER, formats_of, listings_of, sku_of


def make_film(**changes: object) -> Film:
    values: dict[str, object] = {
        "line": 2,
        "title": "The Title",
        "released_on": dt.date(1999, 1, 2),
        "genre": "Drama",
        "creative_type": "",
        "source": "",
        "distributor": "MGM",
        "director": "",
        "rating": "",
        "minutes": None,
        "score": None,
        "gross": None,
        "dvd_sales": None,
    }
    return Film(**(values | changes))


class ReadFilmsTests(TestCase):
    def read(self, *lines: str, header: str = ",".join(COLUMNS)) -> list[Film | BadRow]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "films.csv")
            path.write_text("\n".join((header, *lines)), encoding="utf-8")
            return list(read_films(path))

    def test_the_projects_own_list_is_read_whole(self) -> None:
        rows = list(read_films())
        self.assertEqual(len(rows), 3202)
        self.assertEqual([row for row in rows if isinstance(row, BadRow)], [])

    def test_a_full_row_is_typed(self) -> None:
        row = (
            'Léon,1994-11-18,Drama,Contemporary Fiction,Remake,Sony,"Besson, Luc",R,'
            "110,8.6,199762,45284974,12"
        )
        self.assertEqual(
            self.read(row),
            [
                Film(
                    line=2,
                    title="Léon",
                    released_on=dt.date(1994, 11, 18),
                    genre="Drama",
                    creative_type="Contemporary Fiction",
                    source="Remake",
                    distributor="Sony",
                    director="Besson, Luc",
                    rating="R",
                    minutes=110,
                    score=Decimal("8.6"),
                    gross=45284974,
                    dvd_sales=12,
                )
            ],
        )

    def test_empty_values_are_unknown(self) -> None:
        (film,) = self.read("1776,,,,,,,,,,,,")
        self.assertEqual(film.title, "1776")
        self.assertIsNone(film.released_on)
        self.assertIsNone(film.minutes)
        self.assertIsNone(film.score)
        self.assertIsNone(film.gross)
        self.assertEqual(film.year, "")

    def test_a_malformed_row_is_reported_and_the_next_one_read(self) -> None:
        for bad, reason in (
            ("only,two", "2 columns instead of 13"),
            (",,,,,,,,,,,,", "title is empty"),
            ("A,1999-13-01,,,,,,,,,,,", "release_date is not a date: '1999-13-01'"),
            ("A,,,,,,,,x,,,,", "running_time_min is not a whole number: 'x'"),
            ("A,,,,,,,,,11,,,", "imdb_rating is not a number from 0 to 10: '11'"),
            ("A,,,,,,,,,NaN,,,", "imdb_rating is not a number from 0 to 10: 'NaN'"),
            ("A,,,,,,,X,,,,,", "mpaa_rating is not known: 'X'"),
            ("A" * 201 + "," * 12, "title is longer than 200 characters"),
        ):
            with self.subTest(reason=reason):
                rows = self.read(bad, "Good,,,,,,,,,,,,")
                self.assertEqual(rows[0], BadRow(2, reason))
                self.assertEqual(rows[1].title, "Good")

    def test_another_header_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "the first line must be title,"):
            self.read(header="name,year")


class ListingTests(TestCase):
    def test_a_film_without_figures_is_one_dvd_of_the_house(self) -> None:
        (listing,) = listings_of(make_film(distributor="", released_on=None))
        self.assertEqual(listing.partner, HOUSE_PARTNER)
        self.assertEqual(listing.format, "dvd")
        self.assertEqual(listing.price, Decimal("6.99"))
        self.assertIsNone(listing.compare_at_price)
        self.assertEqual(listing.num_in_stock, 5)
        self.assertIs(listing.backorder, True)

    def test_a_bestseller_has_two_formats_and_a_second_seller(self) -> None:
        film = make_film(
            released_on=dt.date(2006, 1, 1),
            score=Decimal("8.1"),
            gross=200_000_000,
            dvd_sales=60_999_999,
        )
        self.assertEqual(
            [
                (row.partner, row.format, str(row.price), row.compare_at_price)
                for row in listings_of(film)
            ],
            [
                ("MGM", "dvd", "10.99", Decimal("13.99")),
                ("MGM", "blu-ray", "15.99", Decimal("18.99")),
                (HOUSE_PARTNER, "dvd", "12.99", None),
            ],
        )
        self.assertEqual([row.num_in_stock for row in listings_of(film)], [60, 30, 10])

    def test_blu_ray_needs_sales_or_a_large_gross(self) -> None:
        self.assertEqual(formats_of(make_film(gross=49_999_999)), ["dvd"])
        self.assertEqual(formats_of(make_film(gross=50_000_000)), ["dvd", "blu-ray"])
        self.assertEqual(formats_of(make_film(dvd_sales=0)), ["dvd", "blu-ray"])

    def test_a_sku_names_line_and_format(self) -> None:
        self.assertEqual(sku_of(make_film(line=12), "blu-ray"), "FILM-0012-BLU-RAY")

    def test_stock_follows_the_figures_within_its_bounds(self) -> None:
        for changes, stock in (
            ({"dvd_sales": 0}, 3),
            ({"dvd_sales": 900_000_000}, 250),
            ({"gross": 19_999}, 0),
            ({"gross": 20_000}, 3),
            ({"gross": 40_000_000}, 20),
        ):
            with self.subTest(changes=changes):
                self.assertEqual(
                    listings_of(make_film(**changes))[0].num_in_stock, stock
                )


class PosterTests(TestCase):
    def test_the_same_film_gives_the_same_jpeg(self) -> None:
        poster = draw_poster("Amélie " * 30, "Jean-Pierre Jeunet", "2001")
        self.assertEqual(poster[:3], b"\xff\xd8\xff")
        self.assertEqual(
            poster, draw_poster("Amélie " * 30, "Jean-Pierre Jeunet", "2001")
        )
        self.assertNotEqual(poster, draw_poster("Amélie", "Jean-Pierre Jeunet", "2001"))
