import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from orders.models import Order
from orders.transitions import FULFILMENT, PAYMENT
from tests.orders.factories import ADDRESS, make_offer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orders.md"


def retrying_client() -> Callable[..., Any]:
    """Return the function that the page gives to clients."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    return names["place"]


class RetryTests(APITestCase):
    """The client that docs/orders.md shows"""

    def setUp(self) -> None:
        self.record = make_offer(num_in_stock=5)
        self.body = {
            "lines": [{"variant": self.record.variant_id, "quantity": 1}],
            "shipping_address": ADDRESS,
            "email": "g@example.com",
        }
        self.pauses: list[float] = []
        self.lost: list[str] = []

    def send(self, body: object, key: str) -> tuple[int, Any, dict[str, Any]]:
        """Send a request whose way there or back may break."""
        fault = self.lost.pop() if self.lost else ""
        if fault == "way":
            raise ConnectionError
        if fault.isdigit():
            return int(fault), {"Retry-After": "2"}, {"code": "unavailable"}
        if fault == "running":
            return 409, {}, {"code": "idempotency-in-progress"}
        response = self.client.post(
            reverse_lazy("orders:order-create"), body, headers={"Idempotency-Key": key}
        )
        if fault == "answer":
            raise ConnectionError
        return response.status_code, response.headers, response.json()

    def place(self) -> tuple[int, dict[str, Any]]:
        return retrying_client()(self.send, self.body, "k", self.pauses.append)

    def test_whatever_is_lost_one_order_is_placed(self) -> None:
        self.lost = ["answer", "running", "answer", "429", "503", "way"]
        status, answer = self.place()
        self.assertEqual(status, 201)
        self.assertEqual(Order.objects.get().number, answer["number"])
        self.assertEqual(self.pauses, [1, 2, 2, 8, 1, 30])

    def test_a_refusal_is_an_answer(self) -> None:
        self.body["lines"] = [{"variant": self.record.variant_id, "quantity": 6}]
        status, answer = self.place()
        self.assertEqual((status, answer["code"]), (409, "insufficient-stock"))
        self.assertEqual(self.pauses, [])

    def test_it_gives_up_in_the_end(self) -> None:
        self.lost = ["503"] * 8
        with self.assertRaises(TimeoutError):
            self.place()


class PageTests(APITestCase):
    """What docs/orders.md says of the tables"""

    def test_every_action_that_somebody_asks_for_is_told(self) -> None:
        page = PAGE.read_text()
        for row in (*PAYMENT, *FULFILMENT):
            if row.roles != {"system"}:
                self.assertIn(f"| `{row.action}`", page)
