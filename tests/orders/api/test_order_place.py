from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APITestCase

from custom.models import IdempotencyKey
from orders.guests import guest_token
from orders.models import Order
from partner.models import StockLevel
from partner.services import update_stock_record
from tests.orders.factories import ADDRESS, VariantFactory, make_offer
from tests.outbox import messages
from tests.users.factories import UserFactory, create_token


class PlaceOrderTests(APITestCase):
    """POST /api/order/"""

    url = reverse_lazy("orders:order-create")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(
            num_in_stock=5, variant=VariantFactory(sku="DVD-1", title="DVD")
        )
        cls.user = UserFactory()

    def body(self, **changes: object) -> dict[str, Any]:
        lines = [{"variant": self.record.variant_id, "quantity": 2}]
        return {"lines": lines, "shipping_address": ADDRESS} | changes

    def post(self, body: object, key: str | None = "key-1", **headers: str) -> Response:
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.post(self.url, body, headers=headers)

    def faults(self, body: object) -> set[tuple[str, str]]:
        response = self.post(body)
        self.assertEqual(response.status_code, 400, response.content)
        self.assert_nothing_stored()
        return {(each["pointer"], each["code"]) for each in response.json()["errors"]}

    def assert_nothing_stored(self) -> None:
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(messages().count(), 0)
        self.assertEqual(IdempotencyKey.objects.count(), 0)
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 0)

    def assert_problem(
        self, response: Response, status: int, code: str
    ) -> dict[str, Any]:
        self.assertEqual(response.status_code, status, response.content)
        self.assertEqual(response["Content-Type"], "application/problem+json")
        self.assertEqual(response.json()["code"], code)
        self.assertEqual(response.json()["status"], status)
        return response.json()

    def test_a_customer_gets_the_whole_order(self) -> None:
        self.client.force_authenticate(self.user)
        response = self.post(
            self.body(note="🔔", expected_total="19.80", language="en")
        )
        self.assertEqual(response.status_code, 201, response.content)
        order = Order.objects.get()
        line = order.lines.get()
        event = order.events.get()
        at = order.placed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        expires_at = order.placed_at + timedelta(days=1)
        sold = {
            "product": self.record.variant.product_id,
            "variant": self.record.variant_id,
            "sku": "DVD-1",
            "title": "Metropolis - DVD",
            "quantity": 2,
            "unit_price": "9.90",
            "line_total": "19.80",
        }
        self.assertEqual(
            response.json(),
            {
                "order_id": order.pk,
                "number": order.number,
                "status": "pending",
                "payment_status": "pending",
                "fulfilment_status": "unfulfilled",
                "placed_at": at,
                "currency": "EUR",
                "total_amount": "19.80",
                "discounted_amount": "0.00",
                "line_count": 1,
                "products": [sold],
                "subtotal": "19.80",
                "discount_amount": "0.00",
                "shipping_amount": "0.00",
                "included_tax": "3.30",
                "additional_tax": "0.00",
                "credited_amount": "0.00",
                "lines": [
                    {"id": line.pk}
                    | sold
                    | {
                        "offer": self.record.pk,
                        "partner": {
                            "id": self.record.partner_id,
                            "name": self.record.partner.name,
                        },
                        "discount_amount": "0.00",
                        "tax_amount": "3.30",
                        "fulfilled_quantity": 0,
                        "cancelled_quantity": 0,
                        "returned_quantity": 0,
                    }
                ],
                "shipping_address": ADDRESS,
                "billing_address": ADDRESS,
                "shipping_method": "",
                "vouchers": [],
                "note": "🔔",
                "payments": [],
                "shipments": [],
                "refunds": [],
                "returns": [],
                "events": [{"at": at, "type": event.type, "detail": {}}],
                "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "actions": ["payment", "cancel"],
            },
        )
        self.assertEqual(
            response["Location"], f"http://testserver/api/order/{order.number}/"
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertNotIn("Idempotent-Replayed", response)
        self.assertEqual(order.user, self.user)

    def test_a_guest_gets_a_token(self) -> None:
        billing = ADDRESS | {"country": "JP", "postcode": "100-0001", "city": "東京"}
        response = self.post(
            self.body(email="Guest@example.com", billing_address=billing)
        )
        self.assertEqual(response.status_code, 201, response.content)
        order = Order.objects.get()
        self.assertEqual((order.user, order.guest_email), (None, "Guest@example.com"))
        self.assertEqual(order.billing_address["city"], "東京")
        self.assertEqual(response.json()["guest_token"], guest_token(order.public_id))
        self.assertEqual(response.json()["billing_address"], billing)

    def test_xml_both_ways(self) -> None:
        body = (
            "<root><lines><list-item>"
            f"<variant>{self.record.variant_id}</variant><quantity>2</quantity>"
            "</list-item></lines><email>g@example.com</email><shipping_address>"
            "<last_name>Lovelace 🎬</last_name><line1>Stephansplatz 1</line1>"
            "<city>Wien</city><postcode>1010</postcode><country>at</country>"
            "</shipping_address><expected_total>19.80</expected_total></root>"
        )
        response = self.client.post(
            self.url,
            body,
            content_type="application/xml",
            headers={"Idempotency-Key": "key-1", "Accept": "application/xml"},
        )
        self.assertEqual(response.status_code, 201, response.content)
        root = ET.fromstring(response.content)  # noqa: S314 - our own answer
        order = Order.objects.get()
        self.assertEqual(root.findtext("number"), order.number)
        self.assertEqual(root.findtext("lines/list-item/line_total"), "19.80")
        name = root.findtext("shipping_address/last_name")
        self.assertEqual(name, "Lovelace 🎬")
        self.assertEqual(root.findtext("shipping_address/country"), "AT")

    def test_the_same_request_again_gives_the_same_answer(self) -> None:
        first = self.post(self.body(email="g@example.com"))
        again = self.post(self.body(email="g@example.com"))
        self.assertEqual((first.status_code, again.status_code), (201, 201))
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Location"], first["Location"])
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(Order.objects.count(), 1)
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 2)

    def test_a_key_with_another_body_is_refused(self) -> None:
        self.post(self.body(email="g@example.com"))
        response = self.post(self.body(email="h@example.com"))
        self.assert_problem(response, 422, "idempotency-key-reused")
        self.assertEqual(Order.objects.count(), 1)

    def test_users_do_not_share_keys(self) -> None:
        for user in (self.user, UserFactory()):
            self.client.force_authenticate(user)
            self.assertEqual(self.post(self.body()).status_code, 201)
        self.assertEqual(Order.objects.count(), 2)

    def test_the_key_must_be_there_and_sane(self) -> None:
        for key, code in (
            (None, "idempotency-key-required"),
            ("", "idempotency-key-required"),
            ("a b", "idempotency-key-invalid"),
            ("x" * 256, "idempotency-key-invalid"),
        ):
            with self.subTest(key):
                response = self.post(self.body(email="g@example.com"), key)
                problem = self.assert_problem(response, 400, code)
                [fault] = problem["errors"]
                self.assertEqual(
                    (fault["pointer"], fault["code"]),
                    ("#/header/Idempotency-Key", code),
                )
        self.assert_nothing_stored()

    def test_a_shortage_names_the_line_and_leaves_the_key_free(self) -> None:
        variant = self.record.variant_id
        lines = [{"variant": variant, "quantity": 6}]
        response = self.post(self.body(email="g@example.com", lines=lines))
        problem = self.assert_problem(response, 409, "insufficient-stock")
        self.assertEqual(
            problem["errors"],
            [
                {
                    "pointer": "#/lines/0",
                    "code": "insufficient-stock",
                    "detail": "5 of 6 are available.",
                    "variant": variant,
                    "requested": 6,
                    "available": 5,
                }
            ],
        )
        self.assert_nothing_stored()
        self.assertEqual(self.post(self.body(email="g@example.com")).status_code, 201)

    def test_what_is_not_sold_is_named(self) -> None:
        lines = [{"variant": 999_999, "quantity": 1}]
        response = self.post(self.body(email="g@example.com", lines=lines))
        problem = self.assert_problem(response, 422, "not-for-sale")
        self.assertEqual(problem["errors"][0]["pointer"], "#/lines/0")
        self.assert_nothing_stored()

    def test_a_price_changed_meanwhile_is_told(self) -> None:
        update_stock_record(self.record.pk, price=10)
        body = self.body(email="g@example.com", expected_total="19.80")
        problem = self.assert_problem(self.post(body), 409, "total-changed")
        self.assertEqual(problem["errors"][0]["pointer"], "#/expected_total")
        self.assertEqual(
            (problem["total_amount"], problem["currency"]), ("20.00", "EUR")
        )
        self.assert_nothing_stored()

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        line = {"variant": self.record.variant_id, "quantity": 1}
        guest = {"email": "g@example.com"}
        for changes, faults in (
            ({}, {("#/email", "required")}),
            ({"email": "nobody"}, {("#/email", "invalid")}),
            ({"email": "a@\u200bx.example"}, {("#/email", "invalid")}),
            ({"email": "a@" + ".".join(["b" * 60] * 5)}, {("#/email", "max-length")}),
            (guest | {"expected_totl": "1"}, {("#/expected_totl", "unknown-field")}),
            (guest | {"expected_total": "much"}, {("#/expected_total", "invalid")}),
            (guest | {"lines": []}, {("#/lines", "min-length")}),
            (guest | {"lines": [line] * 101}, {("#/lines", "max-length")}),
            (
                guest | {"lines": [line, line | {"quantity": 0, "colour": 1}]},
                {
                    ("#/lines/1/quantity", "min-value"),
                    ("#/lines/1/colour", "unknown-field"),
                },
            ),
            (
                guest | {"lines": [line | {"variant": str(2**63)}]},
                {("#/lines/0/variant", "max-value")},
            ),
            (guest | {"note": "x" * 2001}, {("#/note", "max-length")}),
            (guest | {"language": "tlh"}, {("#/language", "invalid-choice")}),
            (
                guest | {"shipping_address": ADDRESS | {"country": "JP"}},
                {("#/shipping_address/country", "not-shipped-to")},
            ),
            (
                guest | {"shipping_address": {"country": "AT"}},
                {
                    ("#/shipping_address/last_name", "required"),
                    ("#/shipping_address/line1", "required"),
                    ("#/shipping_address/city", "required"),
                },
            ),
            (
                guest | {"billing_address": ADDRESS | {"planet": "Mars"}},
                {("#/billing_address/planet", "unknown-field")},
            ),
        ):
            with self.subTest(faults=faults):
                self.assertEqual(self.faults(self.body(**changes)), faults)

    def test_a_body_that_is_no_object_is_refused(self) -> None:
        for body in ([], "text", 1, None):
            with self.subTest(body=body):
                response = self.client.post(
                    self.url, body, format="json", headers={"Idempotency-Key": "k"}
                )
                self.assertEqual(response.status_code, 400, response.content)

    def test_a_customer_gives_no_address_of_a_guest(self) -> None:
        self.client.force_authenticate(self.user)
        faults = self.faults(self.body(email="g@example.com"))
        self.assertEqual(faults, {("#/email", "guests-only")})

    def test_a_token_that_is_wrong_is_not_a_guest(self) -> None:
        response = self.post(self.body(email="g@example.com"), Authorization="Token x")
        self.assert_problem(response, 401, "token-invalid")
        self.assert_nothing_stored()

    def test_statements_are_few_and_do_not_grow_with_lines(self) -> None:
        _, secret = create_token(self.user)
        records = [make_offer() for _ in range(100)]
        counts = []
        for number in (1, 20, 100):
            lines = [
                {"variant": record.variant_id, "quantity": 1}
                for record in records[:number]
            ]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = self.post(
                    self.body(lines=lines, payment={"provider": "invoice"}),
                    f"key-{number}",
                    Authorization=f"Token {secret}",
                )
            self.assertEqual(response.status_code, 201, response.content)
            counts.append(len(queries))
        # 1 SELECT the token and its user; SAVEPOINT and RELEASE stand for BEGIN and
        # COMMIT; 1 INSERT the key; 15 place_order, less its own pair of the outermost
        # block, and 1 INSERT the payment
        self.assertEqual(counts, [18, 18, 18])


class OrderMapTests(APITestCase):
    """Other methods of /api/order/"""

    def test_reading_there_is_not_allowed(self) -> None:
        response = self.client.get(reverse_lazy("orders:order-create"))
        self.assertEqual(response.status_code, 405)
        self.assertEqual(response["Allow"], "POST, OPTIONS")
