from decimal import Decimal

from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from basket.totals import RateTax
from custom.money import places, round_money
from orders.credits import Credit, credit_of, credits_of, line_charge
from orders.models import Order, OrderEvent, OrderLine
from orders.taxes import credited_taxes, taxes_of, told_taxes

CURRENCIES = st.sampled_from(("JPY", "EUR", "KWD"))


@st.composite
def orders(draw: st.DrawFn) -> tuple[Order, list[OrderLine]]:
    """Draw an order with lines, some discounted, taxed on top or not."""
    currency = draw(CURRENCIES)
    amounts = st.decimals(0, 999, places=places(currency))
    is_tax_added = draw(st.booleans())
    lines = []
    for pk in range(1, draw(st.integers(1, 4)) + 1):
        quantity = draw(st.integers(1, 7))
        total = draw(amounts) * quantity
        discount = draw(st.decimals(0, total, places=places(currency)))
        tax = round_money((total - discount) / 5, currency)
        line = OrderLine(
            pk=pk, quantity=quantity, line_total=total, discount_amount=discount
        )
        line.tax_amount = tax
        lines.append(line)
    added = sum((line.tax_amount for line in lines), Decimal(0)) if is_tax_added else 0
    order = Order(
        currency=currency,
        shipping_amount=draw(amounts),
        additional_tax=Decimal(added),
        credited_amount=Decimal(0),
    )
    charges = sum((line_charge(order, line) for line in lines), Decimal(0))
    order.total_amount = charges + order.shipping_amount
    return order, lines


class CreditTests(SimpleTestCase):
    """orders.credits.credit_of"""

    @settings(max_examples=300)
    @given(orders(), st.data())
    def test_parts_are_together_exactly_the_whole(
        self, drawn: tuple[Order, list[OrderLine]], data: st.DataObject
    ) -> None:
        """In whatever steps units go back, cancelled or returned."""
        order, lines = drawn
        by_line = dict.fromkeys([line.pk for line in lines], Decimal(0))
        while left := [line for line in lines if line.kept_quantity]:
            line = data.draw(st.sampled_from(left))
            units = data.draw(st.integers(1, line.kept_quantity))
            is_last = len(left) == 1 and units == line.kept_quantity
            credit = credit_of(order, lines, {line.pk: units})
            self.assertGreaterEqual(credit, 0)
            self.assertEqual(credit, round_money(credit, order.currency))
            if not is_last:
                by_line[line.pk] += credit
            order.credited_amount += credit
            self.assertLessEqual(order.credited_amount, order.total_amount)
            if data.draw(st.booleans()):
                line.cancelled_quantity += units
            else:
                line.fulfilled_quantity += units
                line.returned_quantity += units
            if not line.kept_quantity and not is_last:
                self.assertEqual(by_line[line.pk], line_charge(order, line))
        self.assertEqual(order.credited_amount, order.total_amount)

    @settings(max_examples=200)
    @given(orders())
    def test_all_at_once_is_the_whole_total(
        self, drawn: tuple[Order, list[OrderLine]]
    ) -> None:
        order, lines = drawn
        everything = {line.pk: line.quantity for line in lines}
        self.assertEqual(credit_of(order, lines, everything), order.total_amount)

    def test_a_third_of_ten_cents(self) -> None:
        line = OrderLine(
            pk=1, quantity=3, line_total=Decimal("0.10"), discount_amount=Decimal(0)
        )
        order = Order(
            currency="EUR",
            total_amount=Decimal("5.10"),
            credited_amount=Decimal(0),
            additional_tax=Decimal(0),
        )
        taken = []
        for _ in range(3):
            taken.append(credit_of(order, [line], {1: 1}))
            order.credited_amount += taken[-1]
            line.cancelled_quantity += 1
        expected = [Decimal("0.03"), Decimal("0.04"), Decimal("5.03")]
        self.assertEqual(taken, expected)


RATES = (Decimal("0.2"), Decimal("0.055"), Decimal(0))


def tax_by_rate(order: Order, lines: list[OrderLine]) -> None:
    """Give lines rates in turn, the shipping the first, and the order their sums."""
    gross = {RATES[0]: order.shipping_amount}
    for number, line in enumerate(lines):
        line.tax_rate = RATES[number % len(RATES)]
        gross.setdefault(line.tax_rate, Decimal(0))
        gross[line.tax_rate] += line_charge(order, line)
    taxes = []
    for rate, amount in gross.items():
        tax = round_money(amount * rate / (1 + rate), order.currency)
        taxes.append(RateTax(rate, amount - tax, tax))
    order.taxes = told_taxes(taxes)


class TaxTests(SimpleTestCase):
    """orders.taxes.credited_taxes"""

    @settings(max_examples=300)
    @given(orders(), st.data())
    def test_taxes_of_parts_are_together_those_of_the_whole(
        self, drawn: tuple[Order, list[OrderLine]], data: st.DataObject
    ) -> None:
        """In whatever steps amounts and units go back."""
        order, lines = drawn
        tax_by_rate(order, lines)
        events: list[OrderEvent] = []
        unit = Decimal(1).scaleb(-places(order.currency))
        while left := [line for line in lines if line.kept_quantity]:
            told: list[dict[str, int]] = []
            if not data.draw(st.booleans()):
                line = data.draw(st.sampled_from(left))
                units = data.draw(st.integers(1, line.kept_quantity))
                amount = credit_of(order, lines, {line.pk: units})
                line.cancelled_quantity += units
                told = [{"line": line.pk, "quantity": units}]
            else:
                most = int(order.owed_amount / unit)
                amount = data.draw(st.integers(0, most)) * unit
            order.credited_amount += amount
            events.append(OrderEvent(detail={"amount": f"{amount:f}", "lines": told}))
        self.assertEqual(order.owed_amount, 0)
        credits_ = list(credits_of(order, lines, events))
        self.check(order, credits_)

    def check(self, order: Order, credits_: list[Credit]) -> None:
        sums = {
            each.rate: RateTax(each.rate, Decimal(0), Decimal(0))
            for each in taxes_of(order)
        }
        for credit, rows in zip(credits_, credited_taxes(order, credits_), strict=True):
            self.assertEqual(sum(row.gross for row in rows), credit.amount)
            for row in rows:
                self.assertGreaterEqual(row.net, 0)
                self.assertGreaterEqual(row.tax, 0)
                before = sums[row.rate]
                sums[row.rate] = RateTax(
                    row.rate, before.net + row.net, before.tax + row.tax
                )
        self.assertEqual(list(sums.values()), taxes_of(order))
