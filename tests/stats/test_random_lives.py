import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import time_machine
from django.db import transaction
from django.db.models import F, Sum
from django.test import TestCase, override_settings, tag
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from custom.errors import DomainError
from orders.models import Order, OrderLine
from orders.services import (
    cancel_order,
    credit_order,
    expire_orders,
    return_lines,
)
from partner.models import StockRecord
from payments.models import Payment
from payments.services import start_payment
from stats.days import day_of
from stats.models import GOODS, OfferDay, OfferMonth, PartnerDay, SalesDay
from stats.services import find_drift, rebuild
from tests.orders.factories import make_offer
from tests.orders.stories import STAFF, placed, ship_all
from tests.shipping.factories import make_rate
from tests.stats.books import books, settle

START = datetime(2026, 3, 26, 20, tzinfo=UTC)  # three days before clocks change
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["order", "order", "pay", "cancel", "ship", "return", "credit", "count"]
        ),
        st.integers(0, 5),  # which order, or how many units
        st.booleans(),  # all of it, or one unit
        st.integers(0, 15),  # hours until then
    ),
    min_size=4,
    max_size=16,
)


@override_settings(SHOP_TIME_ZONE="Europe/Berlin", SHOP_RETURN_DAYS=999)
class RandomLivesTests(TestCase):
    """Whatever happens in whatever order, summaries are what a rebuild makes"""

    records: ClassVar[list[StockRecord]]

    @classmethod
    def setUpTestData(cls) -> None:
        make_rate(price="4.90")
        cls.records = [
            make_offer(num_in_stock=999, price=price) for price in ("9.99", "0.07")
        ]

    def check(self, steps: list[tuple[str, int, bool, int]]) -> None:
        point = transaction.savepoint()
        now = START
        for act, place, is_whole, hours in steps:
            now += timedelta(hours=hours)
            with time_machine.travel(now, tick=False):
                expire_orders()
                with contextlib.suppress(DomainError):
                    self.step(act, place, is_whole=is_whole)
        with time_machine.travel(now, tick=False):
            settle()
            told = books()
            self.assertEqual(list(find_drift()), [])
            list(rebuild())
            self.assertEqual(books(), told)
            self.assert_they_add_up()
        transaction.savepoint_rollback(point)

    def step(self, act: str, place: int, *, is_whole: bool) -> None:
        """Take one step, which a service may refuse."""
        if act == "count":
            settle()
            return
        if act == "order":
            first, second = self.records
            wanted = [(first, place + 1)] + ([(second, 3)] if is_whole else [])
            placed(*wanted, shipping_method="standard")
            return
        orders = list(Order.objects.order_by("pk"))
        if not orders:
            return
        order = orders[place % len(orders)]
        line = OrderLine.objects.filter(order=order).latest("pk")
        units = None if is_whole else {line.pk: 1}
        if act == "pay":
            payment = Payment.objects.filter(order=order.public_id).latest("pk")
            start_payment(payment.public_id, token="ok")
        elif act == "ship":
            ship_all(order)
        elif act == "credit":
            amount = order.owed_amount if is_whole else Decimal("3.33")
            credit_order(order.pk, amount=amount, reason="Sorry", actor=STAFF)
        elif act == "cancel":
            cancel_order(order.pk, actor=STAFF, quantities=units)
        else:
            return_lines(order.pk, actor=STAFF, quantities=units)

    def assert_they_add_up(self) -> None:
        """Compare with the orders themselves, added up in another way."""
        sales = SalesDay.objects.aggregate(
            charged=Sum(F("goods") + F("shipping")),
            back=Sum(F("goods_back") + F("shipping_back")),
            refunded=Sum("refunded"),
        )
        orders = Order.objects.aggregate(
            charged=Sum("total_amount"), back=Sum("credited_amount")
        )
        paid_back = Payment.objects.aggregate(refunded=Sum("refunded_amount"))
        zero = Decimal(0)
        for name, amount in (orders | paid_back).items():
            self.assertEqual(sales[name] or zero, amount or zero, name)
        placed_on = Counter(
            day_of(moment)
            for moment in Order.objects.values_list("placed_at", flat=True)
        )
        counted = SalesDay.objects.exclude(orders=0).values_list("day", "orders")
        self.assertEqual(dict(counted), placed_on)
        lines = OrderLine.objects.aggregate(
            units=Sum("quantity"),
            units_back=Sum(F("cancelled_quantity") + F("returned_quantity")),
        )
        sums = {name: Sum(name) for name in GOODS}
        by_shop = SalesDay.objects.aggregate(**sums)
        self.assertEqual({name: by_shop[name] for name in lines}, lines)
        for model in (PartnerDay, OfferDay, OfferMonth):
            self.assertEqual(model.objects.aggregate(**sums), by_shop, model)

    def run_lives(self, examples: int) -> None:
        run = settings(
            max_examples=examples,
            database=None,
            derandomize=examples < 20,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(STEPS)(self.check))
        run()

    def test_some_lives(self) -> None:
        self.run_lives(6)

    @tag("soak")
    def test_many_lives(self) -> None:
        self.run_lives(150)
