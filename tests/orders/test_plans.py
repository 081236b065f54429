"""Which index finds what a history reads; see docs/performance.md."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import TestCase

from tests.orders.factories import OrderFactory, OrderLineFactory
from tests.plans import Access, Explainer
from tests.users.factories import UserFactory, create_token

CUSTOMERS = 10
ORDERS = 10  # of each


class HistoryPlanTests(TestCase):
    """One of many customers reads a page of many orders"""

    @classmethod
    def setUpTestData(cls) -> None:
        for _ in range(CUSTOMERS):
            cls.user = UserFactory()
            for day in range(ORDERS):
                placed_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
                order = OrderFactory(user=cls.user, placed_at=placed_at)
                OrderLineFactory.create_batch(3, order=order)
        _, cls.token = create_token(cls.user)

    def test_pages_in_both_directions(self) -> None:
        url = "/api/order/history/?page_size=4"
        for step in ("next", "next", "previous", "previous"):
            explainer = Explainer()
            with self.subTest(url), connection.execute_wrapper(explainer):
                response = self.client.get(
                    url, headers={"Authorization": f"Token {self.token}"}
                )
                found = {each for each in explainer.found if "order" in each.table}
                lines = Access(
                    "SELECT", "orders_orderline", "ref", "orderline_position_once"
                )
                self.assertIn(lines, found)
                (orders,) = found - {lines}
                self.assertEqual(orders.table, "orders_order")
                self.assertEqual(orders.key, "order_of_user")
                self.assertIn(orders.way, {"ref", "range"})
            url = response.json()[step]
