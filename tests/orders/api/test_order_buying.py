from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import OperationalError
from django.test import TransactionTestCase
from django.urls import reverse, reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APIClient, APITestCase

from basket.holders import Holder, holder_of_user, new_guest
from basket.models import Basket
from basket.requests import LineRequest
from basket.services import add_line, add_voucher
from custom.models import IdempotencyKey, OutboxMessage
from orders.models import Order, OrderEvent, OrderLine
from orders.services import cancel_order
from partner.models import StockLevel, StockMovement
from payments.models import Payment
from promotions.models import VoucherCounter, VoucherRedemption
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS, make_offer
from tests.orders.stories import CUSTOMER
from tests.promotions.factories import make_voucher
from tests.shipping.factories import make_rate
from tests.users.factories import UserFactory

URL = reverse_lazy("orders:order-create")


class BuyingTestCase(ProblemAssertions, APITestCase):
    """Orders are placed with a payment, from a basket, with vouchers."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="10.00")
        cls.user = UserFactory()

    def setUp(self) -> None:
        self.client.force_authenticate(self.user)

    def post(self, key: str = "k", **body: object) -> Response:
        if "basket" not in body:
            body.setdefault(
                "lines", [{"variant": self.record.variant_id, "quantity": 2}]
            )
        return self.client.post(
            URL,
            {"shipping_address": ADDRESS} | body,
            headers={"Idempotency-Key": key},
        )

    def assert_nothing_stored(self) -> None:
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(Payment.objects.count(), 0)
        announced = OutboxMessage.objects.filter(topic__startswith="order.")
        self.assertEqual(announced.count(), 0)
        self.assertEqual(IdempotencyKey.objects.count(), 0)
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 0)


class PayAtOnceTests(BuyingTestCase):
    """POST /api/order/ with a payment"""

    def pay(
        self, token: str, provider: str = "dummy", key: str = "k"
    ) -> dict[str, Any]:
        response = self.post(key, payment={"provider": provider, "token": token})
        self.assertEqual(response.status_code, 201, response.content)
        return response.json()

    def test_money_that_comes_at_once(self) -> None:
        order = self.pay("ok")
        self.assertEqual(
            (order["status"], order["payment_status"]), ("confirmed", "paid")
        )
        (payment,) = order["payments"]
        self.assertEqual((payment["status"], payment["amount"]), ("paid", "20.00"))
        self.assertEqual(
            [event["type"] for event in order["events"]], ["placed", "paid"]
        )
        self.assertEqual((order["expires_at"], order["actions"]), (None, ["cancel"]))

    def test_whatever_the_provider_does_the_order_is_placed(self) -> None:
        for token, status, error in (
            ("decline", "failed", "card-declined"),
            ("fail", "pending", "provider-unavailable"),
            ("timeout", "pending", "provider-unavailable"),
            ("action", "pending", ""),
        ):
            with self.subTest(token=token):
                order = self.pay(token, key=token)
                self.assertEqual(order["payment_status"], status)
                self.assertEqual(order["payments"][0]["error"], error)
                self.assertIn("payment", order["actions"])
                OrderLine.objects.update(cancelled_quantity=0)
                StockLevel.objects.update(num_allocated=0)

    def test_what_the_buyer_has_to_do_is_told_again(self) -> None:
        first, again = self.pay("action"), self.pay("action")
        self.assertEqual(again, first)
        secret = f"{Payment.objects.get().reference}-secret"
        self.assertEqual(again["payments"][0]["client_secret"], secret)
        self.assertEqual(Payment.objects.get().attempts, 1)

    def test_on_invoice_nothing_expires(self) -> None:
        order = self.pay("", provider="invoice")
        self.assertEqual(
            (order["payment_status"], order["expires_at"]), ("pending", None)
        )

    def test_a_process_that_dies_before_it_calls_the_provider(self) -> None:
        self.client.raise_request_exception = False
        target = "orders.services.starting.start_payment"
        with mock.patch(target, side_effect=RuntimeError("killed")):
            lost = self.post(payment={"provider": "dummy", "token": "ok"})
        self.assertEqual(lost.status_code, 500)
        self.assertEqual(Payment.objects.get().attempts, 0)
        order = self.pay("ok")
        self.assertEqual(order["payment_status"], "paid")
        self.assertEqual(Order.objects.count(), 1)

    def test_an_unknown_way_stores_nothing(self) -> None:
        response = self.post(payment={"provider": "shells"})
        problem = self.assert_problem(response, 422, "unknown-payment-provider")
        (fault,) = problem["errors"]
        self.assertEqual(fault["pointer"], "#/payment/provider")
        self.assert_nothing_stored()


class VoucherTests(BuyingTestCase):
    """POST /api/order/ with vouchers and shipping"""

    def test_everything_is_charged_and_told(self) -> None:
        make_rate(price="4.90")
        voucher = make_voucher("SAVE", percent=10)
        order = self.post(vouchers=["save"], shipping_method="standard").json()
        self.assertEqual(order["vouchers"], [{"code": "SAVE", "discount": "2.00"}])
        self.assertEqual(order["discount_amount"], "2.00")
        self.assertEqual(order["lines"][0]["discount_amount"], "2.00")
        self.assertEqual(order["shipping_amount"], "4.90")
        self.assertEqual(order["total_amount"], "22.90")
        self.assertEqual(order["shipping_method"], "standard")
        use = VoucherRedemption.objects.get()
        self.assertEqual((use.voucher, use.customer), (voucher, f"user:{self.user.pk}"))

    def test_a_use_comes_back_with_the_whole_order(self) -> None:
        make_voucher("SAVE", percent=10, max_uses=1)
        order = Order.objects.get(pk=self.post(vouchers=["SAVE"]).json()["order_id"])
        self.assertEqual(VoucherCounter.objects.get().num_used, 1)
        line = order.lines.get()
        cancel_order(order.pk, actor=CUSTOMER, quantities={line.pk: 1})
        order.refresh_from_db()
        self.assertEqual(order.credited_amount, Decimal("9.00"))
        self.assertEqual(VoucherCounter.objects.get().num_used, 1)
        cancel_order(order.pk, actor=CUSTOMER)
        self.assertEqual(VoucherCounter.objects.get().num_used, 0)

    def test_what_costs_nothing_is_paid(self) -> None:
        make_voucher("ALL", percent=100)
        order = self.post(vouchers=["ALL"], payment={"provider": "dummy"}).json()
        self.assertEqual(
            (order["total_amount"], order["status"]), ("0.00", "confirmed")
        )
        self.assertEqual((order["payments"], order["expires_at"]), ([], None))

    def test_a_voucher_that_does_not_count(self) -> None:
        response = self.post(vouchers=["NONE"])
        self.assertEqual(response.status_code, 422)
        self.assert_nothing_stored()

    def test_a_blank_method_is_the_cheapest(self) -> None:
        make_rate(price="4.90")
        order = self.post(shipping_method="").json()
        self.assertEqual(order["shipping_amount"], "4.90")

    def test_a_method_that_does_not_go_there(self) -> None:
        make_rate(price="4.90")
        response = self.post(shipping_method="rocket")
        self.assertEqual(response.status_code, 422)
        self.assert_nothing_stored()


class FromBasketTests(BuyingTestCase):
    """POST /api/order/ with a basket"""

    def fill(self, holder: Holder, units: int = 2) -> None:
        add_line(holder, LineRequest(self.record.variant_id, units))

    def test_ones_own(self) -> None:
        holder = holder_of_user(self.user)
        self.fill(holder)
        make_voucher("SAVE", percent=10)
        add_voucher(holder, "SAVE")
        response = self.post(basket=True)
        self.assertEqual(response.status_code, 201, response.content)
        order = Order.objects.get()
        self.assertEqual(response.json()["total_amount"], "18.00")
        basket = Basket.objects.get()
        self.assertEqual((basket.state, basket.order), ("ordered", order.public_id))
        again = self.post(basket=True)
        self.assertEqual(again.json(), response.json())
        problem = self.assert_problem(
            self.post("new", basket=True), 422, "empty-basket"
        )
        self.assertEqual(problem["errors"][0]["pointer"], "#/basket")

    def test_a_guests_by_its_token(self) -> None:
        self.client.force_authenticate(None)
        for number, body in enumerate(("header", "token")):
            guest = new_guest()
            self.fill(guest)
            headers = {"Idempotency-Key": str(number)}
            basket: object = guest.token
            if body == "header":
                headers["X-Basket-Token"] = str(guest.token)
                basket = True
            response = self.client.post(
                URL,
                {
                    "basket": basket,
                    "email": "g@example.com",
                    "shipping_address": ADDRESS,
                },
                headers=headers,
            )
            self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(Basket.objects.filter(state="ordered").count(), 2)

    def test_a_shortage_leaves_the_basket(self) -> None:
        self.fill(holder_of_user(self.user), 6)
        problem = self.assert_problem(self.post(basket=True), 409, "insufficient-stock")
        self.assertEqual(problem["errors"][0]["pointer"], "#/lines/0")
        self.assertEqual(Basket.objects.get().state, "open")
        self.assert_nothing_stored()

    def test_a_forged_token(self) -> None:
        problem = self.assert_problem(self.post(basket="x"), 400, "invalid-input")
        self.assertEqual(problem["errors"][0]["pointer"], "#/basket")

    def test_statements_do_not_grow_with_lines(self) -> None:
        holder = holder_of_user(self.user)
        counts = []
        for more in (1, 19):
            for _ in range(more):
                add_line(holder, LineRequest(make_offer().variant_id, 1))
            with self.assertNumQueries(19) as queries:
                self.post(str(more), basket=True)
            counts.append(len(queries))
        self.assertEqual(counts, [19, 19])


class BusyTests(TransactionTestCase):
    """The database refuses a step of an order"""

    STEPS = ("create_payment", "close_basket", "redeem_vouchers", "take_stock")

    def setUp(self) -> None:
        self.record = make_offer(num_in_stock=5, price="10.00")
        make_voucher("SAVE", percent=10)
        self.holder = new_guest()
        add_line(self.holder, LineRequest(self.record.variant_id, 2))
        self.client = APIClient()

    def post(self) -> Response:
        body = {
            "basket": self.holder.token,
            "email": "g@example.com",
            "shipping_address": ADDRESS,
            "vouchers": ["SAVE"],
            "payment": {"provider": "invoice"},
        }
        return self.client.post(URL, body, headers={"Idempotency-Key": "k"})

    def counts(self) -> list[int]:
        tables = (
            *(Order, OrderLine, OrderEvent, Payment, IdempotencyKey),
            *(VoucherRedemption, Basket.objects.filter(state="ordered")),
            StockMovement.objects.filter(reason="sold"),
        )
        return [getattr(table, "objects", table).count() for table in tables]

    def test_a_deadlock_anywhere_repeats_the_whole_order(self) -> None:
        for step in self.STEPS:
            target = f"orders.services.placing.{step}"
            with self.subTest(step=step), mock.patch(target) as broken:
                broken.side_effect = OperationalError(1213, "Deadlock found")
                with mock.patch("custom.transactions.MAX_TRIES", 2):
                    response = self.post()
                self.assertEqual(response.status_code, 503, response.content)
                self.assertEqual(response["Retry-After"], "1")
                self.assertEqual(broken.call_count, 2)
                self.assertEqual(self.counts(), [0] * 8)
        self.assertEqual(StockLevel.objects.get().num_allocated, 0)

    def test_the_second_try_stores_it_once(self) -> None:
        from orders.services import placing  # noqa: PLC0415 - what is patched below

        real = placing.take_stock
        failures = [OperationalError(1213, "Deadlock"), OperationalError(1205, "Lock")]

        def once_more(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            if failures:
                raise failures.pop()
            real(*args, **kwargs)

        with mock.patch("orders.services.placing.take_stock", once_more):
            response = self.post()
        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(self.counts(), [1] * 8)
        self.assertEqual(StockLevel.objects.get().num_allocated, 2)
        read = self.client.get(
            reverse("orders:order-detail", args=[response.json()["number"]]),
            headers={"X-Order-Token": response.json()["guest_token"]},
        )
        self.assertEqual(read.json()["total_amount"], "18.00")
