from django.test import override_settings
from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APITestCase

from orders.guests import guest_token
from orders.models import Order, Shipment
from orders.services import deliver_shipment, return_lines, ship_lines
from payments.models import Payment, Refund
from tests.orders.factories import (
    OrderEventFactory,
    OrderFactory,
    OrderLineFactory,
    make_offer,
)
from tests.orders.stories import CUSTOMER, STAFF, placed, receive
from tests.users.factories import UserFactory


class OrderDetailTests(APITestCase):
    """GET /api/order/{number or id}/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.order = OrderFactory()
        cls.guests = OrderFactory(user=None, guest_email="g@example.com")
        cls.token = guest_token(cls.guests.public_id)
        for order in (cls.order, cls.guests):
            OrderLineFactory(order=order)
            OrderEventFactory(order=order)

    def read(
        self, key: object, token: str | None = None, **parameters: str
    ) -> Response:
        headers = {} if token is None else {"X-Order-Token": token}
        url = reverse("orders:order-detail", args=[key])
        return self.client.get(url, parameters, headers=headers)

    def assert_shown(self, response: Response, order: Order) -> None:
        self.assertEqual(response.status_code, 200, response.content)
        self.assertEqual(response.json()["number"], order.number)
        self.assertEqual(response["Cache-Control"], "private, no-store")

    def test_its_customer_reads_it_by_number_and_by_id(self) -> None:
        self.client.force_authenticate(self.order.user)
        for key in (self.order.number, self.order.pk):
            response = self.read(key)
            self.assert_shown(response, self.order)
            self.assertEqual(len(response.json()["lines"]), 1)
            self.assertEqual(response.json()["events"][0]["type"], "placed")
            self.assertNotIn("guest_token", response.json())

    def test_its_guest_reads_it_by_token(self) -> None:
        for key in (self.guests.number, self.guests.pk):
            self.assert_shown(self.read(key, self.token), self.guests)
        response = self.read(self.guests.number, token=self.token)
        self.assert_shown(response, self.guests)

    def test_a_signed_in_guest_reads_it_by_token_too(self) -> None:
        self.client.force_authenticate(self.order.user)
        self.assert_shown(self.read(self.guests.number, self.token), self.guests)
        self.assert_shown(self.read(self.order.number, self.token), self.order)

    def test_strangers_find_nothing(self) -> None:
        self.client.force_authenticate(UserFactory())
        for key in (self.order.number, self.order.pk, self.guests.number):
            response = self.read(key)
            self.assertEqual(response.status_code, 404)
            self.assertEqual(response.json()["code"], "not-found")

    def test_a_wrong_token_finds_nothing(self) -> None:
        tokens = ("x", "é", self.token[:-1], guest_token(self.order.public_id))
        for token in tokens:
            response = self.read(self.guests.number, token)
            self.assertEqual(response.status_code, 404)

    def test_a_token_opens_no_order_of_a_customer(self) -> None:
        token = guest_token(self.order.public_id)
        self.assertEqual(self.read(self.order.number, token).status_code, 404)

    def test_who_shows_nothing_is_asked_who_it_is(self) -> None:
        for key in (self.order.number, self.guests.pk, "SO-NONE"):
            response = self.read(key)
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response.json()["code"], "not-authenticated")

    def test_odd_keys_find_nothing(self) -> None:
        self.client.force_authenticate(self.order.user)
        for key in ("0", "9" * 30, "²", "🎬", "SO-", self.order.number.lower()):
            with self.subTest(key):
                self.assertEqual(self.read(key).status_code, 404)

    def test_fields_may_be_picked(self) -> None:
        self.client.force_authenticate(self.order.user)
        response = self.read(self.order.number, fields="total_amount,lines")
        self.assertEqual(set(response.json()), {"total_amount", "lines"})

    def test_statements_do_not_grow_with_lines(self) -> None:
        self.client.force_authenticate(self.order.user)
        for more in (0, 19, 80):
            OrderLineFactory.create_batch(more, order=self.order)
            OrderEventFactory.create_batch(more, order=self.order)
            # order, lines, events, no shipments, no payments, no refunds
            with self.assertNumQueries(6):
                self.read(self.order.number)

    def test_statements_do_not_grow_with_shipments(self) -> None:
        order = receive(placed((make_offer(), 9)))
        self.client.force_authenticate(order.user)
        line = order.lines.get()
        for more in (1, 4):
            for _ in range(more):
                ship_lines(order.pk, actor=STAFF, quantities={line.pk: 1})
            # as above, and what is in the shipments
            with self.assertNumQueries(7):
                shipments = self.read(order.number).json()["shipments"]
        self.assertEqual(len(shipments), 5)

    def test_a_private_event_is_not_shown(self) -> None:
        OrderEventFactory(order=self.order, type="noted", is_public=False)
        self.client.force_authenticate(self.order.user)
        events = self.read(self.order.number).json()["events"]
        self.assertNotIn("noted", [event["type"] for event in events])

    @override_settings(SHOP_CARRIERS={"post": "https://post.example/{number}"})
    def test_a_whole_life(self) -> None:
        order = receive(placed((make_offer(price="10.00"), 3)))
        line = order.lines.get()
        shipment = ship_lines(
            order.pk, actor=STAFF, carrier="post", tracking_number="A/1"
        )
        deliver_shipment(shipment.public_id, actor=STAFF)
        returned = return_lines(
            order.pk, actor=CUSTOMER, quantities={line.pk: 1}, reason="Torn"
        )
        self.client.force_authenticate(order.user)
        read = self.read(order.number).json()
        arrived = Shipment.objects.get().delivered_at
        self.assertEqual(
            read["shipments"],
            [
                {
                    "id": str(shipment.public_id),
                    "carrier": "post",
                    "tracking_number": "A/1",
                    "tracking_url": "https://post.example/A%2F1",
                    "shipped_at": f"{shipment.shipped_at:%Y-%m-%dT%H:%M:%SZ}",
                    "delivered_at": f"{arrived:%Y-%m-%dT%H:%M:%SZ}",
                    "lines": [{"line": line.pk, "quantity": 3}],
                }
            ],
        )
        self.assertEqual(
            read["returns"],
            [
                {
                    "id": str(returned.public_id),
                    "at": f"{returned.at:%Y-%m-%dT%H:%M:%SZ}",
                    "amount": "10.00",
                    "reason": "Torn",
                    "lines": [{"line": line.pk, "sku": line.sku, "quantity": 1}],
                }
            ],
        )
        refund = Refund.objects.get()
        self.assertEqual(
            read["refunds"],
            [
                {
                    "id": str(refund.public_id),
                    "amount": "10.00",
                    "currency": "EUR",
                    "status": "pending",
                    "reason": "Torn",
                    "created_at": f"{refund.created_at:%Y-%m-%dT%H:%M:%SZ}",
                }
            ],
        )
        payment = Payment.objects.get()
        self.assertEqual(
            read["payments"],
            [
                {
                    "id": str(payment.public_id),
                    "provider": "dummy",
                    "status": "paid",
                    "amount": "30.00",
                    "currency": "EUR",
                    "next_action": None,
                    "error": "",
                }
            ],
        )
        types = "placed paid shipped delivered returned refunded"
        self.assertEqual([event["type"] for event in read["events"]], types.split())
        self.assertEqual(read["credited_amount"], "10.00")
        self.assertEqual(
            (read["status"], read["payment_status"], read["fulfilment_status"]),
            ("completed", "partly_refunded", "delivered"),
        )
        self.assertEqual((read["expires_at"], read["actions"]), (None, ["return"]))
