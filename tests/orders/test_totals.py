from decimal import Decimal
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from orders.totals import TaxRule, compute_totals

FIFTH = Decimal("0.20")


class ComputeTotalsTests(TestCase):
    """orders.totals.compute_totals"""

    def test_included_tax_informs_only(self) -> None:
        totals = compute_totals(
            [Decimal("9.90"), Decimal("9.90"), Decimal("0.05")],
            "EUR",
            TaxRule(FIFTH, is_included=True),
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
            [Decimal(100), Decimal(33)], "JPY", TaxRule(FIFTH, is_included=False)
        )
        self.assertEqual(totals.included_tax, 0)
        self.assertEqual(totals.additional_tax, 27)
        self.assertEqual(totals.total_amount, 160)
        self.assertEqual(totals.line_taxes, (20, 7))

    @given(
        st.lists(
            st.decimals(min_value=Decimal(0), max_value=Decimal(99_999), places=2),
            min_size=1,
            max_size=20,
        ),
        st.builds(
            TaxRule,
            rate=st.decimals(min_value=Decimal(0), max_value=Decimal(1), places=4),
            is_included=st.booleans(),
        ),
    )
    def test_sums_hold_for_any_lines(self, lines: list[Decimal], rule: TaxRule) -> None:
        totals = compute_totals(lines, "EUR", rule)
        self.assertEqual(
            totals.subtotal
            - totals.discount_amount
            + totals.shipping_amount
            + totals.additional_tax,
            totals.total_amount,
        )
        tax = totals.included_tax + totals.additional_tax
        self.assertEqual(sum(totals.line_taxes), tax)
        self.assertTrue(all(share >= 0 for share in totals.line_taxes))
