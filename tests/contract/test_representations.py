"""Every page of the API, read as JSON and as XML: the same values, by its schemas.

That each answer is by its schemas, ``tests.contract.middleware`` sees to. What is shown
is what REST framework's own serializers would show.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.db import connection
from django.test import SimpleTestCase
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from catalogue.models import Product
from catalogue.services import relate_products
from custom.api.schema_parts import merged
from custom.api.xml import as_text, load_xml
from orders.models import Order
from orders.services import credit_order
from partner.models import StockRecord
from tests.compiled import held_against_rest_framework
from tests.contract.checker import PLACEHOLDER, the_contract
from tests.formats import JSON, read_in_both
from tests.orders.factories import make_offer
from tests.orders.stories import STAFF
from tests.permissions.cases import MatrixTestCase
from tests.permissions.matrix import read_matrix
from tests.permissions.rows import Place
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
SHOWN_DEPTH: Final = 3  # names in a path that is asked for, without the last
READERS: Final = "CPR"  # the first that is let in; the rows are theirs


class CompletenessTests(SimpleTestCase):
    """What the walk below leaves out"""

    def test_what_is_left_out_is_there(self) -> None:
        known = {*DOCUMENTS, *QUERIES, *NEEDED, *WHOLE}
        self.assertLessEqual(known, READABLE.keys())

    def test_every_page_has_a_reader(self) -> None:
        for route, cells in READABLE.items():
            self.assertTrue(any(cells[each] == "+" for each in READERS), route)


class PageTests(MatrixTestCase):
    """Every page, by the matrix of permissions, which knows every address"""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
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
        self.enterContext(held_against_rest_framework())

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
            self.select(route, path)
        self.same(path, "nonsense=1", status=400)

    def select(self, route: str, path: str) -> None:
        """Ask for each member of a member alone, then for half of them at once."""
        needed = NEEDED.get(route, "")
        if expanded := ",".join(_expansions(route)):
            needed += f"&expand={expanded}"
        with CaptureQueriesContext(connection) as queries:
            whole = json.loads(self.read(self.filled(path, needed), JSON).content)
        paths = list(selectable(route))
        for each in paths:
            query = f"{needed}&fields={each}"
            with self.subTest(path=path, fields=each):
                with CaptureQueriesContext(connection) as fewer:
                    part = json.loads(self.read(self.filled(path, query), JSON).content)
                self.assertEqual(part, _picked(whole, [each]))
                self.assertLessEqual(len(fewer), len(queries))
        inner = [each for each in paths if "." in each]
        for some in (inner[::2], inner[1::2]):
            if some:
                part = self.same(path, f"{needed}&fields={','.join(some)}")
                self.assertEqual(part, _picked(whole, some))

    def filled(self, path: str, query: str) -> str:
        """Return an address with what a query needs of the rows there are."""
        query = query.strip("&").format(variant=self.variant, start=self.start)
        return f"{path}?{query}"

    def same(self, path: str, query: str, status: int = 200) -> Any:  # noqa: ANN401
        """Read a page twice; return what both times was told."""
        path = self.filled(path, query)
        with self.subTest(path=path):
            in_json, in_xml = read_in_both(partial(self.read, path))
            told = json.loads(in_json.content)
            self.assertEqual(in_json.status_code, status, told)
            self.assertEqual(in_xml.status_code, status)
            self.assertIn("xml", in_xml["Content-Type"])
            self.assertEqual(as_text(told), load_xml(in_xml.content))
        return told


def selectable(route: str) -> Iterator[str]:
    """Yield what ``?fields=`` may name of a page, as the document describes it."""
    content = _operation(route)["responses"]["200"]["content"]
    shape = _members(content[JSON]["schema"])
    rows = shape.get("results")
    yield from _paths(_members(rows) if rows else shape)


def _operation(route: str) -> dict[str, Any]:
    name = PLACEHOLDER.sub("{}", f"/api/{route}")
    found: dict[str, Any] = the_contract().operations["GET", name]
    return found


def _expansions(route: str) -> list[str]:
    for each in _operation(route)["parameters"]:
        if each.get("name") == "expand":
            schemas = the_contract().document["components"]["schemas"]
            return [*merged(each["schema"]["items"], schemas)["enum"]]
    return []


def _paths(members: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, schema in members.items():
        inner = _members(schema)
        if inner and len(above) < SHOWN_DEPTH:
            yield from _paths(inner, (*above, name))
        else:
            yield ".".join((*above, name))


def _members(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the members of what a schema describes, or of each in its list."""
    for each in schema.get("oneOf", ()):
        schema = each if each.get("type") != "null" else schema
    schemas = the_contract().document["components"]["schemas"]
    found = merged(schema, schemas)
    if "items" in found:
        return _members(found["items"])
    members: dict[str, Any] = found.get("properties", {})
    return members


def _picked(shown: Any, paths: list[str]) -> Any:  # noqa: ANN401
    """Return what paths lead to; of a page, in each of its rows."""
    if isinstance(shown, dict) and "results" in shown:
        return shown | {"results": _picked(shown["results"], paths)}
    if isinstance(shown, list):
        return [_picked(each, paths) for each in shown]
    if not isinstance(shown, dict):
        return shown
    below: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        below.setdefault(name, []).append(rest)
    return {
        name: shown[name] if "" in below[name] else _picked(shown[name], below[name])
        for name in shown
        if name in below
    }


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
