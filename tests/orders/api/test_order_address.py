from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response
from rest_framework.test import APITestCase

from address.models import Address
from custom.models import IdempotencyKey
from orders.models import Order
from tests.address.factories import AddressFactory
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS, OrderFactory, make_offer
from tests.users.factories import UserFactory


class AddressByIdTests(ProblemAssertions, APITestCase):
    """POST /api/order/ and /api/order/quote/ with addresses of the book"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=50)
        cls.user = UserFactory()
        cls.home = AddressFactory(user=cls.user)
        cls.office = AddressFactory(user=cls.user, city="Tokyo", country="JP")
        Address.objects.filter(pk=cls.office.pk).update(postcode="100-0001")
        cls.foreign = AddressFactory()

    def setUp(self) -> None:
        self.client.force_authenticate(self.user)

    def post(self, path: str = "", key: str = "k", **fields: Any) -> Response:  # noqa: ANN401
        lines = [{"variant": self.record.variant_id, "quantity": 1}]
        return self.client.post(
            f"/api/order/{path}",
            {"lines": lines} | fields,
            headers={"Idempotency-Key": key},
        )

    def assert_fault(self, answer: Response, pointer: str, code: str) -> None:
        (error,) = self.assert_problem(answer, 400, "invalid-input")["errors"]
        self.assertEqual((error["pointer"], error["code"]), (pointer, code))
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(IdempotencyKey.objects.count(), 0)

    def test_an_order_copies_what_ids_name(self) -> None:
        answer = self.post(
            shipping_address=str(self.home.public_id),
            billing_address=str(self.office.public_id),
        )
        self.assertEqual(answer.status_code, 201, answer.content)
        tokyo = {"city": "Tokyo", "country": "JP", "postcode": "100-0001"}
        self.assertEqual(answer.json()["shipping_address"], ADDRESS)
        self.assertEqual(answer.json()["billing_address"], ADDRESS | tokyo)
        Address.objects.all().delete()
        order = Order.objects.get()
        self.assertEqual(order.shipping_address, ADDRESS)
        self.assertEqual(order.billing_address, ADDRESS | tokyo)

    def test_the_shipping_address_is_billed(self) -> None:
        self.post(shipping_address=str(self.home.public_id))
        order = Order.objects.get()
        self.assertEqual(order.billing_address, ADDRESS)

    def test_an_id_beside_a_written_address(self) -> None:
        answer = self.post(
            shipping_address=ADDRESS | {"city": "Graz"},
            billing_address=str(self.home.public_id),
        )
        self.assertEqual(answer.json()["shipping_address"]["city"], "Graz")
        self.assertEqual(answer.json()["billing_address"], ADDRESS)

    def test_the_same_request_when_the_address_is_gone(self) -> None:
        first = self.post(shipping_address=str(self.home.public_id))
        self.home.delete()
        again = self.post(shipping_address=str(self.home.public_id))
        self.assertEqual(again.status_code, 201, again.content)
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(again.json(), first.json())

    def test_a_quote_is_that_of_the_written_address(self) -> None:
        by_id = self.post("quote/", shipping_address=str(self.home.public_id))
        written = self.post("quote/", shipping_address=ADDRESS)
        self.assertEqual(by_id.status_code, 200, by_id.content)
        self.assertEqual(by_id.json(), written.json())

    def test_what_is_not_in_the_book(self) -> None:
        for path in ("", "quote/"):
            for chosen in (str(self.foreign.public_id), str(uuid4()), "home", ""):
                with self.subTest(path, chosen=chosen):
                    answer = self.post(path, shipping_address=chosen)
                    self.assert_fault(answer, "#/shipping_address", "unknown-address")
        answer = self.post(
            shipping_address=str(self.home.public_id),
            billing_address=str(self.foreign.public_id),
        )
        self.assert_fault(answer, "#/billing_address", "unknown-address")

    def test_guests_have_no_book(self) -> None:
        self.client.force_authenticate(None)
        chosen = str(self.home.public_id)
        for path in ("", "quote/"):
            with self.subTest(path):
                answer = self.post(path, email="g@example.com", shipping_address=chosen)
                self.assert_fault(answer, "#/shipping_address", "guests")

    def test_an_address_must_suit(self) -> None:
        away = self.post(shipping_address=str(self.office.public_id))
        self.assert_fault(away, "#/shipping_address/country", "not-shipped-to")
        Address.objects.filter(pk=self.home.pk).update(postcode="1")
        misfit = self.post(billing_address=str(self.home.public_id), **self.inline())
        self.assert_fault(misfit, "#/billing_address/postcode", "invalid")

    def inline(self) -> dict[str, Any]:
        return {"shipping_address": ADDRESS}

    def test_a_default_is_not_used_by_itself(self) -> None:
        Address.objects.filter(pk=self.home.pk).update(is_default_shipping=True)
        self.assert_fault(self.post(), "#/shipping_address", "required")

    @override_settings(SHOP_COUNTRIES=["AT", "JP"])
    def test_ids_cost_one_statement(self) -> None:
        for path in ("", "quote/"):
            counts = []
            for number, fields in enumerate(
                (
                    self.inline(),
                    {"shipping_address": str(self.home.public_id)},
                    {
                        "shipping_address": str(self.office.public_id),
                        "billing_address": str(self.home.public_id),
                    },
                )
            ):
                with CaptureQueriesContext(connection) as queries:
                    answer = self.post(path, f"key-{number}", **fields)
                self.assertIn(answer.status_code, (200, 201), answer.content)
                counts.append(len(queries))
            with self.subTest(path):
                inline, one, two = counts
                self.assertEqual((one, two), (inline + 1, inline + 1))

    def test_numbers_are_kept_in_one_form(self) -> None:
        numbers = {"phone": "0664 1234567", "vat_id": "at u 13585627"}
        answer = self.post(shipping_address=ADDRESS | numbers)
        self.assertEqual(answer.status_code, 201, answer.content)
        kept = {"phone": "+436641234567", "vat_id": "ATU13585627"}
        self.assertEqual(answer.json()["billing_address"], ADDRESS | kept)

    def test_numbers_that_are_none_are_pointed_at(self) -> None:
        for name in ("phone", "vat_id"):
            for path in ("", "quote/"):
                answer = self.post(path, shipping_address=ADDRESS | {name: "123"})
                self.assert_fault(answer, f"#/shipping_address/{name}", "invalid")

    def test_an_old_number_of_the_book_does_not_stand_in_the_way(self) -> None:
        Address.objects.filter(pk=self.home.pk).update(phone="ask at the desk")
        answer = self.post(shipping_address=str(self.home.public_id))
        self.assertEqual(answer.status_code, 201, answer.content)
        self.assertEqual(answer.json()["shipping_address"]["phone"], "ask at the desk")

    def test_an_order_of_before_there_were_vat_ids_is_shown(self) -> None:
        old = {name: ADDRESS[name] for name in ADDRESS if name != "vat_id"}
        order = OrderFactory(user=self.user, shipping_address=old)
        for accept in ("application/json", "application/xml"):
            answer = self.client.get(f"/api/order/{order.pk}/", HTTP_ACCEPT=accept)
            self.assertEqual(answer.status_code, 200)
        answer = self.client.get(f"/api/order/{order.pk}/")
        self.assertEqual(answer.json()["shipping_address"], ADDRESS)
