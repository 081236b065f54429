"""What requests for hot pages take, counted: nothing here looks at a clock.

A limit may be raised by who knows what the page has won by it.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.db import connection, connections
from django.db.models.signals import pre_init
from django.test import RequestFactory, TestCase, override_settings
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext

from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.custom.caching.kept import forget_pages, remembering
from tests.orders.factories import (
    ADDRESS,
    OrderFactory,
    OrderLineFactory,
    make_offer,
)
from tests.partner.factories import StockRecordFactory
from tests.search.index import fresh_index
from tests.users.factories import UserFactory, create_token

ROWS = 20  # of a page
WARM = 3  # requests until everything is imported and prepared


class Cost(NamedTuple):
    """Of one request: SQL statements, trips to MariaDB with them, instances of
    models, and calls of functions.
    """

    statements: int
    trips: int
    instances: int
    calls: int


class Limit(NamedTuple):
    """The number of statements, trips and instances, and the most calls."""

    statements: int
    trips: int
    instances: int
    calls: int


@contextmanager
def counted_instances() -> Iterator[Counter[str]]:
    """Count the instances that are made, by their model."""
    made: Counter[str] = Counter()

    def note(sender: type, **_signal: object) -> None:
        made[sender.__name__] += 1

    pre_init.connect(note)
    try:
        yield made
    finally:
        pre_init.disconnect(note)


@contextmanager
def counted_trips() -> Iterator[Counter[str]]:
    """Count how often the database is asked, while nobody logs its statements."""
    made: Counter[str] = Counter()
    link: Any = connections["default"]

    def noted(name: str) -> Any:  # noqa: ANN401
        def ask(*arguments: Any) -> Any:  # noqa: ANN401
            made[name] += arguments != ([],)  # of nothing there is no trip
            return known(*arguments)

        known = getattr(link, name)
        return patch.object(link, name, ask)

    with noted("read"), noted("create_cursor"):
        yield made


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Count calls of functions, Python's own and others."""
    made: Counter[str] = Counter()

    def note(_frame: object, event: str, _argument: object) -> None:
        made[event] += 1

    gc.disable()
    sys.setprofile(note)
    try:
        yield made
    finally:
        sys.setprofile(None)
        gc.enable()


class Meters:
    """Counts what a request takes; mixed into tests."""

    def cost_of(self, ask: Callable[[], object]) -> Cost:
        """Return what asking takes once everything is imported and prepared.

        Without what earlier tests have left: clients that listen for exceptions, and
        variables of the context, which logging looks through.
        """
        with patch.object(got_request_exception, "receivers", []):
            return Context().run(self._cost_of, ask)

    def _cost_of(self, ask: Callable[[], object]) -> Cost:
        for _ in range(WARM):
            ask()
        with CaptureQueriesContext(connection) as asked:
            ask()
        statements = len(asked)  # the next request forgets them
        with counted_instances() as instances, counted_trips() as trips:
            ask()
        with counted_calls() as calls:
            ask()
        made = calls["call"] + calls["c_call"]
        return Cost(statements, trips.total(), instances.total(), made)


NEW = "{new}"  # stands for a price that no search has asked for


@override_settings(CACHE_PAGES=False, RATE_PER_MINUTE="")
class CostTests(Meters, TestCase):
    """Pages of 20 rows, and one product"""

    prices = count(1_000)

    @classmethod
    def setUpTestData(cls) -> None:
        cls.category = CategoryFactory()
        for number in range(ROWS):
            cls.product = ProductFactory(
                title=f"Metropolis {number}", categories=[cls.category]
            )
            ProductImageFactory(product=cls.product)
            StockRecordFactory(variant=VariantFactory(product=cls.product))
        cls.user = UserFactory()
        _, cls.token = create_token(cls.user)
        for day in range(ROWS):
            placed_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
            order = OrderFactory(user=cls.user, placed_at=placed_at)
            OrderLineFactory.create_batch(3, order=order)

    def setUp(self) -> None:
        forget_pages()
        remembered = remembering()
        remembered.start()
        self.addCleanup(remembered.stop)

    def pages(self) -> dict[str, Limit]:
        fresh_index()
        facets = "facets=category,partner"
        return {
            "/api/product/": Limit(3, 2, 0, 2_450),
            f"/api/product/{self.product.slug}/": Limit(5, 2, 0, 2_200),
            "/api/category/": Limit(3, 2, 0, 1_750),
            "/api/search/?q=metropolis": Limit(0, 0, 0, 2_625),
            f"/api/search/?q=metropolis&{facets}": Limit(0, 0, 0, 2_775),
            f"/api/search/?q=metropolis&{NEW}": Limit(0, 0, 0, 3_675),
            f"/api/search/?q=metropolis&{NEW}&{facets}": Limit(0, 0, 0, 4_125),
            "/api/search/suggest/?q=met": Limit(2, 2, 0, 2_250),
            "/api/order/history/": Limit(2, 2, 2, 2_400),
            self.second_page("/api/order/history/"): Limit(2, 2, 2, 2_600),
        }

    def second_page(self, path: str) -> str:
        page = self.get(f"{path}?page_size={ROWS // 2}").json()
        return str(page["next"]).removeprefix("http://testserver")

    def get(self, path: str) -> Any:  # noqa: ANN401
        response = self.client.get(self.anew(path), headers=self.headers_for(path))
        self.assertEqual(response.status_code, 200)
        return response

    def anew(self, path: str) -> str:
        return path.replace(NEW, f"price_max={next(self.prices)}")

    def headers_for(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"} if "order" in path else {}

    @override_settings(MIDDLEWARE=settings.MIDDLEWARE[1:])  # without that of tests
    def test_pages_leave_nothing_to_the_garbage_collector(self) -> None:
        answer = ClientHandler()

        def ask(request: WSGIRequest) -> None:
            self.assertEqual(answer(request.environ).status_code, 200)

        for path in self.pages():
            headers = self.headers_for(path)
            *warm, last = [
                RequestFactory().get(self.anew(path), headers=headers)
                for _ in range(WARM + 1)
            ]
            with self.subTest(path):
                for request in warm:
                    ask(request)
                gc.collect()
                ask(last)
                self.assertEqual(gc.collect(), 0)

    def test_pages_take_no_more_than_they_may(self) -> None:
        for path, limit in self.pages().items():
            with self.subTest(path):
                cost = self.cost_of(partial(self.get, path))
                self.assertEqual(cost[:3], limit[:3])
                self.assertLessEqual(cost.calls, limit.calls)


@override_settings(RATE_PER_MINUTE="", RATE_ORDER="")
class BuyingCostTests(Meters, TestCase):
    """What a guest who buys one thing asks for"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=100)
        cls.keys = count()

    def post(self, path: str, **body: object) -> None:
        response = self.client.post(
            path,
            body,
            content_type="application/json",
            headers={"Idempotency-Key": str(next(self.keys))},
        )
        self.assertIn(response.status_code, (200, 201), response.content)

    def test_requests_take_no_more_than_they_may(self) -> None:
        wanted = {"variant": self.record.variant_id, "quantity": 1}
        order = {"lines": [wanted], "shipping_address": ADDRESS}
        guest = {"email": "ada@example.com"}
        # SAVEPOINT and RELEASE stand for BEGIN and COMMIT
        for path, body, limit in (
            ("/api/basket/line/", wanted, Limit(16, 16, 4, 7_400)),
            ("/api/order/quote/", order, Limit(4, 4, 0, 3_550)),
            ("/api/order/", order | guest, Limit(15, 15, 7, 8_900)),
        ):
            with self.subTest(path):
                cost = self.cost_of(partial(self.post, path, **body))
                self.assertEqual(cost[:3], limit[:3])
                self.assertLessEqual(cost.calls, limit.calls)
