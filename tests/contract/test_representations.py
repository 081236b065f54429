"""Every page of the API, read as JSON and as XML: the same values, by its schemas.

That each answer is by its schemas, ``tests.contract.middleware`` sees to.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.test import SimpleTestCase
from rest_framework.response import Response
from rest_framework.test import APITestCase

from catalogue.models import Product
from catalogue.services import relate_products
from custom.api.xml import as_text, load_xml
from orders.models import Order
from orders.services import credit_order
from partner.models import StockRecord
from tests.orders.factories import make_offer
from tests.orders.stories import STAFF
from tests.permissions.matrix import read_matrix
from tests.permissions.rows import Caller, Place, make_callers, make_places
from tests.permissions.test_matrix import address
from tests.reviews.factories import ReviewFactory
from tests.search.index import fresh_index
from tests.shipping.factories import make_rate, make_zone

READABLE: Final = {
    entry.route: entry.cells for entry in read_matrix() if entry.method == "GET"
}
# What is no representation of rows.
DOCUMENTS: Final = {
    "schema/": "the OpenAPI document, as YAML or JSON",
    "schema.xsd": "XML Schemas",
    "docs/": "a page for people",
    "docs/reference/": "a page for people",
    "user/me/export/": "a ZIP",
}
# Beside what is asked of every page; whatever it takes, one query a line.
QUERIES: Final = {
    "product/": [
        "expand=categories,partner,reviews",
        "expand=partner&fields=partner,id",
    ],
    "product/<str:key>/": [
        "expand=categories,partner,reviews",
        "expand=reviews&fields=slug,reviews,variants",
    ],
    "search/": ["q=film", "q=film&facets=category,partner,price", "q=nothing"],
    "category/": ["depth=1"],
    "shipping/": ["country=AT&variant={variant}"],
}
NEEDED: Final = {
    "partner/order/": "state=all",
    "search/suggest/": "q={start}",
    "shipping/": "country=AT&variant={variant}",
}
# Shown whole: they are no rows of anything.
WHOLE: Final = frozenset({"", "rate-limit/"})
READERS: Final = "CPR"  # the first that is let in; the rows are theirs


class CompletenessTests(SimpleTestCase):
    """What the walk below leaves out"""

    def test_what_is_left_out_is_there(self) -> None:
        known = {*DOCUMENTS, *QUERIES, *NEEDED, *WHOLE}
        self.assertLessEqual(known, READABLE.keys())

    def test_every_page_has_a_reader(self) -> None:
        for route, cells in READABLE.items():
            self.assertTrue(any(cells[each] == "+" for each in READERS), route)


class PageTests(APITestCase):
    """Every page, by the matrix of permissions, which knows every address"""

    callers: ClassVar[dict[str, Caller]]
    places: ClassVar[dict[str, Place]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.callers = make_callers()
        cls.places = make_places(cls.callers)
        order = Order.objects.get()
        credit_order(order.pk, amount=Decimal(1), reason="Späť & <late>", actor=STAFF)
        line = order.lines.get()
        cls.variant = line.variant_id
        other = make_offer(partner=StockRecord.objects.get().partner)
        relate_products(line.product_id, [other.variant.product_id])
        product = Product.objects.get(pk=line.product_id)
        cls.start = product.title[:3]
        ReviewFactory(product=product, state="published")
        make_rate(make_zone("AT"))

    def setUp(self) -> None:
        fresh_index()

    def read(self, path: str, accept: str) -> Response:
        headers = {"Accept": accept, "X-Request-ID": "the-same-id"}
        return self.client.get(path, headers=headers)

    def walk(self, route: str) -> None:
        """Hold a page, whole and in parts, in one format against the other."""
        letter = next(each for each in READERS if READABLE[route][each] == "+")
        self.client.force_authenticate(self.callers[letter].user)
        path = address(route, self.places.get(route, Place((), ())).there)
        whole = self.same(path, NEEDED.get(route, ""))
        for query in QUERIES.get(route, ()):
            self.same(path, query)
        if route not in WHOLE:
            names = _fields_of(whole)
            query = urlencode({"fields": ",".join(names[:2])}, safe=",")
            part = self.same(path, f"{NEEDED.get(route, '')}&{query}".strip("&"))
            self.assertEqual(_fields_of(part), names[:2])
        self.same(path, "nonsense=1", status=400)

    def same(self, path: str, query: str, status: int = 200) -> Any:  # noqa: ANN401
        """Read a page twice; return what both times was told."""
        path = f"{path}?{query.format(variant=self.variant, start=self.start)}"
        with self.subTest(path=path):
            in_json = self.read(path, "application/json")
            in_xml = self.read(path, "application/xml")
            told = json.loads(in_json.content)
            self.assertEqual(in_json.status_code, status, told)
            self.assertEqual(in_xml.status_code, status)
            self.assertIn("xml", in_xml["Content-Type"])
            self.assertEqual(as_text(told), load_xml(in_xml.content))
        return told


def _fields_of(shown: Any) -> list[str]:  # noqa: ANN401
    """Name the members of a page, or of its first row."""
    rows = shown.get("results")
    return [*(rows[0] if rows else shown if rows is None else ())]


def _test_of(route: str) -> Callable[[PageTests], None]:
    def test(self: PageTests) -> None:
        self.walk(route)

    return test


for _route in READABLE.keys() - DOCUMENTS.keys():
    _words = "_".join(part.strip("<>/") for part in _route.split("/") if part) or "map"
    _words = "".join(each if each.isalnum() else "_" for each in _words)
    setattr(PageTests, f"test_{_words}", _test_of(_route))
