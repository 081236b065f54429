from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone

from custom.models import OutboxMessage
from orders.models import Order
from orders.services import cancel_order, expire_orders, return_lines
from partner.models import StockRecord
from payments.models import Payment
from payments.services import start_payment
from stats.models import OfferDay, OfferMonth, PartnerDay, SalesDay, StaleDay
from stats.services import find_drift, refresh
from tests.orders.factories import make_offer
from tests.orders.stories import CUSTOMER, STAFF, delivered, placed
from tests.shipping.factories import make_rate
from tests.stats.books import books, settle
from tests.tax.factories import make_tax_class


def at(moment: str) -> AbstractContextManager[object]:
    """Stop the clock at a moment of UTC."""
    then = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return time_machine.travel(then, tick=False)


def money(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


@override_settings(SHOP_TIME_ZONE="Europe/Berlin")
class CountingTests(TestCase):
    """Summaries after stories whose sums were worked out by hand"""

    films: StockRecord
    books: StockRecord

    @classmethod
    def setUpTestData(cls) -> None:
        make_rate(price="4.90")
        with at("2026-03-01T12:00"):
            cls.films = make_offer(num_in_stock=99, price="9.99")
            cls.books = make_offer(num_in_stock=99, price="20.00")

    def sales(self, day: str, currency: str = "EUR") -> dict[str, object]:
        """Return what is not zero of a day."""
        row = SalesDay.objects.filter(day=day, currency=currency).values().first() or {}
        kept = {name: row[name] for name in SalesDay.measures if row.get(name)}
        return dict(sorted(kept.items()))

    def order(self, moment: str, *wanted: tuple[StockRecord, int]) -> Order:
        with at(moment):
            order = placed(*wanted, shipping_method="standard")
            payment = Payment.objects.get(order=order.public_id)
            start_payment(payment.public_id, token="ok")
            return order

    def test_a_day_of_orders(self) -> None:
        self.order("2026-03-10T08:00", (self.films, 3))
        self.order("2026-03-10T22:59:59.999999", (self.films, 1), (self.books, 2))
        self.order("2026-03-10T23:00", (self.books, 1))  # midnight in Berlin
        settle()
        self.assertEqual(
            self.sales("2026-03-10"),
            {"orders": 2, "units": 6} | money(goods="79.96", shipping="9.80"),
        )
        self.assertEqual(
            self.sales("2026-03-11"),
            {"orders": 1, "units": 1} | money(goods="20.00", shipping="4.90"),
        )
        self.assertEqual(
            list(
                PartnerDay.objects.values_list(
                    "day", "partner_id", "orders", "units", "goods"
                )
            ),
            [
                (date(2026, 3, 10), self.films.partner_id, 2, 4, Decimal("39.96")),
                (date(2026, 3, 10), self.books.partner_id, 1, 2, Decimal("40.00")),
                (date(2026, 3, 11), self.books.partner_id, 1, 1, Decimal("20.00")),
            ],
        )
        self.assertEqual(
            list(
                OfferMonth.objects.values_list(
                    "month", "stock_record_id", "product_id", "units", "goods"
                )
            ),
            [
                (date(2026, 3, 1), record.pk, record.variant.product_id, units, goods)
                for record, units, goods in (
                    (self.films, 4, Decimal("39.96")),
                    (self.books, 3, Decimal("60.00")),
                )
            ],
        )
        self.assertEqual(list(find_drift()), [])

    def test_days_when_clocks_change(self) -> None:
        """The day is 23 hours long in March and 25 in October."""
        for moment, day in (
            ("2026-03-28T22:59:59", "2026-03-28"),
            ("2026-03-28T23:00", "2026-03-29"),
            ("2026-03-29T21:59:59", "2026-03-29"),
            ("2026-03-29T22:00", "2026-03-30"),
            ("2026-10-24T21:59:59", "2026-10-24"),
            ("2026-10-24T22:00", "2026-10-25"),
            ("2026-10-25T22:59:59", "2026-10-25"),
            ("2026-10-25T23:00", "2026-10-26"),
        ):
            with self.subTest(moment):
                before = self.sales(day).get("orders", 0)
                self.order(moment, (self.books, 1))
                settle()
                self.assertEqual(self.sales(day)["orders"], before + 1)
        self.assertEqual(self.sales("2026-03-29")["orders"], 2)
        self.assertEqual(self.sales("2026-10-25")["orders"], 2)

    def test_what_is_taken_back_belongs_to_the_day_of_it(self) -> None:
        order = self.order("2026-03-10T08:00", (self.films, 3), (self.books, 1))
        films = order.lines.get(stock_record_id=self.films.pk)
        settle()
        placed_on = self.sales("2026-03-10")
        with at("2026-03-12T08:00"):
            cancel_order(order.pk, actor=STAFF, quantities={films.pk: 1})
            settle()
        with at("2026-04-02T08:00"):
            cancel_order(order.pk, actor=STAFF)
            settle()
        self.assertEqual(self.sales("2026-03-10"), placed_on)
        self.assertEqual(
            self.sales("2026-03-12"),
            {"refunds": 1, "units_back": 1} | money(goods_back="9.99", refunded="9.99"),
        )
        self.assertEqual(
            self.sales("2026-04-02"),
            {"refunds": 1, "units_back": 3}
            | money(goods_back="39.98", refunded="44.88", shipping_back="4.90"),
        )
        april = OfferMonth.objects.filter(month="2026-04-01").order_by(
            "stock_record_id"
        )
        self.assertEqual(
            list(
                april.values_list(
                    "stock_record_id", "units", "units_back", "goods_back"
                )
            ),
            [
                (self.films.pk, 0, 2, Decimal("19.98")),
                (self.books.pk, 0, 1, Decimal("20.00")),
            ],
        )
        self.assertEqual(list(find_drift()), [])

    def test_returns_of_units_one_by_one_are_worth_what_was_charged(self) -> None:
        make_tax_class(AT="20")
        with at("2026-03-10T08:00"), override_settings(SHOP_PRICES_INCLUDE_TAX=False):
            order = delivered((self.films, 3), provider="invoice")
        (line,) = order.lines.all()
        for day in (11, 12, 13):
            with at(f"2026-03-{day}T08:00"):
                return_lines(order.pk, actor=CUSTOMER, quantities={line.pk: 1})
                settle()
        # 29.97 and 5.99 of tax: the units are worth 11.99, 11.98 and 11.99.
        self.assertEqual(self.sales("2026-03-10")["goods"], Decimal("35.96"))
        self.assertEqual(
            [self.sales(f"2026-03-{day}")["goods_back"] for day in (11, 12, 13)],
            [Decimal("11.99"), Decimal("11.98"), Decimal("11.99")],
        )
        self.assertEqual(list(find_drift()), [])

    def test_an_order_that_expires_was_sold_and_is_taken_back(self) -> None:
        with at("2026-03-10T08:00"):
            placed((self.books, 1))
        with at("2026-03-11T08:01"):
            expire_orders()
            settle()
        self.assertEqual(self.sales("2026-03-10")["orders"], 1)
        self.assertEqual(
            self.sales("2026-03-11"),
            {"units_back": 1} | money(goods_back="20.00", shipping_back="4.90"),
        )

    def test_currencies_are_counted_apart(self) -> None:
        self.order("2026-03-10T08:00", (self.books, 1))
        yen = Order.objects.get()
        Order.objects.filter(pk=yen.pk).update(currency="JPY")
        self.order("2026-03-10T09:00", (self.books, 2))
        settle()
        self.assertEqual(self.sales("2026-03-10", "JPY")["goods"], Decimal(20))
        self.assertEqual(self.sales("2026-03-10")["goods"], Decimal(40))
        self.assertEqual(OfferDay.objects.count(), 2)

    def test_counting_again_changes_nothing(self) -> None:
        self.order("2026-03-10T08:00", (self.books, 1))
        self.assertEqual(settle(), 1)
        told = books()
        with self.assertNumQueries(1):
            self.assertEqual(refresh(), 0)
        for message in OutboxMessage.objects.filter(handler__startswith="stats."):
            OutboxMessage.objects.filter(pk=message.pk).update(
                state="pending", claimed_by="", attempts=0, next_at=timezone.now()
            )
        self.assertEqual(settle(), 1)
        self.assertEqual(books(), told)

    def test_a_day_that_is_marked_while_it_is_counted_is_counted_again(self) -> None:
        self.order("2026-03-10T08:00", (self.books, 1))
        settle()
        StaleDay.objects.mark([date(2026, 3, 10)])
        (seen,) = StaleDay.objects.all()
        StaleDay.objects.mark([date(2026, 3, 10)])
        StaleDay.objects.unmark([seen])
        self.assertEqual(refresh(), 1)
        self.assertFalse(StaleDay.objects.exists())

    def test_rows_of_which_nothing_is_left_go(self) -> None:
        SalesDay.objects.create(day="2026-03-05", currency="EUR", orders=3)
        OfferDay.objects.create(
            day="2026-03-05",
            currency="EUR",
            stock_record_id=1,
            product_id=2,
            partner_id=3,
            units=4,
        )
        OfferMonth.objects.create(
            month="2026-03-01",
            currency="EUR",
            stock_record_id=1,
            product_id=2,
            partner_id=3,
            units=4,
        )
        StaleDay.objects.mark([date(2026, 3, 5)])
        refresh()
        self.assertEqual({name: rows for name, rows in books().items() if rows}, {})
