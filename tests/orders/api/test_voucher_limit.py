from typing import Any

from django.test import override_settings
from django.urls import reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APITestCase

from orders.models import Order
from tests.custom.throttling.limits import FreshLimits
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS, make_offer
from tests.users.factories import UserFactory


@override_settings(RATE_VOUCHER="2/min", RATE_ORDER="4/min")
class VoucherLimitTests(FreshLimits, ProblemAssertions, APITestCase):
    """Codes that are guessed at by quotes and orders"""

    quote = reverse_lazy("orders:order-quote")
    order = reverse_lazy("orders:order-create")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=50)
        cls.user = UserFactory()

    def setUp(self) -> None:
        super().setUp()
        self.client.force_authenticate(self.user)

    def post(self, url: str, *vouchers: str, **options: Any) -> Response:  # noqa: ANN401
        lines = [{"variant": self.record.variant_id, "quantity": 1}]
        body = {"lines": lines, "shipping_address": ADDRESS}
        if vouchers:
            body["vouchers"] = list(vouchers)
        key = {"Idempotency-Key": f"k{Order.objects.count()}"}
        return self.client.post(url, body, headers=key, **options)

    def guess(self, url: str, times: int, **options: Any) -> None:  # noqa: ANN401
        for number in range(times):
            answer = self.post(url, f"GUESS{number}", **options)
            self.assert_problem(answer, 422, "voucher-unknown")

    def test_quotes_with_vouchers(self) -> None:
        self.guess(self.quote, 2)
        answer = self.post(self.quote, "GUESS")
        self.assert_problem(answer, 429, "throttled")
        self.assertEqual(answer["RateLimit-Policy"], '"voucher";q=2;w=60')
        for _ in range(3):
            self.assertEqual(self.post(self.quote).status_code, 200)

    def test_xml_is_no_way_round(self) -> None:
        self.guess(self.quote, 2, format="xml")
        answer = self.post(self.quote, "GUESS", format="xml")
        self.assertEqual(answer.status_code, 429)

    def test_quotes_orders_and_baskets_share_one_limit(self) -> None:
        self.guess(self.quote, 1)
        self.client.post("/api/basket/voucher/", {"code": "GUESS"})
        self.assert_problem(self.post(self.order, "GUESS"), 429, "throttled")
        self.assertEqual(self.post(self.order).status_code, 201)

    def test_an_order_keeps_its_own_limit(self) -> None:
        self.guess(self.order, 2)
        self.assert_problem(self.post(self.order, "GUESS"), 429, "throttled")
        for _ in range(2):
            self.assertEqual(self.post(self.order).status_code, 201)
        answer = self.post(self.order)
        self.assert_problem(answer, 429, "throttled")
        self.assertEqual(answer["RateLimit-Policy"], '"order";q=4;w=60')

    def test_a_body_nobody_can_read_counts_as_an_order(self) -> None:
        for url, statuses in (
            (self.order, [400] * 4 + [429]),
            (self.quote, [400] * 5),
        ):
            answers = [
                self.client.post(url, "{", content_type="application/json")
                for _ in statuses
            ]
            self.assertEqual([each.status_code for each in answers], statuses)
        for body in ("[]", "1", '"vouchers"', '{"vouchers": 1}'):
            answer = self.client.post(self.quote, body, content_type="application/json")
            self.assertEqual(answer.status_code, 400, body)
