from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from django.urls import reverse
from rest_framework.test import APITestCase

from catalogue.models import AttributeDefinition, Product
from catalogue.services import (
    NewDefinition,
    NewVariant,
    create_product,
    create_product_type,
    update_category,
    update_product,
    update_variant,
)
from partner.services import take_stock, update_stock_record
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.partner.factories import PartnerFactory, StockRecordFactory

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
Kind = AttributeDefinition.Kind
VARIANT = AttributeDefinition.AppliesTo.VARIANT


class ProductDetailTests(APITestCase):
    """GET /api/product/{id or slug}/"""

    maxDiff = None

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW - timedelta(days=10), tick=False):
            cls.make()
        with time_machine.travel(NOW, tick=False):
            update_stock_record(
                cls.record.pk, price=Decimal("9.90"), compare_at_price=Decimal("12.00")
            )

    @classmethod
    def make(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.product = create_product(
            product_type=create_product_type(
                code="film",
                name="Film",
                definitions=[
                    NewDefinition(code="director", name="Director", kind=Kind.TEXT),
                    NewDefinition(code="minutes", name="Minutes", kind=Kind.INTEGER),
                    NewDefinition(code="score", name="Score", kind=Kind.DECIMAL),
                    NewDefinition(code="silent", name="Silent", kind=Kind.BOOLEAN),
                    NewDefinition(
                        code="format",
                        name="Format",
                        kind=Kind.CHOICE,
                        applies_to=VARIANT,
                        options=[("bd", "Blu-ray"), ("dvd", "DVD")],
                    ),
                    NewDefinition(
                        code="discs",
                        name="Discs",
                        kind=Kind.INTEGER,
                        applies_to=VARIANT,
                    ),
                ],
            ),
            title="Metropolis",
            description="A city.",
            attributes={"silent": True, "minutes": 153, "score": "8.30"},
            categories=[cls.drama],
            variants=[
                NewVariant(sku="m-dvd", title="DVD", attributes={"format": "dvd"}),
                NewVariant(sku="m-bd", title="Blu-ray", attributes={"format": "bd"}),
            ],
        )
        cls.dvd, cls.blu_ray = cls.product.variants.in_order()
        cls.record = StockRecordFactory(
            variant=cls.dvd,
            partner=PartnerFactory(name="Acme"),
            price=Decimal("8.00"),
            num_in_stock=3,
        )

    def url(self, key: object) -> str:
        return reverse("catalogue:product-detail", args=[key])

    @time_machine.travel(NOW, tick=False)
    def test_page(self) -> None:
        image = ProductImageFactory(product=self.product, alt="Poster")
        response = self.client.get(self.url(self.product.pk))
        self.assertEqual(response.status_code, 200)
        address = f"http://testserver/media/{image.file.name}"
        rendition = address.replace("/products/", "/renditions/")
        self.assertEqual(
            response.json(),
            {
                "id": self.product.pk,
                "slug": "metropolis",
                "title": "Metropolis",
                "description": "A city.",
                "categories": [{"id": self.drama.pk, "slug": "drama", "name": "Drama"}],
                "attributes": [
                    {
                        "code": "minutes",
                        "name": "Minutes",
                        "kind": "integer",
                        "value": 153,
                        "label": "153",
                    },
                    {
                        "code": "score",
                        "name": "Score",
                        "kind": "decimal",
                        "value": "8.30",
                        "label": "8.30",
                    },
                    {
                        "code": "silent",
                        "name": "Silent",
                        "kind": "boolean",
                        "value": True,
                        "label": "yes",
                    },
                ],
                "options": [
                    {
                        "code": "format",
                        "label": "Format",
                        "values": [
                            {"value": "dvd", "label": "DVD"},
                            {"value": "bd", "label": "Blu-ray"},
                        ],
                    }
                ],
                "images": [
                    {
                        "id": image.pk,
                        "alt": "Poster",
                        "width": 2,
                        "height": 3,
                        "url": address,
                        "renditions": {
                            size: f"{rendition}.{size}.webp"
                            for size in ("small", "medium", "large")
                        },
                    }
                ],
                "variants": [
                    {
                        "id": self.dvd.pk,
                        "sku": "m-dvd",
                        "title": "DVD",
                        "attributes": [
                            {
                                "code": "format",
                                "name": "Format",
                                "kind": "choice",
                                "value": "dvd",
                                "label": "DVD",
                            }
                        ],
                        "price": "9.90",
                        "compare_at_price": "12.00",
                        "lowest_price_30d": "8.00",
                        "currency": "EUR",
                        "offer_id": self.record.pk,
                        "partner": {"id": self.record.partner_id, "name": "Acme"},
                        "availability": {
                            "purchasable": True,
                            "in_stock": True,
                            "num_available": 3,
                            "backorder": False,
                        },
                    },
                    {
                        "id": self.blu_ray.pk,
                        "sku": "m-bd",
                        "title": "Blu-ray",
                        "attributes": [
                            {
                                "code": "format",
                                "name": "Format",
                                "kind": "choice",
                                "value": "bd",
                                "label": "Blu-ray",
                            }
                        ],
                        "price": None,
                        "compare_at_price": None,
                        "lowest_price_30d": None,
                        "currency": "EUR",
                        "offer_id": None,
                        "partner": None,
                        "availability": {
                            "purchasable": False,
                            "in_stock": False,
                            "num_available": None,
                            "backorder": False,
                        },
                    },
                ],
                "rating": None,
                "review_count": 0,
                "created_at": "2026-06-20T12:00:00Z",
                "updated_at": "2026-06-20T12:00:00Z",
            },
        )

    def test_id_and_slug(self) -> None:
        by_id = self.client.get(self.url(self.product.pk))
        by_slug = self.client.get(self.url("metropolis"))
        self.assertEqual(by_id.json(), by_slug.json())

    def test_slug_that_begins_with_digits(self) -> None:
        ProductFactory(slug="2001-a-space-odyssey")
        response = self.client.get(self.url("2001-a-space-odyssey"))
        self.assertEqual(response.json()["slug"], "2001-a-space-odyssey")

    def test_sold_out(self) -> None:
        take_stock({self.record.pk: 3}, source="order:1")
        variant = self.client.get(self.url("metropolis")).json()["variants"][0]
        self.assertEqual(variant["price"], "9.90")
        self.assertEqual(
            variant["availability"],
            {
                "purchasable": False,
                "in_stock": False,
                "num_available": 0,
                "backorder": False,
            },
        )

    def test_yen_has_no_places(self) -> None:
        with self.settings(SHOP_CURRENCY="JPY"):
            StockRecordFactory(
                variant=self.blu_ray, price=Decimal(1200), currency="JPY"
            )
            _dvd, blu_ray = self.client.get(self.url("metropolis")).json()["variants"]
        self.assertEqual((blu_ray["price"], blu_ray["currency"]), ("1200", "JPY"))

    def test_hidden_parts_are_left_out(self) -> None:
        update_variant(self.dvd.pk, is_public=False)
        update_category(self.drama, is_public=False)
        body = self.client.get(self.url("metropolis")).json()
        self.assertEqual([row["sku"] for row in body["variants"]], ["m-bd"])
        self.assertEqual(body["categories"], [])
        self.assertEqual(
            body["options"][0]["values"], [{"value": "bd", "label": "Blu-ray"}]
        )

    def test_hidden_or_missing(self) -> None:
        update_product(self.product.pk, is_public=False)
        for key in (self.product.pk, "metropolis", "nothing", "9" * 30, "METROPOLIS"):
            with self.subTest(key):
                response = self.client.get(self.url(key))
                self.assertEqual(response.status_code, 404)
                self.assertEqual(response.json()["code"], "not-found")

    def test_fields(self) -> None:
        response = self.client.get(self.url("metropolis"), {"fields": "id,title"})
        self.assertEqual(
            response.json(), {"id": self.product.pk, "title": "Metropolis"}
        )

    def test_xml(self) -> None:
        response = self.client.get(self.url("metropolis"), {"format": "xml"})
        self.assertContains(response, "<price>9.90</price>")
        self.assertContains(response, "<value>true</value>")

    def test_conditional(self) -> None:
        etag = self.client.get(self.url("metropolis"))["ETag"]
        headers = {"If-None-Match": etag}
        again = self.client.get(self.url("metropolis"), headers=headers)
        self.assertEqual(again.status_code, 304)
        update_stock_record(self.record.pk, price=Decimal("7.00"))
        changed = self.client.get(self.url("metropolis"), headers=headers)
        self.assertEqual(changed.status_code, 200)

    def test_query_count_does_not_grow(self) -> None:
        def count_for(product: Product) -> None:
            # Product and type, definitions, categories, pictures, variants;
            # offers, their lowest prices.
            with self.assertNumQueries(7):
                self.client.get(self.url(product.pk))

        count_for(self.product)
        for number in range(5):
            self.product.categories.add(CategoryFactory())
            ProductImageFactory(product=self.product, position=number)
            variant = VariantFactory(product=self.product)
            StockRecordFactory.create_batch(3, variant=variant)
        count_for(self.product)
