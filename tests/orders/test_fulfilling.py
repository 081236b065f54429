from django.test import TestCase, override_settings

from orders.actors import Actor, Role
from orders.errors import (
    QuantityError,
    SeveralPartnersError,
    TransitionNotAllowedError,
    UnknownLineError,
)
from orders.models import Order, OrderLine, Shipment
from orders.services import deliver_shipment, ship_lines
from partner.errors import InsufficientStockError
from partner.models import StockLevel, StockMovement
from payments.models import Payment
from tests.orders.factories import make_offer
from tests.orders.stories import (
    CUSTOMER,
    HEARD,
    STAFF,
    delivered,
    placed,
    receive,
    run_outbox,
    say_authorized,
    ship_all,
    told,
)
from tests.users.factories import UserFactory


@override_settings(OUTBOX_HANDLERS=HEARD)
class ShipLinesTests(TestCase):
    """orders.services.ship_lines"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ours = make_offer(num_in_stock=5)
        cls.theirs = make_offer(num_in_stock=5)

    def setUp(self) -> None:
        self.order = placed((self.ours, 3), (self.theirs, 1), provider="invoice")
        self.line, self.other = self.order.lines.order_by("position")
        self.partner = Actor(
            Role.PARTNER, UserFactory(), frozenset({self.ours.partner_id})
        )

    def state(self) -> tuple[object, ...]:
        order = Order.objects.get(pk=self.order.pk)
        return (order.version, order.status, order.fulfilment_status)

    def assert_untouched(self) -> None:
        self.assertEqual(self.state(), (1, "pending", "unfulfilled"))
        self.assertEqual(Shipment.objects.count(), 0)
        self.assertEqual(OrderLine.objects.filter(fulfilled_quantity__gt=0).count(), 0)
        self.assertEqual(StockLevel.objects.get(pk=self.ours.pk).num_in_stock, 5)
        self.assertEqual(told("order.shipped"), [])

    @override_settings(SHOP_CARRIERS={"post": "https://post.example/?nr={number}"})
    def test_a_partner_ships_a_part_of_its_lines(self) -> None:
        shipment = ship_lines(
            self.order.pk,
            actor=self.partner,
            quantities={self.line.pk: 2},
            carrier="post",
            tracking_number="A 1",
        )
        self.assertEqual(self.state(), (2, "confirmed", "partly_shipped"))
        self.assertEqual(
            list(shipment.lines.values_list("line", "quantity")), [(self.line.pk, 2)]
        )
        self.assertEqual(shipment.partner_id, self.ours.partner_id)
        level = StockLevel.objects.get(pk=self.ours.pk)
        self.assertEqual((level.num_in_stock, level.num_allocated), (3, 1))
        event = self.order.events.latest("pk")
        self.assertEqual(
            (event.type, event.from_status, event.to_status, event.role, event.actor),
            ("shipped", "pending", "confirmed", "partner", self.partner.user),
        )
        self.assertEqual(
            event.detail,
            {
                "shipment": str(shipment.public_id),
                "carrier": "post",
                "tracking_number": "A 1",
                "tracking_url": "https://post.example/?nr=A%201",
                "lines": [{"line": self.line.pk, "sku": self.line.sku, "quantity": 2}],
            },
        )
        moved = StockMovement.objects.get(source=f"order-event:{event.public_id}")
        self.assertEqual(
            (moved.in_stock_delta, moved.allocated_delta, moved.reason),
            (-2, -2, "shipped"),
        )
        ids = {"order": str(self.order.public_id), "event": str(event.public_id)}
        self.assertEqual(told("order.shipped"), [ids])

    def test_the_order_follows_its_lines(self) -> None:
        ship_lines(self.order.pk, actor=self.partner)
        self.assertEqual(self.state()[2], "partly_shipped")
        ship_lines(self.order.pk, actor=STAFF, quantities={self.other.pk: 1})
        self.assertEqual(self.state(), (3, "confirmed", "shipped"))

    def test_a_line_of_another_partner_is_unknown(self) -> None:
        with self.assertRaises(UnknownLineError) as caught:
            ship_lines(
                self.order.pk,
                actor=self.partner,
                quantities={self.line.pk: 1, self.other.pk: 1},
            )
        (fault,) = caught.exception.extra["errors"]
        self.assertEqual(fault["pointer"], "#/lines/1")
        self.assert_untouched()

    def test_a_parcel_is_one_partners(self) -> None:
        with self.assertRaises(SeveralPartnersError):
            ship_lines(self.order.pk, actor=STAFF)
        self.assert_untouched()

    def test_more_than_is_open_is_refused(self) -> None:
        with self.assertRaises(QuantityError) as caught:
            ship_lines(self.order.pk, actor=self.partner, quantities={self.line.pk: 4})
        self.assertEqual(
            caught.exception.extra["errors"],
            [
                {
                    "pointer": "#/lines/0",
                    "code": "quantity-not-available",
                    "detail": "This is possible for 3 units.",
                    "line": self.line.pk,
                    "requested": 4,
                    "available": 3,
                }
            ],
        )
        self.assert_untouched()

    def test_one_unit_is_told_as_one(self) -> None:
        with self.assertRaises(QuantityError) as caught:
            ship_lines(self.order.pk, actor=STAFF, quantities={self.other.pk: 2})
        (fault,) = caught.exception.extra["errors"]
        self.assertEqual(fault["detail"], "This is possible for 1 unit.")

    def test_a_customer_ships_nothing(self) -> None:
        with self.assertRaises(TransitionNotAllowedError):
            ship_lines(self.order.pk, actor=CUSTOMER)
        self.assert_untouched()

    def test_a_prepaid_order_waits_for_its_money(self) -> None:
        order = placed((self.ours, 1))
        with self.assertRaises(TransitionNotAllowedError) as caught:
            ship_lines(order.pk, actor=self.partner)
        self.assertEqual(caught.exception.extra["allowed"], [])
        receive(order)
        ship_lines(order.pk, actor=self.partner)
        order.refresh_from_db()
        self.assertEqual(order.fulfilment_status, "shipped")

    def test_money_that_is_promised_is_taken_with_the_goods(self) -> None:
        order = say_authorized(placed((self.ours, 1)))
        self.assertEqual(order.payment_status, "authorized")
        ship_lines(order.pk, actor=self.partner)
        (capture,) = told("payment.capture")
        self.assertEqual(capture["amount"], "9.90")

    def test_what_has_not_arrived_cannot_leave(self) -> None:
        record = make_offer(num_in_stock=0, backorder=True)
        order = placed((record, 1), provider="invoice")
        with self.assertRaises(InsufficientStockError):
            ship_lines(order.pk, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual((order.version, order.fulfilment_status), (1, "unfulfilled"))

    def test_statements_do_not_grow_with_lines(self) -> None:
        seller = self.ours.partner
        records = [make_offer(partner=seller) for _ in range(20)]
        few = placed(*((record, 1) for record in records[:2]), provider="invoice")
        many = placed(*((record, 1) for record in records), provider="invoice")
        # 2 SAVEPOINT and RELEASE; 2 SELECT order and lines; 2 INSERT shipment; 1 UPDATE
        # lines; 2 order and event; 1 message; 3 stock (savepoint, movements, levels)
        for order in (few, many):
            with self.subTest(order=order.number), self.assertNumQueries(13):
                ship_lines(order.pk, actor=STAFF)


class DeliverShipmentTests(TestCase):
    """orders.services.deliver_shipment"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ours = make_offer(num_in_stock=9)
        cls.theirs = make_offer(num_in_stock=9)

    def test_the_last_parcel_delivers_the_order(self) -> None:
        order = receive(placed((self.ours, 1), (self.theirs, 1)))
        first, second = ship_all(order)
        deliver_shipment(first.public_id, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual(
            (order.fulfilment_status, order.delivered_at), ("shipped", None)
        )
        deliver_shipment(second.public_id, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual(
            (order.status, order.fulfilment_status), ("completed", "delivered")
        )
        self.assertIsNotNone(order.delivered_at)
        kinds = list(order.events.values_list("type", flat=True))
        self.assertEqual(
            kinds, ["placed", "paid", "shipped", "shipped", "delivered", "delivered"]
        )

    def test_twice_changes_nothing(self) -> None:
        order = delivered((self.ours, 1))
        shipment = order.shipments.get()
        again = deliver_shipment(shipment.public_id, actor=STAFF)
        self.assertEqual(again.delivered_at, shipment.delivered_at)
        version = order.version
        order.refresh_from_db()
        self.assertEqual(order.version, version)

    def test_a_customer_may_not(self) -> None:
        order = receive(placed((self.ours, 1)))
        (shipment,) = ship_all(order)
        with self.assertRaises(TransitionNotAllowedError):
            deliver_shipment(shipment.public_id, actor=CUSTOMER)
        shipment.refresh_from_db()
        self.assertIsNone(shipment.delivered_at)

    def test_cash_on_delivery_is_paid_by_it(self) -> None:
        order = delivered((self.ours, 1), provider="cash_on_delivery")
        self.assertEqual(Payment.objects.get().captured_amount, order.total_amount)
        run_outbox()
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("completed", "paid"))

    def test_an_order_on_invoice_stays_open(self) -> None:
        order = delivered((self.ours, 1), provider="invoice")
        self.assertEqual((order.status, order.payment_status), ("confirmed", "pending"))
        self.assertEqual(receive(order).status, "completed")
