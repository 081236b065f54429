from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError
from django.db.models import Sum
from django.test import TestCase, TransactionTestCase, override_settings

from basket.errors import NotForSaleError
from basket.requests import LineRequest
from orders.errors import (
    OrderTooLargeError,
    ShortageError,
    TotalChangedError,
)
from orders.models import Order, OrderEvent, OrderLine
from orders.requests import HistoricOrder
from orders.services import import_orders, place_order, return_lines
from partner.models import StockLevel, StockMovement, StockRecord
from payments.selectors import money_of
from tests.orders.factories import (
    ADDRESS,
    OrderFactory,
    VariantFactory,
    make_offer,
    order_request,
)
from tests.orders.stories import STAFF
from tests.outbox import messages
from tests.users.factories import UserFactory


class PlaceOrderTests(TestCase):
    """orders.services.place_order"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(
            num_in_stock=5,
            price="9.90",
            variant=VariantFactory(sku="DVD-1", title="DVD"),
        )
        cls.dear = make_offer(num_in_stock=2, price="19.95")

    def assert_nothing_stored(self) -> None:
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(OrderLine.objects.count(), 0)
        self.assertEqual(OrderEvent.objects.count(), 0)
        self.assertEqual(messages().count(), 0)
        sold = StockMovement.objects.filter(reason=StockMovement.Reason.SOLD)
        self.assertEqual(sold.count(), 0)
        allocated = StockLevel.objects.aggregate(units=Sum("num_allocated"))
        self.assertEqual(allocated["units"], 0)

    def test_all_of_it_is_stored(self) -> None:
        user = UserFactory()
        order = place_order(
            order_request(
                LineRequest(self.dear.variant_id, 1),
                LineRequest(self.record.variant_id, 3),
                user=user,
                note="Ring twice 🔔",
                expected_total=Decimal("49.65"),
            )
        )
        order.refresh_from_db()
        self.assertEqual((order.user, order.guest_email), (user, ""))
        self.assertEqual(order.status, "pending")
        self.assertEqual(order.payment_status, "pending")
        self.assertEqual(order.fulfilment_status, "unfulfilled")
        self.assertEqual(order.currency, "EUR")
        self.assertEqual(order.subtotal, Decimal("49.65"))
        self.assertEqual(order.total_amount, Decimal("49.65"))
        self.assertEqual(order.included_tax, Decimal("8.28"))
        self.assertEqual(order.shipping_address, ADDRESS)
        self.assertEqual(order.note, "Ring twice 🔔")
        fields = (
            "position",
            "stock_record_id",
            "variant_id",
            "product_id",
            "partner_id",
            "partner_name",
            "sku",
            "title",
            "quantity",
            "unit_price",
            "line_total",
            "tax_amount",
        )
        dear, record = self.dear, self.record
        self.assertEqual(
            list(order.lines.values_list(*fields)),
            [
                (
                    *(0, dear.pk, dear.variant_id, dear.variant.product_id),
                    *(dear.partner_id, dear.partner.name, dear.variant.sku),
                    *("Metropolis", 1, Decimal("19.95"), Decimal("19.95")),
                    Decimal("3.33"),
                ),
                (
                    *(1, record.pk, record.variant_id, record.variant.product_id),
                    *(record.partner_id, record.partner.name, "DVD-1"),
                    *("Metropolis - DVD", 3, Decimal("9.90"), Decimal("29.70")),
                    Decimal("4.95"),
                ),
            ],
        )
        event = order.events.get()
        self.assertEqual((event.type, event.to_status), ("placed", "pending"))
        self.assertEqual(event.actor, user)
        message = messages().get()
        self.assertEqual(message.topic, "order.placed")
        self.assertEqual(message.payload, {"order": str(order.public_id)})
        moved = StockMovement.objects.filter(source=f"order-event:{event.public_id}")
        self.assertEqual(
            set(moved.values_list("stock_record", "allocated_delta", "in_stock_delta")),
            {(self.record.pk, 3, 0), (self.dear.pk, 1, 0)},
        )
        self.assertEqual(self.record.level.num_allocated, 0)
        levels = StockLevel.objects.in_bulk()
        self.assertEqual(levels[self.record.pk].num_allocated, 3)
        self.assertEqual(levels[self.dear.pk].num_allocated, 1)

    def test_the_same_item_twice_is_one_line(self) -> None:
        variant = self.record.variant_id
        order = place_order(
            order_request(
                LineRequest(variant, 2),
                LineRequest(self.dear.variant_id, 1),
                LineRequest(variant, 3, offer_id=self.record.pk),
            )
        )
        self.assertEqual(
            list(order.lines.values_list("variant_id", "quantity")),
            [(variant, 5), (self.dear.variant_id, 1)],
        )
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 5)

    def test_a_shortage_names_each_short_line_and_changes_nothing(self) -> None:
        variant, dear = self.record.variant_id, self.dear.variant_id
        with self.assertRaises(ShortageError) as caught:
            place_order(
                order_request(
                    LineRequest(variant, 3),
                    LineRequest(dear, 2),
                    LineRequest(variant, 3),
                )
            )
        self.assertEqual(caught.exception.code, "insufficient-stock")
        facts = {
            "code": "insufficient-stock",
            "detail": "5 of 6 are available.",
            "variant": variant,
            "requested": 6,
            "available": 5,
        }
        self.assertEqual(
            caught.exception.extra["errors"],
            [{"pointer": "#/lines/0"} | facts, {"pointer": "#/lines/2"} | facts],
        )
        self.assert_nothing_stored()

    def test_what_nobody_sells_is_named(self) -> None:
        hidden = make_offer(variant=VariantFactory(is_public=False))
        foreign = make_offer(currency="USD")
        idle = make_offer()
        idle.partner.is_active = False
        idle.partner.save()
        good = self.record
        lines = (
            LineRequest(good.variant_id, 1),
            LineRequest(999_999, 1),
            LineRequest(hidden.variant_id, 1),
            LineRequest(foreign.variant_id, 1),
            LineRequest(idle.variant_id, 1, offer_id=idle.pk),
            LineRequest(good.variant_id, 1, offer_id=self.dear.pk),
            LineRequest(good.variant_id, 1, offer_id=999_999),
        )
        with self.assertRaises(NotForSaleError) as caught:
            place_order(order_request(*lines))
        self.assertEqual(
            [each["pointer"] for each in caught.exception.extra["errors"]],
            [f"#/lines/{position}" for position in range(1, 7)],
        )
        self.assert_nothing_stored()

    def test_a_line_may_name_its_offer(self) -> None:
        dearer = make_offer(variant=self.record.variant, price="12.00")
        order = place_order(
            order_request(LineRequest(self.record.variant_id, 1, offer_id=dearer.pk))
        )
        line = order.lines.get()
        self.assertEqual(line.stock_record_id, dearer.pk)
        self.assertEqual(line.unit_price, Decimal("12.00"))

    def test_another_total_than_expected_is_refused(self) -> None:
        with self.assertRaises(TotalChangedError) as caught:
            place_order(
                order_request(
                    LineRequest(self.record.variant_id, 1),
                    expected_total=Decimal("9.89"),
                )
            )
        self.assertEqual(
            caught.exception.extra, {"total_amount": "9.90", "currency": "EUR"}
        )
        self.assert_nothing_stored()

    def test_a_sum_too_large_to_store_is_refused(self) -> None:
        gold = make_offer(price="999999.99", num_in_stock=10_000)
        with self.assertRaises(OrderTooLargeError):
            place_order(order_request(LineRequest(gold.variant_id, 9_999)))
        self.assert_nothing_stored()

    @override_settings(SHOP_PRICES_INCLUDE_TAX=False)
    def test_tax_may_be_added(self) -> None:
        order = place_order(order_request(LineRequest(self.record.variant_id, 1)))
        self.assertEqual(order.additional_tax, Decimal("1.98"))
        self.assertEqual(order.included_tax, 0)
        self.assertEqual(order.total_amount, Decimal("11.88"))

    @override_settings(SHOP_CURRENCY="JPY")
    def test_amounts_have_the_currencys_own_places(self) -> None:
        record = make_offer(currency="JPY", price="1200")
        order = place_order(order_request(LineRequest(record.variant_id, 3)))
        self.assertEqual(order.total_amount, 3600)
        self.assertEqual(order.included_tax, 600)

    def test_statements_are_few_and_do_not_grow_with_lines(self) -> None:
        records = [make_offer() for _ in range(25)]
        for count in (1, 5, 25):
            lines = [LineRequest(record.variant_id, 1) for record in records[:count]]
            wanted = order_request(*lines)
            # 4 SELECT offers, variants, shipping and tax rates; 5 INSERT order, lines,
            # event, message, movements; 1 SELECT that the account is open; 1 UPDATE
            # levels; 1 SELECT what sold out; 2 SAVEPOINT, 1 RELEASE (the outer pair
            # stands for BEGIN and COMMIT here)
            with self.assertNumQueries(15):
                place_order(wanted)

    def test_stock_is_the_last_table_written(self) -> None:
        wanted = order_request(LineRequest(self.record.variant_id, 1))
        with self.assertNumQueries(15) as captured:
            place_order(wanted)
        writes = [
            query["sql"]
            for query in captured.captured_queries
            if query["sql"].startswith(("INSERT", "UPDATE"))
        ]
        self.assertTrue(writes[-1].startswith("UPDATE `partner_stocklevel`"))
        self.assertIn("ORDER BY", writes[-1])
        is_stock = [" `partner_stocklevel`" in sql for sql in writes]
        self.assertEqual(is_stock.count(True), 1)


class OrderTableTests(TestCase):
    """What the database itself refuses"""

    def test_totals_that_do_not_add_up(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "order_total_adds_up"):
            OrderFactory(additional_tax=Decimal("0.001"))

    def test_an_order_of_a_user_and_of_a_guest(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "order_guest_has_no_user"):
            OrderFactory(guest_email="g@example.com")

    def test_an_order_with_a_negative_amount(self) -> None:
        amounts = {"subtotal": Decimal(-1), "total_amount": Decimal(-1)}
        with self.assertRaisesMessage(IntegrityError, "order_no_amount_negative"):
            OrderFactory(**amounts)


class ImportOrdersTests(TransactionTestCase):
    """orders.services.import_orders"""

    def history(self, records: list[StockRecord], count: int) -> list[HistoricOrder]:
        start = datetime(2024, 5, 1, tzinfo=UTC)
        user = UserFactory()
        return [
            HistoricOrder(
                user=user,
                placed_at=start + timedelta(days=day),
                completed_at=start + timedelta(days=day + 4),
                quantities={record.pk: 2 for record in records},
                address=ADDRESS,
            )
            for day in range(count)
        ]

    def test_orders_arrive_complete_and_stock_stays(self) -> None:
        records = [make_offer(num_in_stock=1, price="9.90"), make_offer(num_in_stock=0)]
        self.assertEqual(import_orders(self.history(records, 3)), 3)
        order = Order.objects.earliest("placed_at")
        self.assertEqual(order.placed_at, datetime(2024, 5, 1, tzinfo=UTC))
        self.assertEqual(
            (order.status, order.payment_status, order.fulfilment_status),
            ("completed", "paid", "delivered"),
        )
        self.assertEqual(order.total_amount, Decimal("39.60"))
        self.assertEqual(
            list(order.lines.values_list("quantity", "fulfilled_quantity")),
            [(2, 2), (2, 2)],
        )
        self.assertEqual(
            list(order.events.values_list("type", "at")),
            [
                ("placed", datetime(2024, 5, 1, tzinfo=UTC)),
                ("completed", datetime(2024, 5, 5, tzinfo=UTC)),
            ],
        )
        self.assertEqual(messages().count(), 0)
        money = money_of([order.public_id])[order.public_id]
        self.assertEqual(money.captured, order.total_amount)
        self.assertEqual(order.paid_amount, order.total_amount)
        levels = StockLevel.objects.order_by("pk")
        self.assertEqual(
            list(levels.values_list("num_in_stock", "num_allocated")), [(1, 0), (0, 0)]
        )
        for level in levels:
            moved = StockMovement.objects.filter(stock_record=level.pk)
            self.assertEqual(moved.count(), 7)
            stock = moved.aggregate(units=Sum("in_stock_delta"))["units"]
            self.assertEqual(stock, level.num_in_stock)

    def test_what_was_imported_may_come_back(self) -> None:
        import_orders(self.history([make_offer(price="9.90")], 1))
        order = Order.objects.get()
        return_lines(
            order.pk, actor=STAFF, quantities={order.lines.get().pk: 1}, reason="Torn"
        )
        order.refresh_from_db()
        self.assertEqual(order.payment_status, "partly_refunded")
        self.assertEqual(order.refunded_amount, Decimal("9.90"))

    def test_statements_do_not_grow_with_orders(self) -> None:
        records = [make_offer()]
        import_orders(self.history(records, 1))
        few, many = self.history(records, 2), self.history(records, 10)
        # BEGIN, 3 SELECT records, tax rates and keys, 4 INSERT; 2 INSERT and 1 SELECT
        # payments; 1 INSERT message; COMMIT
        for orders in (few, many):
            with self.assertNumQueries(13):
                import_orders(orders)

    def test_an_unknown_stock_record_stores_nothing(self) -> None:
        record = make_offer()
        history = self.history([record], 2)
        StockRecord.objects.filter(pk=record.pk)
        unknown = self.history([StockRecord(pk=999_999)], 1)
        with self.assertRaises(KeyError):
            import_orders(history + unknown)
        self.assertEqual(Order.objects.count(), 0)
