import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from orders.models import Order
from tests.orders.factories import OrderFactory, OrderLineFactory
from tests.users.factories import UserFactory

START = datetime(2025, 1, 1, tzinfo=UTC)


class OrderHistoryTests(APITestCase):
    """GET /api/order/history/"""

    url = reverse_lazy("orders:order-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()

    def setUp(self) -> None:
        self.client.force_authenticate(self.user)

    def place(self, count: int, **fields: object) -> list[Order]:
        orders = [
            OrderFactory(
                user=self.user, placed_at=START + timedelta(days=day), **fields
            )
            for day in range(count)
        ]
        for order in orders:
            OrderLineFactory.create_batch(2, order=order)
        return orders

    def results(self, **parameters: object) -> list[dict[str, Any]]:
        response = self.client.get(self.url, parameters)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()["results"]

    def test_a_row_has_the_names_clients_know(self) -> None:
        order = OrderFactory(user=self.user, placed_at=START)
        OrderLineFactory(order=order, quantity=1)
        response = self.client.get(self.url)
        self.assertEqual(
            response.json(),
            {
                "next": None,
                "previous": None,
                "results": [
                    {
                        "order_id": order.pk,
                        "number": order.number,
                        "status": "pending",
                        "payment_status": "pending",
                        "fulfilment_status": "unfulfilled",
                        "placed_at": "2025-01-01T00:00:00Z",
                        "currency": "EUR",
                        "total_amount": "9.90",
                        "discounted_amount": "0.00",
                        "line_count": 1,
                        "products": [
                            {
                                "product": 1,
                                "variant": 2,
                                "sku": "SKU-1",
                                "title": "Metropolis",
                                "quantity": 1,
                                "unit_price": "9.90",
                                "line_total": "9.90",
                            }
                        ],
                    }
                ],
            },
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")

    def test_the_newest_comes_first_on_every_page(self) -> None:
        orders = self.place(5)
        seen: list[int] = []
        url: str | None = f"{self.url}?page_size=2"
        while url:
            page = self.client.get(url).json()
            seen += [row["order_id"] for row in page["results"]]
            url = page["next"]
        self.assertEqual(seen, [order.pk for order in reversed(orders)])

    def test_orders_of_one_moment_are_all_shown(self) -> None:
        orders = OrderFactory.create_batch(5, user=self.user, placed_at=START)
        seen: list[int] = []
        url: str | None = f"{self.url}?page_size=2"
        while url:
            page = self.client.get(url).json()
            seen += [row["order_id"] for row in page["results"]]
            url = page["next"]
        self.assertEqual(seen, [order.pk for order in reversed(orders)])

    def test_a_stranger_sees_nothing(self) -> None:
        self.place(1)
        OrderFactory(user=None, guest_email=self.user.email)
        self.client.force_authenticate(UserFactory())
        self.assertEqual(self.results(), [])

    def test_nobody_is_asked_who_it_is(self) -> None:
        self.client.force_authenticate(None)
        response = self.client.get(self.url)
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json()["code"], "not-authenticated")
        self.assertEqual(response["WWW-Authenticate"], "Token")

    def test_filters(self) -> None:
        first, second, third = self.place(3)
        Order.objects.filter(pk=third.pk).update(status="completed")
        for parameters, found in (
            ({"status": "pending"}, [second, first]),
            ({"status": "completed"}, [third]),
            ({"placed_after": "2025-01-02T00:00:00Z"}, [third, second]),
            ({"id": f"{third.pk},{second.pk}"}, [third, second]),
            ({"placed_before": "2025-01-02T00:00:00Z"}, [first]),
        ):
            with self.subTest(parameters):
                ids = [row["order_id"] for row in self.results(**parameters)]
                self.assertEqual(ids, [order.pk for order in found])

    def test_bad_parameters_are_named(self) -> None:
        for parameters, pointer in (
            ({"status": "lost"}, "#/query/status"),
            ({"placed_after": "soon"}, "#/query/placed_after"),
            ({"placed_after": "0001-01-01T00:00:00+23:59"}, "#/query/placed_after"),
            ({"placed_before": "9999-12-31T23:59:59-23:59"}, "#/query/placed_before"),
            ({"id": "1,x"}, "#/query/id"),
            ({"statsu": "pending"}, "#/query/statsu"),
            ({"token": "x"}, "#/query/token"),
            ({"fields": "number,secret"}, "#/query/fields"),
        ):
            with self.subTest(parameters):
                response = self.client.get(self.url, parameters)
                self.assertEqual(response.status_code, 400, response.content)
                self.assertEqual(response.json()["errors"][0]["pointer"], pointer)

    def test_a_bad_cursor_is_a_missing_page(self) -> None:
        response = self.client.get(self.url, {"cursor": "nowhere"})
        self.assertEqual(response.status_code, 404)

    def test_fields_may_be_picked(self) -> None:
        (order,) = self.place(1)
        rows = self.results(fields="number,products")
        self.assertEqual(list(rows[0]), ["number", "products"])
        self.assertEqual(rows[0]["number"], order.number)

    def test_statements_do_not_grow_with_rows(self) -> None:
        for more, rows in ((1, 1), (19, 20), (80, 100)):
            self.place(more)
            with self.assertNumQueries(1):  # orders with their lines
                self.assertEqual(len(self.results(page_size=100)), rows)

    def test_each_order_has_its_own_lines_on_pages_in_both_directions(self) -> None:
        orders = [*reversed(self.place(5))]
        for order in orders:
            OrderLineFactory(order=order, sku=f"OF-{order.pk}")
        oldest = OrderFactory(user=self.user, placed_at=START - timedelta(days=1))
        expected = {each.pk: ["SKU-1", "SKU-1", f"OF-{each.pk}"] for each in orders}
        expected[oldest.pk] = []
        url = f"{self.url}?page_size=2"
        shown = []
        for step in ("next", "next", "previous", "previous", "previous"):
            with self.subTest(url), self.assertNumQueries(1):
                page = self.client.get(url).json()
                for row in page["results"]:
                    skus = [line["sku"] for line in row["products"]]
                    self.assertEqual(skus, expected[row["order_id"]])
                    self.assertEqual(row["line_count"], len(skus))
            shown.append([row["order_id"] for row in page["results"]])
            url = page[step]
        pks = [*expected]
        first, second, third = pks[:2], pks[2:4], pks[4:]
        self.assertEqual(shown, [first, second, third, second, first])
        self.assertIsNone(url)

    def test_a_cursor_of_no_moment_is_a_missing_page(self) -> None:
        for position in ("p=yesterday", "p=", "p=2025-13-01+00%3A00", "p=1"):
            cursor = b64encode(position.encode()).decode()
            with self.subTest(position), self.assertNumQueries(0):
                response = self.client.get(self.url, {"cursor": cursor})
                self.assertEqual(response.status_code, 404)

    def test_lines_that_nobody_sees_are_not_read(self) -> None:
        self.place(1)
        for fields, tables in (
            ("number,status", {"orders_order"}),
            ("number,line_count", {"orders_order", "orders_orderline"}),
            ("products.sku", {"orders_order", "orders_orderline"}),
        ):
            with self.subTest(fields), CaptureQueriesContext(connection) as asked:
                self.results(fields=fields)
            (statement,) = asked
            read = set(re.findall(r"FROM `(\w+)`", statement["sql"]))
            self.assertEqual(read, tables)
