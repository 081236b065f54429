"""What ``?fields=`` saves, and that no cache takes one answer for another.

That each path gives what the whole answer has there is seen to by
``tests.contract.test_representations``.
"""

import json
import re

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from catalogue.models import Product
from custom.api.xml import as_text, load_xml
from tests.catalogue.factories import CategoryFactory
from tests.custom.caching.kept import KeptPages
from tests.orders.factories import make_offer
from tests.permissions.cases import MatrixTestCase
from tests.permissions.rows import Place
from tests.permissions.test_matrix import address

# A statement's own, or that of the parts it joins to a page; see custom.parts.
TABLE = re.compile(r"^SELECT .*? FROM `(\w+)`| FROM `(\w+)`\) part ")
PRODUCT = "product/<str:key>/"
ORDER = "order/<str:key>/"
PARTNER_ORDER = "partner/order/<str:key>/"
STAFF_PRODUCT = "admin/product/<int:pk>/"
VARIANTS = "admin/product/<int:product_id>/variant/"
LINES = "orders_orderline"
EVENTS = "orders_orderevent"
SHIPMENTS = ("orders_shipment", "orders_shipmentline")
MONEY = ("payments_payment", "payments_refund")
OFFERS = "partner_stockrecord"
# Caller, route, the member that takes no more than the row; then others, and the tables
# they are read from.
READS = (
    ("C", PRODUCT, "title", "id,slug,rating,created_at", ()),
    ("C", PRODUCT, "title", "images.url", ("catalogue_productimage",)),
    ("C", PRODUCT, "title", "categories", ("catalogue_category",)),
    ("C", PRODUCT, "title", "variants.sku,variants.title", ("catalogue_variant",)),
    (
        "C",
        PRODUCT,
        "title",
        "variants.attributes.value",
        ("catalogue_variant", "catalogue_attributedefinition"),
    ),
    ("C", PRODUCT, "title", "attributes", ("catalogue_attributedefinition",)),
    ("C", PRODUCT, "title", "variants.price", ("catalogue_variant", OFFERS)),
    (
        "C",
        PRODUCT,
        "title",
        "variants.lowest_price_30d",
        ("catalogue_variant", OFFERS, "partner_stockprice"),
    ),
    ("C", ORDER, "number", "status,shipping_address.city,actions", ()),
    ("C", ORDER, "number", "lines.sku", (LINES,)),
    ("C", ORDER, "number", "line_count", (LINES,)),
    ("C", ORDER, "number", "products.title", (LINES,)),
    ("C", ORDER, "number", "events.at", (EVENTS,)),
    ("C", ORDER, "number", "returns.reason", (EVENTS,)),
    ("C", ORDER, "number", "shipments.carrier", SHIPMENTS),
    ("C", ORDER, "number", "payments.status", MONEY),
    ("C", "order/history/", "number", "status,total_amount", ()),
    ("C", "order/history/", "number", "products.title", (LINES,)),
    ("C", "order/history/", "number", "line_count", (LINES,)),
    ("P", PARTNER_ORDER, "number", "note,may_ship", ()),
    ("P", PARTNER_ORDER, "number", "lines.sku", (LINES,)),
    ("P", PARTNER_ORDER, "number", "shipments.lines.quantity", SHIPMENTS),
    ("R", STAFF_PRODUCT, "title", "is_shown,tax_class", ()),
    ("R", STAFF_PRODUCT, "title", "variants.sku", ("catalogue_variant",)),
    ("R", STAFF_PRODUCT, "title", "images.alt", ("catalogue_productimage",)),
    ("R", STAFF_PRODUCT, "title", "categories", ("catalogue_category",)),
    (
        "R",
        STAFF_PRODUCT,
        "title",
        "variants.offers.price",
        ("catalogue_variant", OFFERS),
    ),
    ("R", VARIANTS, "sku", "title", ()),
    ("R", VARIANTS, "sku", "offers.price", (OFFERS,)),
    ("C", "category/", "slug", "children.slug", ("catalogue_category",)),
)


class ReadTests(MatrixTestCase):
    """What is not shown is not read"""

    def tables(self, path: str, fields: str) -> list[str]:
        """Return what is read, a table as often as there are reads of it."""
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.get(path, {"fields": fields})
        self.assertEqual(answer.status_code, 200, answer.content)
        found = [TABLE.findall(each["sql"]) for each in queries.captured_queries]
        return ["".join(names) for each in found for names in each]

    def test_reads(self) -> None:
        category = CategoryFactory()  # without one there is nothing to read
        category.products.set(Product.objects.all())
        for letter, route, plain, fields, tables in READS:
            with self.subTest(route=route, fields=fields):
                self.client.force_authenticate(self.callers[letter].user)
                path = address(route, self.places.get(route, Place((), ())).there)
                self.tables(path, plain)  # what is read once a process
                before = self.tables(path, plain)
                added = self.tables(path, f"{plain},{fields}")
                for each in before:
                    added.remove(each)
                self.assertEqual(sorted(added), sorted(tables))


class KeptTests(KeptPages, TestCase):
    """Pages of other fields are other pages"""

    def test_answers_are_kept_apart(self) -> None:
        path = f"/api/product/{make_offer().variant.product.pk}/"
        found = {}
        for fields in ("variants.sku", "variants.price", "variants.sku,title", ""):
            for kind in ("json", "xml"):
                query = {"format": kind} | ({"fields": fields} if fields else {})
                first = self.client.get(path, query)
                again = self.client.get(path, query)  # as it was kept
                self.assertEqual(first.content, again.content)
                tag = {"If-None-Match": first["ETag"]}
                same = self.client.get(path, query, headers=tag)
                self.assertEqual(same.status_code, 304)
                found[fields, kind] = again
        self.assertEqual(len({each["ETag"] for each in found.values()}), 8)
        self.assertEqual(len({each.content for each in found.values()}), 8)
        for fields in {fields for fields, _kind in found}:
            in_json = json.loads(found[fields, "json"].content)
            in_xml = load_xml(found[fields, "xml"].content)
            self.assertEqual(as_text(in_json), in_xml)
