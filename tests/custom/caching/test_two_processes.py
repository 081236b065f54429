import random
import threading
from contextlib import ExitStack
from itertools import count
from typing import Any

from django.test import TransactionTestCase, tag

from catalogue.services import create_category, update_product
from partner.models import StockRecord
from tests.custom.caching.kept import KeptPages
from tests.orders.factories import make_offer
from tests.processes import environment
from tests.search.index import fresh_index
from tests.web import WebClient, web_server

APPLICATION = "tests.custom.caching.writing_wsgi:application"
LIST = "/api/product/?page_size=5"
CHEAP = 45
SEARCH = f"/api/search/?price_max={CHEAP}"


class InterleavedTests(KeptPages, TransactionTestCase):
    """Two web processes: what one has committed, the other shows at once"""

    def setUp(self) -> None:
        super().setUp()
        self.record: StockRecord = make_offer(num_in_stock=10_000)
        self.product = self.record.variant.product
        self.page = f"/api/product/{self.product.pk}/"
        self.random = random.Random(5)  # noqa: S311 - the same each time
        self.category = create_category(name="Films")
        update_product(self.product.pk, categories=[self.category])
        self.now = {
            "title": self.product.title,
            "price": "9.90",
            "is_public": True,
            "category": self.category.name,
        }
        self.sold = 0
        self.asked = count()  # prices that no search was asked with: not kept
        fresh_index()

    def change(self, number: int) -> dict[str, Any]:
        """Think of the next change, and note how the product then is."""
        changes = ("title", "price", "is_public", "sell", "category")
        what = self.random.choice(changes)
        body: dict[str, Any] = {}
        if what == "title":
            body["title"] = self.now["title"] = f"Film {number}"
        elif what == "price":
            self.now["price"] = f"{number % 90 + 1}.{number % 100:02}"
            body["price"] = self.now["price"]
        elif what == "is_public":
            body["is_public"] = self.now["is_public"] = not self.now["is_public"]
        elif what == "category":
            self.now["category"] = f"Films {number}"
            body["category"] = self.category.pk, self.now["category"]
        else:
            body["sell"] = f"test:{number}"
            self.sold += 1
        keys = {"product": self.product.pk, "stock_record": self.record.pk}
        return keys | body

    def assert_shown(self, client: WebClient, number: int) -> None:
        """Page, list and search are exactly what was committed."""
        page, rows = client.call("GET", self.page), client.call("GET", LIST)
        cheap = client.call("GET", SEARCH).body["count"]
        is_cheap = self.now["is_public"] and float(self.now["price"]) <= CHEAP
        self.assertEqual(cheap, int(is_cheap), number)
        asked = f"/api/search/?facets=category&price_max={1000 + next(self.asked)}"
        (facet,) = client.call("GET", asked).body["facets"]
        names = [value["label"] for value in facet["values"]]
        shown = [self.now["category"]] if self.now["is_public"] else []
        self.assertEqual(names, shown, number)
        wanted = (200, 1) if self.now["is_public"] else (404, 0)
        self.assertEqual((page.status, rows.body["count"]), wanted, number)
        if not self.now["is_public"]:
            return
        (variant,) = page.body["variants"]
        self.assertEqual(
            {
                "title": page.body["title"],
                "categories": [row["name"] for row in page.body["categories"]],
                "price": variant["price"],
                "left": variant["availability"]["num_available"],
            },
            {
                "title": self.now["title"],
                "categories": [self.now["category"]],
                "price": self.now["price"],
                "left": 10_000 - self.sold,
            },
            number,
        )
        (row,) = rows.body["results"]
        self.assertEqual(
            (row["title"], row["price_from"]),
            (self.now["title"], self.now["price"]),
            number,
        )

    def change_and_look(self, times: int) -> None:
        """Write in one process, read in the other, with readers in both meanwhile."""
        end = threading.Event()

        def read(port: int) -> None:
            with WebClient(port) as client:
                while not end.is_set():
                    client.call("GET", self.page)
                    client.call("GET", LIST)
                    client.call("GET", SEARCH)

        with ExitStack() as stack:
            ports = [
                stack.enter_context(
                    web_server(
                        environment() | {"CACHE_PAGES": "1"}, application=APPLICATION
                    )
                ).port
                for _ in range(2)
            ]
            clients = [stack.enter_context(WebClient(port)) for port in ports]
            readers = [threading.Thread(target=read, args=(port,)) for port in ports]
            for reader in readers:
                reader.start()
            try:
                for number in range(times):
                    writer, other = clients[number % 2], clients[1 - number % 2]
                    answer = writer.call("POST", "/write/", self.change(number))
                    self.assertEqual(answer.status, 200)
                    self.assert_shown(other, number)
            finally:
                end.set()
                for reader in readers:
                    reader.join()

    def test_some_changes(self) -> None:
        self.change_and_look(100)

    @tag("soak")
    def test_a_thousand_changes(self) -> None:
        self.change_and_look(1_000)
