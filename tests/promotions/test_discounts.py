from decimal import Decimal
from unittest import TestCase

from promotions.discounts import LineDiscounts, discount_lines, discount_shipping
from promotions.models import Voucher
from tests.promotions.factories import Kind, new_voucher


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def discount(*vouchers: Voucher, lines: tuple[Decimal, ...]) -> LineDiscounts:
    return discount_lines(vouchers, lines, "EUR")


class DiscountLinesTests(TestCase):
    """promotions.discounts.discount_lines"""

    def test_a_percentage_is_rounded_once_and_spread(self) -> None:
        off = discount(new_voucher(pk=1, percent=10), lines=amounts("0.33") * 3)
        self.assertEqual(off.by_voucher, {1: Decimal("0.10")})
        self.assertEqual(off.shares, amounts("0.04", "0.03", "0.03"))

    def test_an_amount_is_spread_in_proportion(self) -> None:
        off = discount(new_voucher(pk=1, amount=10), lines=amounts("30", "10"))
        self.assertEqual(off.shares, amounts("7.50", "2.50"))

    def test_an_amount_takes_no_more_than_there_is(self) -> None:
        off = discount(new_voucher(pk=1, amount=10), lines=amounts("3.33", "4.44"))
        self.assertEqual(off.by_voucher, {1: Decimal("7.77")})
        self.assertEqual(off.shares, amounts("3.33", "4.44"))

    def test_percentages_come_before_amounts_and_work_on_what_is_left(self) -> None:
        fixed = new_voucher("A", pk=1, amount=10)
        fifth = new_voucher("B", pk=2, percent=20)
        half = new_voucher("C", pk=3, percent=50)
        for order in ((fixed, fifth, half), (half, fixed, fifth)):
            off = discount(*order, lines=amounts("100"))
            self.assertEqual(
                off.by_voucher, {2: Decimal(20), 3: Decimal(40), 1: Decimal(10)}
            )
            self.assertEqual(off.shares, amounts("70"))

    def test_nothing_is_left_to_take_off(self) -> None:
        whole = new_voucher("A", pk=1, percent=100)
        more = new_voucher("B", pk=2, amount=5)
        off = discount(whole, more, lines=amounts("9.90", "0"))
        self.assertEqual(off.by_voucher, {1: Decimal("9.90"), 2: Decimal(0)})
        self.assertEqual(off.shares, amounts("9.90", "0"))

    def test_free_shipping_leaves_lines_alone(self) -> None:
        off = discount(new_voucher(pk=1, kind=Kind.FREE_SHIPPING), lines=amounts("9"))
        self.assertEqual(off, LineDiscounts(amounts("0"), {}))


class DiscountShippingTests(TestCase):
    """promotions.discounts.discount_shipping"""

    def test_the_first_by_code_takes_all_of_it(self) -> None:
        vouchers = [
            new_voucher("B", pk=1, kind=Kind.FREE_SHIPPING),
            new_voucher("A", pk=2, kind=Kind.FREE_SHIPPING),
            new_voucher("C", pk=3, percent=10),
        ]
        off = discount_shipping(vouchers, Decimal("4.90"))
        self.assertEqual(off, {2: Decimal("4.90"), 1: 0})
