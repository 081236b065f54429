"""What buyers meet before, inside and after the publish window of a product."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from rest_framework.response import Response
from rest_framework.test import APITestCase

from basket.models import BasketLine
from catalogue.services import follow_windows
from orders.models import Order
from search.services import find_drift, follow_changes
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    VariantFactory,
)
from tests.orders.factories import ADDRESS, make_offer
from tests.search.index import fresh_index
from tests.users.factories import UserFactory

OPENS = datetime(2026, 6, 30, 12, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
INSIDE = (OPENS, CLOSES - INSTANT)
OUTSIDE = (OPENS - INSTANT, CLOSES)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


class WindowTestCase(APITestCase):
    """A film that is sold for an hour."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        with at(OPENS - timedelta(days=1)):
            cls.war = CategoryFactory(name="War")
            cls.film = ProductFactory(
                product_type=ProductTypeFactory(),
                title="Metropolis",
                slug="metropolis",
                publish_from=OPENS,
                publish_until=CLOSES,
                categories=[cls.war],
            )
            cls.variant = VariantFactory(product=cls.film).pk
            make_offer(variant=cls.film.variants.get())

    def get(self, path: str, status: int = 200, **query: str) -> dict[str, Any]:
        response = self.client.get(f"/api/{path}", query)
        self.assertEqual(response.status_code, status, response.content)
        return response.json()

    def order(self, moment: datetime) -> Response:
        lines = [{"variant": self.variant, "quantity": 1}]
        body = {"lines": lines, "shipping_address": ADDRESS, "email": "a@example.com"}
        with at(moment):
            return self.client.post(
                "/api/order/", body, headers={"Idempotency-Key": moment.isoformat()}
            )

    def add(self, moment: datetime) -> Response:
        body = {"variant": self.variant, "quantity": 1}
        with at(moment):
            return self.client.post("/api/basket/line/", body)

    def assert_not_for_sale(self, response: Response, pointer: str) -> None:
        self.assertEqual(response.status_code, 422, response.content)
        problem = response.json()
        self.assertEqual(problem["code"], "not-for-sale")
        self.assertEqual([each["pointer"] for each in problem["errors"]], [pointer])


class SchedulerDownTests(WindowTestCase):
    """By the clock alone: nothing is sold, or read, outside its window."""

    def test_page_and_reviews(self) -> None:
        for path in ("product/metropolis/", "product/metropolis/review/"):
            for moment in INSIDE:
                with at(moment):
                    self.get(path)
            for moment in OUTSIDE:
                with at(moment):
                    self.assertEqual(self.get(path, 404)["code"], "not-found")

    def test_former_slug_of_a_film_that_is_not_shown(self) -> None:
        self.film.slug = "metropolis-1927"
        self.film.save()
        for moment, status in ((OPENS, 301), (CLOSES, 404)):
            with at(moment):
                response = self.client.get("/api/product/metropolis/")
            self.assertEqual(response.status_code, status)

    def test_baskets_refuse_it(self) -> None:
        for moment in OUTSIDE:
            self.assert_not_for_sale(self.add(moment), "#/variant")
        self.assertEqual(BasketLine.objects.count(), 0)
        for moment in INSIDE:
            self.assertEqual(self.add(moment).status_code, 201)

    def test_baskets_warn_of_it(self) -> None:
        self.client.force_authenticate(self.user)
        self.add(OPENS)
        for moment, codes, total in (
            (CLOSES - INSTANT, [], "9.90"),
            (CLOSES, ["not-for-sale"], "0.00"),
        ):
            with at(moment):
                basket = self.get("basket/")
            warnings = basket["lines"][0]["warnings"]
            self.assertEqual([each["code"] for each in warnings], codes)
            self.assertEqual(basket["total_amount"], total)

    def test_orders_refuse_it(self) -> None:
        for moment in OUTSIDE:
            self.assert_not_for_sale(self.order(moment), "#/lines/0")
        self.assertEqual(Order.objects.count(), 0)
        for moment in INSIDE:
            self.assertEqual(self.order(moment).status_code, 201)

    def test_a_basket_that_was_filled_in_time_is_not_ordered_too_late(self) -> None:
        self.client.force_authenticate(self.user)
        self.add(OPENS)
        with at(CLOSES):
            response = self.client.post(
                "/api/order/",
                {"basket": True, "shipping_address": ADDRESS},
                headers={"Idempotency-Key": "late"},
            )
        self.assert_not_for_sale(response, "#/lines/0")
        self.assertEqual(Order.objects.count(), 0)

    def test_lists_leave_it_out(self) -> None:
        with at(OPENS):
            follow_windows()
            self.assertEqual(len(self.get("product/")["results"]), 1)
        with at(CLOSES):
            self.assertEqual(self.get("product/")["results"], [])

    def test_search_leaves_it_out(self) -> None:
        with at(OPENS):
            follow_windows()
            fresh_index()
            self.assertEqual(self.get("search/", q="metropolis")["count"], 1)
            self.assertEqual(len(self.get("search/suggest/", q="met")["results"]), 1)
        with at(CLOSES):
            self.assertEqual(self.get("search/", q="metropolis")["results"], [])
            self.assertEqual(self.get("search/suggest/", q="met")["results"], [])


class SchedulerRunsTests(WindowTestCase):
    """A run of the task at a boundary, and nobody saves anything."""

    def counts(self, moment: datetime) -> tuple[int, ...]:
        """Return what lists, tree, search and facets tell once the task has run."""
        with at(moment):
            follow_windows()
            follow_changes()
            self.assertFalse(find_drift())
            found = self.get("search/", q="metropolis", facets="category")
            facet = found["facets"][0]["values"]
            return (
                self.get("product/")["count"],
                self.get("product/", category="war")["count"],
                self.get("category/war/")["product_count"],
                found["count"],
                sum(value["count"] for value in facet),
            )

    def test_every_count_follows(self) -> None:
        fresh_index()
        for moment in sorted((*INSIDE, *OUTSIDE)):
            number = int(moment in INSIDE)
            with self.subTest(moment):
                self.assertEqual(self.counts(moment), (number,) * 5)
