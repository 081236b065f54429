"""What is answered before any other middleware is what they would have answered."""

from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from django.http import HttpResponse
from django.test import TestCase, override_settings

from custom.caching.middleware import PageCacheMiddleware
from custom.caching.versions import announce
from shop.settings.base import MIDDLEWARE
from tests.catalogue.factories import ProductFactory
from tests.custom.caching.kept import KeptPages
from tests.custom.throttling.limits import FreshLimits
from tests.search.index import fresh_index

LIST = "/api/product/"
SEARCH = "/api/search/?q=amelie"
OWN = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit"}


class RepeatTestCase(KeptPages, FreshLimits, TestCase):
    """One product, whose page has been kept and met"""

    def setUp(self) -> None:
        super().setUp()
        self.product = ProductFactory(title="Amélie")
        self.page = f"/api/product/{self.product.pk}/"
        fresh_index()

    def load_middleware(self) -> None:
        """Have middleware that knows the settings of this test."""
        self.client = self.client_class()

    def learn(self, path: str, **options: Any) -> None:  # noqa: ANN401
        for _ in range(2):
            self.client.get(path, **options)

    def repeat(self, path: str, **options: Any) -> HttpResponse:  # noqa: ANN401
        """Ask for what must not reach the other middleware."""
        with patch.object(PageCacheMiddleware, "__call__", side_effect=AssertionError):
            return self.client.get(path, **options)


class RepeatTests(RepeatTestCase):
    """A plain request for a page that is kept"""

    @override_settings(SECURE_HSTS_SECONDS=60, RATE_PER_MINUTE="100/min")
    def test_headers_and_body_are_those_of_the_long_way(self) -> None:
        self.load_middleware()
        for path, options in (
            (LIST, {}),
            (f"{LIST}?page_size=1&format=xml", {}),
            (self.page, {"secure": True}),
            (f"{self.page}review/", {}),
            ("/api/category/", {"headers": {"Accept": "application/xml"}}),
            ("/api/shop/", {}),
            (SEARCH, {}),
            (f"{SEARCH}&format=xml&facets=category", {}),
            ("/api/search/suggest/?q=am", {}),
        ):
            with self.subTest(path):
                self.learn(path, **options)
                short = self.repeat(path, **options)
                self.client.cookies["any"] = "thing"
                long = self.client.get(path, **options)
                self.client.cookies.clear()
                self.assertEqual(short.content, long.content)
                self.assertEqual(short.headers.keys(), long.headers.keys())
                for name in short.headers.keys() - OWN:
                    self.assertEqual(short[name], long[name], name)

    def test_other_pages_of_a_kind_need_no_lesson(self) -> None:
        other = ProductFactory(title="Delicatessen and more")
        self.learn(self.page)
        path = f"/api/product/{other.pk}/"
        first = self.client.get(path)
        again = self.repeat(path)
        self.assertEqual(again["Content-Length"], str(len(first.content)))
        self.assertEqual(again["ETag"], first["ETag"])

    def test_a_change_is_shown_at_once(self) -> None:
        self.learn(self.page)
        with self.captureOnCommitCallbacks(execute=True):
            type(self.product).objects.update(title="Delicatessen")
            announce([f"product-{self.product.pk}"])
        self.assertEqual(self.client.get(self.page).json()["title"], "Delicatessen")

    def test_ids_are_new(self) -> None:
        self.learn(self.page)
        ids = {self.repeat(self.page)["X-Request-ID"] for _ in range(3)}
        self.assertEqual(len(ids), 3)

    @override_settings(RATE_PER_MINUTE="5/min")
    def test_each_counts_once_until_the_limit(self) -> None:
        self.learn(self.page)
        left = [self.repeat(self.page)["X-RateLimit-Remaining"] for _ in range(3)]
        self.assertEqual(left, ["2", "1", "0"])
        refused = self.client.get(self.page)
        self.assertEqual(refused.status_code, HTTPStatus.TOO_MANY_REQUESTS)
        self.assertEqual(refused["X-Content-Type-Options"], "nosniff")

    @override_settings(  # the contract knows of no redirect
        MIDDLEWARE=MIDDLEWARE, SECURE_SSL_REDIRECT=True, RATE_PER_MINUTE="5/min"
    )
    def test_a_redirect_to_tls_costs_nothing_still(self) -> None:
        self.load_middleware()
        self.learn(self.page, secure=True)
        answer = self.client.get(self.page)
        self.assertEqual(answer.status_code, HTTPStatus.MOVED_PERMANENTLY)
        self.assertNotIn("X-RateLimit-Remaining", answer.headers)
        left = self.repeat(self.page, secure=True)["X-RateLimit-Remaining"]
        self.assertEqual(left, "2")

    def test_who_asks_for_more_goes_the_long_way(self) -> None:
        self.learn(self.page)
        for headers in (
            {"Origin": "https://a.example"},
            {"If-None-Match": '"a"'},
            {"Authorization": "Token a"},
            {"Cookie": "a=b"},
        ):
            with self.subTest(headers), self.assertRaises(AssertionError):
                self.repeat(self.page, headers=headers)
