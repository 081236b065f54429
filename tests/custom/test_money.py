from decimal import Decimal
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from custom.money import allocate, as_paid, format_money, places, round_money

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
AMOUNTS = st.decimals(
    min_value=Decimal(-999_999_999), max_value=Decimal(999_999_999), places=5
)
WEIGHTS = st.lists(
    st.decimals(min_value=Decimal(0), max_value=Decimal(1_000_000), places=3),
    min_size=1,
    max_size=30,
)


class PlacesTests(TestCase):
    """custom.money.places"""

    def test_the_currencys_own_minor_unit(self) -> None:
        found = {code: places(code) for code in ("JPY", "EUR", "KWD", "HUF", "ISK")}
        self.assertEqual(found, {"JPY": 0, "EUR": 2, "KWD": 3, "HUF": 2, "ISK": 0})

    def test_what_is_no_currency_is_refused(self) -> None:
        for code in ("", "eur", "EURO", "E1R", "CLF"):
            with self.subTest(code), self.assertRaises(ValueError):
                places(code)


class RoundMoneyTests(TestCase):
    """custom.money.round_money and format_money"""

    def test_halves_go_away_from_zero(self) -> None:
        for amount, currency, rounded in (
            ("0.005", "EUR", "0.01"),
            ("0.0049", "EUR", "0.00"),
            ("2.345", "EUR", "2.35"),
            ("-2.345", "EUR", "-2.35"),
            ("0.5", "JPY", "1"),
            ("1.0005", "KWD", "1.001"),
        ):
            with self.subTest(amount):
                exact = round_money(Decimal(amount), currency)
                self.assertEqual(str(exact), rounded)

    def test_written_with_all_places(self) -> None:
        for amount, currency, written in (
            ("9.9", "EUR", "9.90"),
            ("1200.000", "JPY", "1200"),
            ("1E+3", "KWD", "1000.000"),
            ("-0.001", "EUR", "0.00"),
        ):
            with self.subTest(amount):
                self.assertEqual(format_money(Decimal(amount), currency), written)

    @given(AMOUNTS, CURRENCIES)
    def test_rounding_twice_changes_nothing_more(
        self, amount: Decimal, currency: str
    ) -> None:
        once = round_money(amount, currency)
        self.assertEqual(round_money(once, currency), once)
        self.assertLessEqual(
            abs(once - amount), Decimal(1).scaleb(-places(currency)) / 2
        )
        self.assertEqual(Decimal(format_money(once, currency)), once)


class AllocateTests(TestCase):
    """custom.money.allocate"""

    def test_what_is_left_goes_to_the_largest_remainders(self) -> None:
        for total, weights, currency, shares in (
            ("10.00", [1, 1, 1], "EUR", ["3.34", "3.33", "3.33"]),
            ("0.05", [1, 3, 3], "EUR", ["0.01", "0.02", "0.02"]),
            ("-10.00", [1, 1, 1], "EUR", ["-3.34", "-3.33", "-3.33"]),
            ("100", [1, 2, 0], "JPY", ["33", "67", "0"]),
            ("1.001", [0, 0], "KWD", ["0.501", "0.500"]),
            ("0", [5, 1], "EUR", ["0.00", "0.00"]),
        ):
            with self.subTest(total=total, weights=weights):
                parts = allocate(Decimal(total), weights, currency)
                self.assertEqual([str(part) for part in parts], shares)

    def test_weights_must_be_there_and_not_negative(self) -> None:
        for weights in ([], [1, -1]):
            with self.subTest(weights), self.assertRaises(ValueError):
                allocate(Decimal(1), weights, "EUR")

    @given(AMOUNTS, WEIGHTS, CURRENCIES)
    def test_shares_are_the_whole_and_each_is_within_a_unit(
        self, total: Decimal, weights: list[Decimal], currency: str
    ) -> None:
        shares = allocate(total, weights, currency)
        rounded = round_money(total, currency)
        unit = Decimal(1).scaleb(-places(currency))
        self.assertEqual(sum(shares), rounded)
        even = [Decimal(1)] * len(weights)
        parts = weights if sum(weights) else even
        for share, part in zip(shares, parts, strict=True):
            self.assertLess(abs(share - rounded * part / sum(parts)), unit)
            self.assertEqual(share, round_money(share, currency))


class AsPaidTests(TestCase):
    """custom.money.as_paid"""

    def test_places_of_the_currency_unless_some_would_be_lost(self) -> None:
        for amount, currency, shown in (
            ("9.900", "EUR", "9.90"),
            ("1200.000", "JPY", "1200"),
            ("1.500", "KWD", "1.500"),
            ("1.005", "EUR", "1.005"),
            ("1.500", "", "1.500"),
        ):
            with self.subTest(amount, currency=currency):
                self.assertEqual(str(as_paid(Decimal(amount), currency)), shown)
