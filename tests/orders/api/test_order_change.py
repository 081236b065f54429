from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APITestCase

from custom.models import IdempotencyKey
from orders.guests import guest_token
from orders.models import Order
from partner.models import StockLevel
from payments.models import Payment, Refund
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import make_offer
from tests.orders.stories import delivered, placed, receive, ship_all
from tests.users.factories import UserFactory


class ChangeTestCase(ProblemAssertions, APITestCase):
    """What the endpoints that change an order have in common."""

    action: str

    def send(
        self,
        order: Order,
        body: object = None,
        action: str | None = None,
        **headers: str,
    ) -> Response:
        name = f"orders:order-{action or self.action}"
        url = reverse(name, args=[order.number])
        return self.client.post(url, body or {}, headers=headers)

    def faults(self, response: Response) -> set[tuple[str, str]]:
        errors = self.assert_problem(response, 400, "invalid-input")["errors"]
        return {(error["pointer"], error["code"]) for error in errors}


class CancelTests(ChangeTestCase):
    """POST /api/order/{key}/cancel/"""

    action = "cancel"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="9.90")
        cls.order = placed((cls.record, 3))
        cls.line = cls.order.lines.get()

    def setUp(self) -> None:
        self.client.force_authenticate(self.order.user)

    def assert_untouched(self) -> None:
        self.order.refresh_from_db()
        self.assertEqual((self.order.version, self.order.status), (1, "pending"))
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 3)
        self.assertEqual(IdempotencyKey.objects.count(), 0)

    def test_units_with_a_reason(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 2}], "reason": "Too many"}
        response = self.send(self.order, body)
        self.assertEqual(response.status_code, 200, response.content)
        read = response.json()
        self.assertEqual(read["order_id"], self.order.pk)
        self.assertEqual(read["lines"][0]["cancelled_quantity"], 2)
        self.assertEqual(read["credited_amount"], "19.80")
        event = read["events"][-1]
        self.assertEqual(event["type"], "cancelled")
        self.assertEqual(
            event["detail"],
            {
                "reason": "Too many",
                "amount": "19.80",
                "lines": [{"line": self.line.pk, "sku": self.line.sku, "quantity": 2}],
            },
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")

    def test_all_by_id(self) -> None:
        url = reverse("orders:order-cancel", args=[self.order.pk])
        read = self.client.post(url).json()
        self.assertEqual((read["status"], read["actions"]), ("cancelled", []))

    def test_a_guest_by_token(self) -> None:
        order = placed((self.record, 1), guest_email="g@example.com")
        self.client.force_authenticate(None)
        self.assert_problem(self.send(order), 401, "not-authenticated")
        wrong = guest_token(self.order.public_id)
        response = self.send(order, **{"X-Order-Token": wrong})
        self.assert_problem(response, 404, "not-found")
        token = guest_token(order.public_id)
        response = self.send(order, **{"X-Order-Token": token})
        self.assertEqual(response.json()["status"], "cancelled")

    def test_a_token_in_the_address_changes_nothing(self) -> None:
        order = placed((self.record, 1), guest_email="g@example.com")
        self.client.force_authenticate(None)
        url = reverse("orders:order-cancel", args=[order.number])
        response = self.client.post(f"{url}?token={guest_token(order.public_id)}")
        self.assertIn(response.status_code, (400, 401))
        order.refresh_from_db()
        self.assertEqual(order.version, 1)

    def test_strangers_and_staff_find_nothing(self) -> None:
        for user in (UserFactory(), UserFactory(is_staff=True)):
            self.client.force_authenticate(user)
            self.assert_problem(self.send(self.order), 404, "not-found")
        self.assert_untouched()

    def test_the_same_key_cancels_once(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 1}]}
        first = self.send(self.order, body, **{"Idempotency-Key": "k"})
        again = self.send(self.order, body, **{"Idempotency-Key": "k"})
        self.assertNotIn("Idempotent-Replayed", first)
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(again.json(), first.json())
        self.line.refresh_from_db()
        self.assertEqual(self.line.cancelled_quantity, 1)
        other = self.send(self.order, **{"Idempotency-Key": "k"})
        self.assert_problem(other, 422, "idempotency-key-reused")

    def test_a_key_is_one_orders(self) -> None:
        other = placed((self.record, 1), user=self.order.user)
        for order in (self.order, other):
            response = self.send(order, **{"Idempotency-Key": "k"})
            self.assertEqual(response.json()["order_id"], order.pk)
            self.assertNotIn("Idempotent-Replayed", response)

    def test_what_is_not_allowed(self) -> None:
        receive(self.order)
        ship_all(self.order)
        problem = self.assert_problem(
            self.send(self.order), 409, "transition-not-allowed"
        )
        self.assertEqual((problem["action"], problem["allowed"]), ("cancel", []))
        self.assertEqual(problem["fulfilment_status"], "shipped")

    def test_more_units_than_there_are(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 4}]}
        problem = self.assert_problem(
            self.send(self.order, body), 409, "quantity-not-available"
        )
        self.assertEqual(problem["errors"][0]["pointer"], "#/lines/0")
        self.assert_untouched()

    def test_a_line_of_somebody_else(self) -> None:
        foreign = placed((self.record, 1)).lines.get()
        body = {"lines": [{"line": foreign.pk, "quantity": 1}]}
        problem = self.assert_problem(self.send(self.order, body), 422, "unknown-line")
        self.assertEqual(problem["errors"][0]["pointer"], "#/lines/0")

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        line = {"line": self.line.pk, "quantity": 1}
        for body, faults in (
            ({"lines": []}, {("#/lines", "min-length")}),
            ({"lines": [line, line]}, {("#/lines", "repeated")}),
            (
                {"lines": [line | {"quantity": 0}]},
                {("#/lines/0/quantity", "min-value")},
            ),
            (
                {"lines": [{"line": "x"}]},
                {("#/lines/0/line", "invalid"), ("#/lines/0/quantity", "required")},
            ),
            ({"reason": "x" * 501}, {("#/reason", "max-length")}),
            ({"resaon": "x"}, {("#/resaon", "unknown-field")}),
        ):
            with self.subTest(body=body):
                self.assertEqual(self.faults(self.send(self.order, body)), faults)
        self.assert_untouched()


class ReturnTests(ChangeTestCase):
    """POST /api/order/{key}/return/"""

    action = "return"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="9.90")
        cls.order = delivered((cls.record, 3))
        cls.line = cls.order.lines.get()

    def setUp(self) -> None:
        self.client.force_authenticate(self.order.user)

    def test_units_with_a_reason(self) -> None:
        body = {"lines": [{"line": self.line.pk, "quantity": 1}], "reason": "Torn"}
        response = self.send(self.order, body, **{"Idempotency-Key": "k"})
        self.assertEqual(response.status_code, 200, response.content)
        read = response.json()
        self.assertEqual(read["lines"][0]["returned_quantity"], 1)
        self.assertEqual(read["returns"][0]["reason"], "Torn")
        self.assertEqual(read["refunds"][0]["amount"], "9.90")
        again = self.send(self.order, body, **{"Idempotency-Key": "k"})
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(again.json(), read)
        self.assertEqual(Refund.objects.count(), 1)

    def test_strangers_find_nothing(self) -> None:
        self.client.force_authenticate(UserFactory())
        self.assert_problem(self.send(self.order), 404, "not-found")
        self.client.force_authenticate(None)
        self.assert_problem(self.send(self.order), 401, "not-authenticated")
        self.assertEqual(Refund.objects.count(), 0)

    def test_what_is_not_delivered_stays(self) -> None:
        order = placed((self.record, 1), user=self.order.user)
        problem = self.assert_problem(self.send(order), 409, "transition-not-allowed")
        self.assertEqual(problem["allowed"], ["payment", "cancel"])

    def test_the_days_are_over(self) -> None:
        with self.settings(SHOP_RETURN_DAYS=0):
            response = self.send(self.order)
            read = self.client.get(
                reverse("orders:order-detail", args=[self.order.number])
            )
        self.assert_problem(response, 409, "return-window-closed")
        self.assertEqual(read.json()["actions"], [])
        self.assertEqual(Refund.objects.count(), 0)

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        response = self.send(self.order, {"lines": "all"})
        self.assertEqual(self.faults(response), {("#/lines", "not-a-list")})


class PaymentTests(ChangeTestCase):
    """POST /api/order/{key}/payment/"""

    action = "payment"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="9.90")

    def order(self, provider: str = "dummy", **fields: object) -> Order:
        order = placed((self.record, 1), provider=provider, **fields)
        self.client.force_authenticate(order.user)
        return order

    def test_the_whole_answer(self) -> None:
        order = self.order(provider="")
        response = self.send(
            order,
            {
                "provider": "dummy",
                "token": "action",
                "return_url": "https://shop.example/",
            },
        )
        self.assertEqual(response.status_code, 200, response.content)
        payment = Payment.objects.get()
        self.assertEqual(
            response.json(),
            {
                "id": str(payment.public_id),
                "provider": "dummy",
                "status": "pending",
                "amount": "9.90",
                "currency": "EUR",
                "client_secret": f"{payment.reference}-secret",
                "next_action": {"type": "confirm", "url": "https://shop.example/"},
                "error": "",
            },
        )

    def test_a_declined_card_may_be_tried_again(self) -> None:
        order = self.order()
        declined = self.send(order, {"provider": "dummy", "token": "decline"})
        self.assertEqual(declined.json()["status"], "failed")
        self.assertEqual(declined.json()["error"], "card-declined")
        order.refresh_from_db()
        self.assertEqual(order.payment_status, "failed")
        paid = self.send(order, {"provider": "dummy", "token": "ok"})
        self.assertEqual(paid.json()["status"], "paid")
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("confirmed", "paid"))
        self.assertIsNone(order.expires_at)
        self.assertEqual(Payment.objects.count(), 1)

    def test_a_provider_that_is_down_leaves_it_pending(self) -> None:
        order = self.order()
        response = self.send(order, {"provider": "dummy", "token": "fail"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json()["status"], "pending")
        self.assertEqual(response.json()["error"], "provider-unavailable")

    def test_another_way_takes_the_place_of_the_first(self) -> None:
        order = self.order()
        response = self.send(order, {"provider": "invoice"})
        self.assertEqual(response.json()["provider"], "invoice")
        order.refresh_from_db()
        self.assertEqual((order.needs_prepayment, order.expires_at), (False, None))
        statuses = Payment.objects.order_by("pk").values_list("status", flat=True)
        self.assertEqual(list(statuses), ["cancelled", "pending"])
        back = self.send(order, {"provider": "dummy", "token": "ok"})
        self.assertEqual(back.json()["status"], "paid")

    def test_choosing_again_wins_no_time(self) -> None:
        order = self.order()
        self.send(order, {"provider": "dummy", "token": "decline"})
        before = order.expires_at
        order.refresh_from_db()
        self.assertEqual(order.expires_at, before)

    def test_the_same_key_starts_one_payment(self) -> None:
        order = self.order(provider="")
        body = {"provider": "dummy", "token": "action"}
        first = self.send(order, body, **{"Idempotency-Key": "k"})
        again = self.send(order, body, **{"Idempotency-Key": "k"})
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(again.json(), first.json())
        self.assertEqual(Payment.objects.get().attempts, 1)

    def test_a_paid_order_is_not_paid_again(self) -> None:
        order = self.order()
        self.send(order, {"provider": "dummy", "token": "ok"})
        response = self.send(order, {"provider": "dummy", "token": "ok"})
        problem = self.assert_problem(response, 409, "transition-not-allowed")
        self.assertEqual(problem["allowed"], ["cancel"])
        self.assertEqual(Payment.objects.count(), 1)

    def test_an_unknown_way(self) -> None:
        order = self.order()
        response = self.send(order, {"provider": "shells"})
        problem = self.assert_problem(response, 422, "unknown-payment-provider")
        self.assertEqual(
            problem["errors"],
            [
                {
                    "pointer": "#/provider",
                    "code": "unknown-payment-provider",
                    "detail": problem["detail"],
                }
            ],
        )
        order.refresh_from_db()
        self.assertEqual(order.version, 1)

    def test_strangers_find_nothing(self) -> None:
        order = self.order()
        self.client.force_authenticate(UserFactory())
        response = self.send(order, {"provider": "invoice"})
        self.assert_problem(response, 404, "not-found")
        self.client.force_authenticate(None)
        response = self.send(order, {"provider": "invoice"})
        self.assert_problem(response, 401, "not-authenticated")

    def test_faults_of_the_body_are_pointed_at(self) -> None:
        order = self.order()
        for body, faults in (
            ({}, {("#/provider", "required")}),
            ({"provider": "dummy", "tokn": ""}, {("#/tokn", "unknown-field")}),
            (
                {"provider": "dummy", "return_url": "javascript:alert(1)"},
                {("#/return_url", "invalid")},
            ),
        ):
            with self.subTest(body=body):
                self.assertEqual(self.faults(self.send(order, body)), faults)
