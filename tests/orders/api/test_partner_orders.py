from typing import Any

from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APITestCase

from orders.models import Order, OrderLine, Shipment
from partner.models import Partner, StockLevel
from partner.services import add_member
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS, make_offer
from tests.orders.stories import placed, receive
from tests.users.factories import UserFactory


class PartnerOrderTestCase(ProblemAssertions, APITestCase):
    """Two partners, and an order with lines of both."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ours = make_offer(num_in_stock=99)
        cls.theirs = make_offer(num_in_stock=99)
        cls.clerk = UserFactory()
        add_member(partner=cls.ours.partner, user=cls.clerk)
        cls.order = placed((cls.ours, 3), (cls.theirs, 1), provider="invoice")
        cls.line, cls.other = cls.order.lines.order_by("position")

    def setUp(self) -> None:
        self.client.force_authenticate(self.clerk)

    def send(
        self,
        action: str,
        body: object = None,
        order: Order | None = None,
        **headers: str,
    ) -> Response:
        key = (order or self.order).pk
        url = reverse(f"partner-orders:{action}", args=[key])
        return self.client.post(url, body or {}, headers=headers)


class PartnerOrderListTests(PartnerOrderTestCase):
    """GET /api/partner/order/ and /api/partner/order/{key}/"""

    url = "/api/partner/order/"

    def listed(self, **parameters: str) -> list[dict[str, Any]]:
        response = self.client.get(self.url, parameters)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()["results"]

    def test_the_whole_row_holds_own_lines_and_no_prices(self) -> None:
        (row,) = self.listed()
        self.assertEqual(
            row,
            {
                "order_id": self.order.pk,
                "number": self.order.number,
                "fulfilment_status": "unfulfilled",
                "placed_at": f"{self.order.placed_at:%Y-%m-%dT%H:%M:%SZ}",
                "may_ship": True,
                "shipping_method": "",
                "shipping_address": ADDRESS,
                "note": "",
                "lines": [
                    {
                        "id": self.line.pk,
                        "variant": self.ours.variant_id,
                        "offer": self.ours.pk,
                        "sku": self.line.sku,
                        "title": "Metropolis",
                        "quantity": 3,
                        "fulfilled_quantity": 0,
                        "cancelled_quantity": 0,
                        "returned_quantity": 0,
                        "open_quantity": 3,
                    }
                ],
                "shipments": [],
            },
        )
        url = reverse("partner-orders:detail", args=[self.order.number])
        response = self.client.get(url)
        self.assertEqual(response.json(), row)
        self.assertEqual(response["Cache-Control"], "private, no-store")

    def test_only_what_can_be_done_now_is_listed(self) -> None:
        unpaid = placed((self.ours, 1))
        paid = receive(placed((self.ours, 1)))
        placed((self.theirs, 1), provider="invoice")
        numbers = [row["number"] for row in self.listed()]
        self.assertEqual(numbers, [self.order.number, paid.number])
        self.send("ship")
        self.assertEqual([row["number"] for row in self.listed()], [paid.number])
        numbers = [row["number"] for row in self.listed(state="all")]
        self.assertEqual(numbers, [self.order.number, unpaid.number, paid.number])

    def test_where_unpaid_goods_would_go_is_not_told(self) -> None:
        unpaid = placed((self.ours, 1))
        row = self.client.get(reverse("partner-orders:detail", args=[unpaid.pk])).json()
        self.assertEqual((row["may_ship"], row["shipping_address"]), (False, None))

    def test_an_unknown_state(self) -> None:
        response = self.client.get(self.url, {"state": "odd"})
        problem = self.assert_problem(response, 400, "invalid-input")
        self.assertEqual(problem["errors"][0]["pointer"], "#/query/state")

    def test_who_works_for_nobody(self) -> None:
        self.client.force_authenticate(UserFactory())
        self.assert_problem(self.client.get(self.url), 403, "permission-denied")
        self.client.force_authenticate(None)
        self.assert_problem(self.client.get(self.url), 401, "not-authenticated")

    def test_orders_of_others_are_not_found(self) -> None:
        foreign = placed((self.theirs, 1), provider="invoice")
        url = reverse("partner-orders:detail", args=[foreign.pk])
        self.assert_problem(self.client.get(url), 404, "not-found")
        for action in ("ship", "deliver"):
            body = {"shipment": str(foreign.public_id)} if action == "deliver" else {}
            response = self.send(action, body, foreign)
            self.assert_problem(response, 404, "not-found")

    def test_one_of_several_partners(self) -> None:
        add_member(partner=self.theirs.partner, user=self.clerk)
        (row,) = self.listed()
        self.assertEqual(len(row["lines"]), 2)
        (row,) = self.listed(partner=self.theirs.partner.code)
        self.assertEqual([line["id"] for line in row["lines"]], [self.other.pk])
        stranger = Partner.objects.create(code="stranger", name="Stranger")
        response = self.client.get(self.url, {"partner": stranger.code})
        self.assert_problem(response, 404, "not-found")

    def test_statements_do_not_grow_with_orders(self) -> None:
        for more in (0, 4):
            for _ in range(more):
                placed((self.ours, 1), (self.theirs, 1), provider="invoice")
            # memberships, count, orders, lines, shipments
            with self.assertNumQueries(5):
                self.listed()


class ShipTests(PartnerOrderTestCase):
    """POST /api/partner/order/{key}/ship/ and …/deliver/"""

    def assert_untouched(self) -> None:
        self.assertEqual(Shipment.objects.count(), 0)
        self.assertEqual(OrderLine.objects.filter(fulfilled_quantity__gt=0).count(), 0)
        self.assertEqual(StockLevel.objects.get(pk=self.ours.pk).num_in_stock, 99)

    def test_own_lines_with_tracking(self) -> None:
        body = {
            "lines": [{"line": self.line.pk, "quantity": 2}],
            "carrier": "ups",
            "tracking_number": "1Z 9",
        }
        response = self.send("ship", body)
        self.assertEqual(response.status_code, 200, response.content)
        read = response.json()
        self.assertEqual(read["fulfilment_status"], "partly_shipped")
        self.assertEqual(read["lines"][0]["open_quantity"], 1)
        (shipment,) = read["shipments"]
        self.assertEqual(shipment["lines"], [{"line": self.line.pk, "quantity": 2}])
        self.assertEqual(
            shipment["tracking_url"], "https://www.ups.com/track?tracknum=1Z%209"
        )
        event = self.order.events.latest("pk")
        self.assertEqual((event.role, event.actor), ("partner", self.clerk))

    def test_everything_own_if_no_lines_are_named(self) -> None:
        read = self.send("ship").json()
        self.assertEqual(read["lines"][0]["fulfilled_quantity"], 3)
        self.other.refresh_from_db()
        self.assertEqual(self.other.fulfilled_quantity, 0)

    def test_the_same_key_ships_once(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 1}]}
        first = self.send("ship", body, **{"Idempotency-Key": "k"})
        again = self.send("ship", body, **{"Idempotency-Key": "k"})
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(again.json(), first.json())
        self.assertEqual(Shipment.objects.count(), 1)

    def test_a_line_of_another_partner(self) -> None:
        body = {"lines": [{"line": self.other.pk, "quantity": 1}]}
        self.assert_problem(self.send("ship", body), 422, "unknown-line")
        self.assert_untouched()

    def test_more_than_is_open(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 4}]}
        self.assert_problem(self.send("ship", body), 409, "quantity-not-available")
        self.assert_untouched()

    def test_what_is_not_paid(self) -> None:
        order = placed((self.ours, 1))
        response = self.send("ship", order=order)
        problem = self.assert_problem(response, 409, "transition-not-allowed")
        self.assertEqual(problem["payment_status"], "pending")
        self.assert_untouched()

    def test_what_has_not_arrived(self) -> None:
        record = make_offer(num_in_stock=0, backorder=True, partner=self.ours.partner)
        order = placed((record, 1), provider="invoice")
        response = self.send("ship", order=order)
        self.assert_problem(response, 409, "insufficient-stock")
        self.assert_untouched()

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        for action, body, pointer in (
            ("ship", {"carriez": "ups"}, "#/carriez"),
            ("ship", {"tracking_number": "x" * 101}, "#/tracking_number"),
            ("ship", {"lines": [{"line": 1}]}, "#/lines/0/quantity"),
            ("deliver", {}, "#/shipment"),
            ("deliver", {"shipment": "1"}, "#/shipment"),
        ):
            with self.subTest(body=body):
                problem = self.assert_problem(
                    self.send(action, body), 400, "invalid-input"
                )
                self.assertEqual(problem["errors"][0]["pointer"], pointer)
        self.assert_untouched()

    def test_a_shipment_arrives(self) -> None:
        shipment = self.send("ship").json()["shipments"][0]["id"]
        for _ in range(2):
            response = self.send("deliver", {"shipment": shipment})
            self.assertEqual(response.status_code, 200, response.content)
            self.assertIsNotNone(response.json()["shipments"][0]["delivered_at"])
        events = self.order.events.filter(type="delivered")
        self.assertEqual(events.count(), 1)

    def test_a_shipment_of_another_order(self) -> None:
        other = placed((self.ours, 1), provider="invoice")
        shipment = self.send("ship", order=other).json()["shipments"][0]["id"]
        response = self.send("deliver", {"shipment": shipment})
        self.assert_problem(response, 404, "not-found")
        self.assertIsNone(Shipment.objects.get().delivered_at)
