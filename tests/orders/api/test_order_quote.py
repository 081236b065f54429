from typing import Any

from django.urls import reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APITestCase

from orders.models import Order
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS, VariantFactory, make_offer
from tests.outbox import messages
from tests.users.factories import UserFactory


class QuoteOrderTests(ProblemAssertions, APITestCase):
    """POST /api/order/quote/"""

    url = reverse_lazy("orders:order-quote")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(
            num_in_stock=5, variant=VariantFactory(sku="DVD-1", title="DVD")
        )

    def body(self, **changes: object) -> dict[str, Any]:
        lines = [{"variant": self.record.variant_id, "quantity": 2}]
        return {"lines": lines, "shipping_address": ADDRESS} | changes

    def post(self, body: object) -> Response:
        return self.client.post(self.url, body)

    def test_the_whole_answer(self) -> None:
        response = self.post(self.body())
        self.assertEqual(response.status_code, 200, response.content)
        self.assertEqual(
            response.json(),
            {
                "subtotal": "19.80",
                "discount_amount": "0.00",
                "shipping_amount": "0.00",
                "included_tax": "3.30",
                "additional_tax": "0.00",
                "total_amount": "19.80",
                "currency": "EUR",
                "lines": [
                    {
                        "product": self.record.variant.product_id,
                        "variant": self.record.variant_id,
                        "sku": "DVD-1",
                        "title": "Metropolis - DVD",
                        "quantity": 2,
                        "unit_price": "9.90",
                        "line_total": "19.80",
                        "offer": self.record.pk,
                        "partner": {
                            "id": self.record.partner_id,
                            "name": self.record.partner.name,
                        },
                        "discount_amount": "0.00",
                        "tax_amount": "3.30",
                    }
                ],
                "vouchers": [],
                "shipping_method": "",
            },
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(messages().count(), 0)

    def test_it_is_what_an_order_then_charges(self) -> None:
        self.client.force_authenticate(UserFactory())
        quoted = self.post(self.body()).json()
        placed = self.client.post(
            reverse_lazy("orders:order-create"),
            self.body(expected_total=quoted["total_amount"]),
            headers={"Idempotency-Key": "k"},
        )
        self.assertEqual(placed.status_code, 201, placed.content)
        order = placed.json()
        for name, amount in quoted.items():
            if name.endswith(("_amount", "_tax", "total")):
                self.assertEqual(order[name], amount, name)

    def test_nothing_but_lines_is_needed(self) -> None:
        body = self.body()
        del body["shipping_address"]
        self.assertEqual(self.post(body).json()["total_amount"], "19.80")

    def test_what_is_short_is_priced_all_the_same(self) -> None:
        lines = [{"variant": self.record.variant_id, "quantity": 6}]
        self.assertEqual(self.post(self.body(lines=lines)).status_code, 200)

    def test_what_is_not_sold_is_named(self) -> None:
        response = self.post(self.body(lines=[{"variant": 999_999, "quantity": 1}]))
        problem = self.assert_problem(response, 422, "not-for-sale")
        self.assertEqual(problem["errors"][0]["pointer"], "#/lines/0")

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        for body, faults in (
            ({}, {("#/lines", "required")}),
            (self.body(basket=True), {("#/lines", "required")}),
            ({"basket": "forged"}, {("#/basket", "invalid")}),
            (self.body(rows=[]), {("#/rows", "unknown-field")}),
        ):
            with self.subTest(body=body):
                problem = self.assert_problem(self.post(body), 400, "invalid-input")
                found = {(each["pointer"], each["code"]) for each in problem["errors"]}
                self.assertEqual(found, faults)

    def test_an_empty_basket(self) -> None:
        self.client.force_authenticate(UserFactory())
        problem = self.assert_problem(self.post({"basket": True}), 422, "empty-basket")
        self.assertEqual(problem["errors"][0]["pointer"], "#/basket")
