from decimal import Decimal
from unittest import TestCase

from basket.totals import NO_SHIPPING, Charge, Totals, compute_totals

FIFTH, TENTH = Decimal("0.20"), Decimal("0.10")


def euros(
    *lines: Charge, shipping: Charge = NO_SHIPPING, included: bool = True
) -> Totals:
    return compute_totals(lines, shipping, currency="EUR", prices_include_tax=included)


class ComputeTotalsTests(TestCase):
    """basket.totals.compute_totals"""

    def test_included_tax_informs_only(self) -> None:
        totals = euros(
            Charge(Decimal("9.90"), FIFTH),
            Charge(Decimal("9.90"), FIFTH),
            Charge(Decimal("0.05"), FIFTH),
        )
        self.assertEqual(totals.subtotal, Decimal("19.85"))
        self.assertEqual(totals.included_tax, Decimal("3.31"))
        self.assertEqual(totals.additional_tax, 0)
        self.assertEqual(totals.total_amount, Decimal("19.85"))
        self.assertEqual(
            totals.line_taxes, (Decimal("1.65"), Decimal("1.65"), Decimal("0.01"))
        )

    def test_additional_tax_is_charged(self) -> None:
        totals = compute_totals(
            [Charge(Decimal(100), FIFTH), Charge(Decimal(33), FIFTH)],
            NO_SHIPPING,
            currency="JPY",
            prices_include_tax=False,
        )
        self.assertEqual(totals.included_tax, 0)
        self.assertEqual(totals.additional_tax, 27)
        self.assertEqual(totals.total_amount, 160)
        self.assertEqual(totals.line_taxes, (20, 7))

    def test_each_rate_is_rounded_once(self) -> None:
        totals = euros(
            Charge(Decimal("0.02"), FIFTH),
            Charge(Decimal("0.02"), TENTH),
            Charge(Decimal("0.02"), FIFTH),
            Charge(Decimal("0.02"), TENTH),
            included=False,
        )
        # 0.04 at a fifth is 0.008, at a tenth 0.004; line by line all would be 0.
        self.assertEqual(totals.additional_tax, Decimal("0.01"))
        self.assertEqual(totals.line_taxes, (Decimal("0.01"), 0, 0, 0))

    def test_tax_is_on_what_a_discount_leaves(self) -> None:
        totals = euros(Charge(Decimal("12.00"), FIFTH, Decimal("6.00")))
        self.assertEqual(totals.subtotal, Decimal("12.00"))
        self.assertEqual(totals.discount_amount, Decimal("6.00"))
        self.assertEqual(totals.line_discounts, (Decimal("6.00"),))
        self.assertEqual(totals.included_tax, Decimal("1.00"))
        self.assertEqual(totals.total_amount, Decimal("6.00"))

    def test_shipping_bears_its_own_rate(self) -> None:
        shipping = Charge(Decimal("5.00"), FIFTH, Decimal("1.00"))
        goods = Charge(Decimal("10.00"), TENTH)
        totals = euros(goods, shipping=shipping, included=False)
        self.assertEqual(totals.discount_amount, 0)
        self.assertEqual(totals.shipping_amount, Decimal("4.00"))
        self.assertEqual(totals.shipping_tax, Decimal("0.80"))
        self.assertEqual(totals.line_taxes, (Decimal("1.00"),))
        self.assertEqual(totals.additional_tax, Decimal("1.80"))
        self.assertEqual(totals.total_amount, Decimal("15.80"))

    def test_shipping_without_a_rate_is_taxed_as_the_goods(self) -> None:
        totals = euros(
            Charge(Decimal("30.00"), FIFTH),
            Charge(Decimal("10.00"), TENTH),
            shipping=Charge(Decimal("4.00"), None),
            included=False,
        )
        # 3.00 at a fifth and 1.00 at a tenth
        self.assertEqual(totals.shipping_tax, Decimal("0.70"))
        self.assertEqual(totals.additional_tax, Decimal("7.70"))

    def test_a_line_needs_a_rate(self) -> None:
        with self.assertRaises(ValueError):
            euros(Charge(Decimal(1), None))
