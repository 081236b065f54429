from datetime import date
from decimal import Decimal

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from catalogue.attribute_terms import (
    InvalidTermError,
    Kind,
    Term,
    comparable,
    read_terms,
)
from catalogue.attributes import LARGEST_INTEGER
from catalogue.models import AttributeDefinition

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25
)


def definition(kind: Kind, **fields: object) -> AttributeDefinition:
    return AttributeDefinition(code="it", kind=kind, **fields)


class ComparableTests(SimpleTestCase):
    """Values in the form the database compares byte by byte."""

    @given(DECIMALS, DECIMALS)
    def test_decimals_sort_as_numbers(self, one: Decimal, other: Decimal) -> None:
        first, second = (comparable(Kind.DECIMAL, f"{n:f}") for n in (one, other))
        self.assertEqual(_padded(first) < _padded(second), one < other)
        self.assertEqual(first == second, one == other)

    @given(
        st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
        st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    )
    def test_integers_sort_as_numbers(self, one: int, other: int) -> None:
        first, second = (comparable(Kind.INTEGER, n) for n in (one, other))
        self.assertEqual(_padded(first) < _padded(second), one < other)

    def test_forms(self) -> None:
        for kind, value, form in (
            (Kind.INTEGER, 1990, "p503199"),
            (Kind.DECIMAL, "9.90", "p50099"),
            (Kind.DECIMAL, "-0.05", "n5014~"),
            (Kind.INTEGER, 0, "o"),
            (Kind.BOOLEAN, True, "true"),
            (Kind.BOOLEAN, False, "false"),
            (Kind.DATE, "2026-11-25", "2026-11-25"),
            (Kind.CHOICE, "dvd", "dvd"),
            (Kind.TEXT, "Ridley Scott  ", "Ridley Scott"),
        ):
            with self.subTest(form):
                self.assertEqual(comparable(kind, value), form)


class ReadTests(SimpleTestCase):
    """``read_terms``"""

    def test_values(self) -> None:
        options = [{"value": "dvd", "label": "DVD"}]
        for kind, text, value in (
            (Kind.INTEGER, "1990", 1990),
            (Kind.DECIMAL, "9.90", "9.90"),
            (Kind.BOOLEAN, "TRUE", True),
            (Kind.BOOLEAN, "false", False),
            (Kind.DATE, "2026-11-25", "2026-11-25"),
            (Kind.CHOICE, "dvd", "dvd"),
            (Kind.TEXT, "1..9", "1..9"),
        ):
            with self.subTest(kind=kind, text=text):
                terms = read_terms([definition(kind, options=options)], text)
                self.assertEqual(terms, [Term(kind, value, value)])

    def test_ranges(self) -> None:
        for kind, text, ends in (
            (Kind.INTEGER, "-5..9", (-5, 9)),
            (Kind.DECIMAL, "1.5..10", ("1.5", "10")),
            (Kind.DATE, "2026-01-01..2026-12-31", ("2026-01-01", "2026-12-31")),
        ):
            with self.subTest(kind):
                terms = read_terms([definition(kind)], text)
                self.assertEqual(terms, [Term(kind, *ends)])

    def test_refusals(self) -> None:
        for kind, text, code in (
            (Kind.INTEGER, "many", "invalid"),
            (Kind.INTEGER, "1.5", "invalid"),
            (Kind.INTEGER, "1_000", "invalid"),
            (Kind.INTEGER, "٣", "invalid"),
            (Kind.INTEGER, "9" * 5000, "invalid"),
            (Kind.DECIMAL, "NaN", "invalid"),
            (Kind.DECIMAL, "1e5", "invalid"),
            (Kind.BOOLEAN, "yes", "invalid"),
            (Kind.DATE, "2026-02-30", "invalid"),
            (Kind.CHOICE, "vhs", "invalid"),
            (Kind.INTEGER, "9..1", "invalid-range"),
            (Kind.INTEGER, "1..", "invalid-range"),
            (Kind.INTEGER, "..", "invalid-range"),
            (Kind.INTEGER, "1..2..3", "invalid-range"),
            (Kind.DATE, "2026..2027", "invalid-range"),
        ):
            with self.subTest(kind=kind, text=text[:20]):
                with self.assertRaises(InvalidTermError) as caught:
                    read_terms([definition(kind)], text)
                self.assertEqual(caught.exception.code, code)

    def test_every_definition_that_can_reads_it(self) -> None:
        both = [definition(Kind.TEXT), definition(Kind.INTEGER)]
        terms = read_terms(both, "39")
        self.assertEqual(
            terms, [Term(Kind.INTEGER, 39, 39), Term(Kind.TEXT, "39", "39")]
        )
        self.assertEqual(read_terms(both, "XL"), [Term(Kind.TEXT, "XL", "XL")])
        self.assertEqual(read_terms(both, "1..2"), [Term(Kind.INTEGER, 1, 2)])

    def test_dates_are_read_in_any_iso_form(self) -> None:
        (term,) = read_terms([definition(Kind.DATE)], "20261125")
        self.assertEqual(term.first, date(2026, 11, 25).isoformat())


def _padded(text: str) -> str:
    """Return what MariaDB compares: the shorter text is filled with blanks."""
    return text.ljust(100)
