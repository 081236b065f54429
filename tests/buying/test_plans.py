"""Which index finds each row that buying reads, locks or changes.

``docs/performance.md`` shows the same table, for readers.
"""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client, TestCase, override_settings

from catalogue.models import ProductImage
from tests.orders.factories import ADDRESS, make_offer
from tests.plans import Access, Explainer
from tests.users.factories import UserFactory, create_token

OTHERS = 30  # baskets and offers beside those that are bought
SETTINGS = frozenset(  # of the shop, a few rows, which are read whole
    {
        "shipping_shippingmethod",
        "shipping_shippingrate",
        "shipping_shippingzone",
        "tax_taxclass",
        "tax_taxrate",
    }
)
BY_INDEX = {"const", "eq_ref", "ref", "range"}


ORDER = {"shipping_address": ADDRESS}
LOCK_BASKET = Access("LOCK", "basket_basket", "const", "holder")
CHANGE_BASKET = Access("UPDATE", "basket_basket", "range", "PRIMARY")
CHANGE_LEVELS = Access("UPDATE", "partner_stocklevel", "range", "PRIMARY")


@override_settings(RATE_PER_MINUTE="", RATE_ORDER="")
class PlanTests(TestCase):
    """One of many customers buys two of many offers"""

    @classmethod
    def setUpTestData(cls) -> None:
        records = [make_offer(num_in_stock=100) for _ in range(OTHERS)]
        for record in records:
            picture = {"file": "products/aa/any.png", "width": 1, "height": 1}
            ProductImage.objects.create(product=record.variant.product, **picture)
            wanted = {"variant": record.variant_id, "quantity": 1}
            Client().post("/api/basket/line/", wanted, "application/json")
        cls.wanted = [
            {"variant": record.variant_id, "quantity": 1} for record in records[10:12]
        ]
        _, cls.token = create_token(UserFactory())
        cls.keys = count()

    def find(self, path: str, body: Mapping[str, Any]) -> set[Access]:
        """Send a request of the customer; return how it finds rows."""
        explainer = Explainer()
        with connection.execute_wrapper(explainer):
            response: HttpResponse = self.client.post(
                path,
                json.dumps(body),
                "application/json",
                headers={
                    "Authorization": f"Token {self.token}",
                    "Idempotency-Key": str(next(self.keys)),
                },
            )
        self.assertIn(response.status_code, {200, 201}, response.content)
        return explainer.found

    def assert_found(self, found: set[Access], writes: set[Access]) -> None:
        """Compare what is locked or changed; all else is read by an index."""
        self.assertEqual({each for each in found if each.verb != "SELECT"}, writes)
        scanned = {
            each
            for each in found
            if each.table not in SETTINGS and each.way not in BY_INDEX
        }
        self.assertEqual(scanned, set())

    def test_lines_of_a_basket(self) -> None:
        for number, wanted in enumerate(self.wanted):
            with self.subTest(number):
                found = self.find("/api/basket/line/", wanted)
                self.assert_found(found, {LOCK_BASKET, CHANGE_BASKET})

    def test_an_order_of_lines(self) -> None:
        found = self.find("/api/order/", ORDER | {"lines": self.wanted})
        self.assert_found(found, {CHANGE_LEVELS})

    def test_an_order_of_a_basket(self) -> None:
        for wanted in self.wanted:
            self.find("/api/basket/line/", wanted)
        found = self.find("/api/order/", ORDER | {"basket": True})
        self.assert_found(found, {CHANGE_BASKET, CHANGE_LEVELS})
