"""The sums hold for any lines, taxes, vouchers and shipping, in any currency."""

from dataclasses import dataclass
from decimal import Decimal
from unittest import TestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from basket.totals import Charge, Totals, compute_totals
from custom.money import places
from promotions.discounts import LineDiscounts, discount_lines, discount_shipping
from promotions.models import Voucher
from tests.promotions.factories import new_voucher

NOTHING = Decimal(0)
RATES = st.sampled_from(
    [Decimal(text) for text in ("0", "0.026", "0.055", "0.081", "0.19", "0.20", "1")]
)


@dataclass(frozen=True)
class Sale:
    """All that the sums are made of."""

    currency: str
    prices_include_tax: bool
    line_totals: list[Decimal]
    line_rates: list[Decimal]
    vouchers: list[Voucher]
    shipping_price: Decimal
    shipping_rate: Decimal | None

    def discounts(self) -> LineDiscounts:
        return discount_lines(self.vouchers, self.line_totals, self.currency)

    def totals(self) -> Totals:
        off_lines = self.discounts()
        off_shipping = discount_shipping(self.vouchers, self.shipping_price)
        charges = zip(self.line_totals, self.line_rates, off_lines.shares, strict=True)
        return compute_totals(
            [Charge(*charge) for charge in charges],
            Charge(
                self.shipping_price,
                self.shipping_rate,
                sum(off_shipping.values(), NOTHING),
            ),
            currency=self.currency,
            prices_include_tax=self.prices_include_tax,
        )


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    currency = draw(st.sampled_from(["JPY", "EUR", "KWD"]))
    unit = Decimal(1).scaleb(-places(currency))
    # Some so small that rounding decides, some of every size.
    amounts = st.one_of(st.integers(0, 9), st.integers(0, 10**7)).map(
        lambda number: number * unit
    )
    lines = draw(st.lists(amounts, min_size=1, max_size=12))
    rates = st.lists(RATES, min_size=len(lines), max_size=len(lines))
    worths = st.one_of(
        st.builds(
            lambda number: {"percent": Decimal(number) / 100}, st.integers(1, 10**4)
        ),
        amounts.map(lambda amount: {"amount": amount + unit}),
        st.just({"kind": Voucher.Kind.FREE_SHIPPING}),
    )
    vouchers = [
        new_voucher(f"V-{pk}", pk=pk, currency=currency, **worth)
        for pk, worth in enumerate(draw(st.lists(worths, max_size=4)))
    ]
    return Sale(
        currency=currency,
        prices_include_tax=draw(st.booleans()),
        line_totals=lines,
        line_rates=draw(rates),
        vouchers=vouchers,
        shipping_price=draw(amounts),
        shipping_rate=draw(st.none() | RATES),
    )


class SumTests(TestCase):
    """basket.totals and promotions.discounts together"""

    @settings(max_examples=600)
    @given(sales())
    def test_all_sums_hold(self, sale: Sale) -> None:
        totals = sale.totals()
        self.assertEqual(
            totals.subtotal
            - totals.discount_amount
            + totals.shipping_amount
            + totals.additional_tax,
            totals.total_amount,
        )
        self.assertEqual(totals.subtotal, sum(sale.line_totals))
        self.assertEqual(totals.discount_amount, sum(totals.line_discounts))
        by_voucher = sale.discounts().by_voucher.values()
        self.assertEqual(totals.discount_amount, sum(by_voucher))
        self.assertTrue(all(amount >= 0 for amount in by_voucher))
        self.check_lines(sale, totals)
        self.check_amounts(sale, totals)
        self.assertEqual(sum(each.gross for each in totals.taxes), totals.total_amount)
        tax = totals.included_tax + totals.additional_tax
        self.assertEqual(sum(each.tax for each in totals.taxes), tax)
        rates = [each.rate for each in totals.taxes]
        self.assertEqual(rates, sorted(set(rates)))

    def check_lines(self, sale: Sale, totals: Totals) -> None:
        """Lines and shipping add up to the total; included tax changes nothing."""
        rows = zip(
            sale.line_totals, totals.line_discounts, totals.line_taxes, strict=True
        )
        tax = sum(totals.line_taxes) + totals.shipping_tax
        if sale.prices_include_tax:
            self.assertEqual((totals.included_tax, totals.additional_tax), (tax, 0))
            lines = sum(full - off for full, off, _ in rows)
            whole = lines + totals.shipping_amount
        else:
            self.assertEqual((totals.included_tax, totals.additional_tax), (0, tax))
            lines = sum(full - off + tax for full, off, tax in rows)
            whole = lines + totals.shipping_amount + totals.shipping_tax
        self.assertEqual(whole, totals.total_amount)

    def check_amounts(self, sale: Sale, totals: Totals) -> None:
        """Nothing is negative, nor finer than the currency, nor more than it is of."""
        unit = Decimal(1).scaleb(-places(sale.currency))
        amounts = [
            totals.subtotal,
            totals.discount_amount,
            totals.shipping_amount,
            totals.included_tax,
            totals.additional_tax,
            totals.total_amount,
            totals.shipping_tax,
            *totals.line_discounts,
            *totals.line_taxes,
        ]
        for amount in amounts:
            self.assertGreaterEqual(amount, 0)
            self.assertEqual(amount % unit, 0)
        pairs = zip(sale.line_totals, totals.line_discounts, strict=True)
        self.assertTrue(all(off <= full for full, off in pairs))
        self.assertLessEqual(totals.included_tax, totals.total_amount)

    @settings(max_examples=200)
    @given(sales())
    def test_each_rate_bears_its_tax_to_half_a_minor_unit(self, sale: Sale) -> None:
        totals = sale.totals()
        half = Decimal(1).scaleb(-places(sale.currency)) / 2
        if sale.shipping_rate is None:  # shared out over the rates
            return
        exact: dict[Decimal, Decimal] = {}
        borne: dict[Decimal, Decimal] = {}
        rows = [
            (full - off, rate, tax)
            for full, off, rate, tax in zip(
                sale.line_totals,
                totals.line_discounts,
                sale.line_rates,
                totals.line_taxes,
                strict=True,
            )
        ]
        rows.append((totals.shipping_amount, sale.shipping_rate, totals.shipping_tax))
        for amount, rate, tax in rows:
            share = rate / (1 + rate) if sale.prices_include_tax else rate
            exact[rate] = exact.get(rate, NOTHING) + amount * share
            borne[rate] = borne.get(rate, NOTHING) + tax
        for rate, tax in exact.items():
            difference = abs(tax - borne[rate])
            self.assertLessEqual(difference, half + Decimal("1e-9"))
