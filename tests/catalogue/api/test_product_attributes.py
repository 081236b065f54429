from collections.abc import Iterable

from django.db import connection
from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from catalogue.models import AttributeDefinition, ListedValue, Product, ProductType
from catalogue.services import (
    NewDefinition,
    NewProduct,
    NewVariant,
    create_product_type,
    create_products,
    repair_catalogue,
    update_product,
    update_variant,
    verify_catalogue,
)
from partner.services import take_stock
from tests.catalogue.factories import CategoryFactory
from tests.partner.factories import StockRecordFactory

Kind = AttributeDefinition.Kind
VARIANT = AttributeDefinition.AppliesTo.VARIANT
DEFINITIONS = (
    NewDefinition(code="director", name="Director", kind=Kind.TEXT),
    NewDefinition(code="year", name="Year", kind=Kind.INTEGER),
    NewDefinition(code="stars", name="Stars", kind=Kind.DECIMAL),
    NewDefinition(code="colour", name="Colour", kind=Kind.BOOLEAN),
    NewDefinition(code="shown", name="Shown", kind=Kind.DATE),
    NewDefinition(
        code="format",
        name="Format",
        kind=Kind.CHOICE,
        applies_to=VARIANT,
        options=(("dvd", "DVD"), ("blu-ray", "Blu-ray")),
    ),
)


class ProductAttributeTests(APITestCase):
    """GET /api/product/?attr.<code>="""

    url = reverse_lazy("catalogue:product-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.film = create_product_type(
            code="film", name="Film", definitions=DEFINITIONS
        )
        cls.drama = CategoryFactory(name="Drama")
        cls.alien, cls.brazil, cls.cabaret = cls.make(
            (
                "Alien",
                {
                    "director": "Ridley Scott",
                    "year": 1979,
                    "stars": "8.5",
                    "colour": True,
                    "shown": "1979-05-25",
                },
                ("dvd", "blu-ray"),
            ),
            (
                "Brazil",
                {"director": "Terry Gilliam", "year": 1985, "stars": "7.90"},
                ("dvd",),
            ),
            ("Cabaret", {"year": 1972, "colour": False, "shown": "1972-02-13"}, ()),
        )

    @classmethod
    def make(
        cls, *rows: tuple[str, dict[str, object], Iterable[str]], kind: str = "film"
    ) -> list[Product]:
        new = [
            NewProduct(
                title=title,
                attributes=attributes,
                categories=[cls.drama],
                variants=[
                    NewVariant(sku=f"{title}-{each}", attributes={"format": each})
                    for each in formats
                ]
                or [NewVariant(sku=title)],
            )
            for title, attributes, formats in rows
        ]
        return create_products(new, product_type=ProductType.objects.get(code=kind))

    def titles(self, **query: object) -> list[str]:
        query = {name.replace("attr_", "attr."): each for name, each in query.items()}
        response = self.client.get(self.url, query)
        self.assertEqual(response.status_code, 200, response.content)
        body = response.json()
        titles = [row["title"] for row in body["results"]]
        self.assertEqual(body["count"], len(titles))
        return titles

    def test_every_kind(self) -> None:
        for code, value, titles in (
            ("director", "Ridley Scott", ["Alien"]),
            ("director", "ridley scott", []),
            ("year", "1985", ["Brazil"]),
            ("stars", "8.50", ["Alien"]),
            ("stars", "7.9", ["Brazil"]),
            ("colour", "true", ["Alien"]),
            ("colour", "false", ["Cabaret"]),
            ("shown", "1972-02-13", ["Cabaret"]),
            ("format", "dvd", ["Alien", "Brazil"]),
            ("format", "blu-ray", ["Alien"]),
            ("year", "1972..1979", ["Alien", "Cabaret"]),
            ("year", "1980..2000", ["Brazil"]),
            ("stars", "7.9..8.49", ["Brazil"]),
            ("shown", "1979-01-01..1979-12-31", ["Alien"]),
            ("year", "", ["Alien", "Brazil", "Cabaret"]),
        ):
            with self.subTest(code=code, value=value):
                self.assertEqual(self.titles(**{f"attr.{code}": value}), titles)

    def test_values_are_alternatives_and_attributes_are_not(self) -> None:
        self.assertEqual(
            self.titles(attr_year=["1972", "1980..1990"]), ["Brazil", "Cabaret"]
        )
        self.assertEqual(
            self.titles(attr_format=["dvd", "blu-ray"]), ["Alien", "Brazil"]
        )
        self.assertEqual(
            self.titles(attr_format="dvd", attr_year="1970..1980"), ["Alien"]
        )
        self.assertEqual(self.titles(attr_format="blu-ray", attr_year=1985), [])

    def test_with_every_other_filter_and_order(self) -> None:
        for product in (self.alien, self.brazil):
            for variant in product.variants.all():
                record = StockRecordFactory(variant=variant, price=product.pk)
        take_stock({record.pk: 10}, source="order:1")  # Brazil has gone
        query = {"attr_format": "dvd", "category": "drama"}
        self.assertEqual(self.titles(**query, ordering="-title"), ["Brazil", "Alien"])
        self.assertEqual(self.titles(**query, ordering="price"), ["Alien", "Brazil"])
        self.assertEqual(self.titles(**query, ordering="-price"), ["Brazil", "Alien"])
        self.assertEqual(self.titles(**query, in_stock="true"), ["Alien"])
        self.assertEqual(self.titles(**query, price_min=self.brazil.pk), ["Brazil"])
        self.assertEqual(self.titles(**query, id=self.brazil.pk), ["Brazil"])
        self.assertEqual(
            self.titles(**query, partner=record.partner.pk, ordering="newest"),
            ["Brazil"],
        )
        self.assertEqual(self.titles(category="drama", attr_year="1972"), ["Cabaret"])

    def test_pages(self) -> None:
        query = {"attr.format": "dvd", "page_size": 1, "page": 2}
        body = self.client.get(self.url, query).json()
        self.assertEqual([row["title"] for row in body["results"]], ["Brazil"])
        self.assertEqual(body["count"], 2)
        self.assertIn("attr.format=dvd", body["previous"])

    def test_long_and_short_walks_find_the_same(self) -> None:
        self.make(
            *((f"Film {n:03}", {"year": 2000 + n % 2}, ["dvd"]) for n in range(60))
        )
        for query in (
            {"attr.year": "2000"},
            {"attr.year": ["2000..2005", "1985"]},
            {"attr.year": "2001", "attr.format": "dvd"},
            {"attr.year": "2001", "category": "drama", "ordering": "-title"},
        ):
            whole = self.client.get(self.url, query | {"page_size": 100}).json()
            for page in range(1, -(-whole["count"] // 5) + 1):
                with self.subTest(query=query, page=page):
                    cut = {"page_size": 5, "page": page}
                    body = self.client.get(self.url, query | cut).json()
                    rows = whole["results"][5 * (page - 1) : 5 * page]
                    self.assertEqual(body["results"], rows)

    def test_bad_values(self) -> None:
        for name, value, code in (
            ("attr.shoe", "1", "unknown-attribute"),
            ("attr.", "1", "unknown-attribute"),
            ("attr.year", "old", "invalid"),
            ("attr.year", "1990..1980", "invalid-range"),
            ("attr.colour", "yes", "invalid"),
            ("attr.shown", "today", "invalid"),
            ("attr.stars", "NaN", "invalid"),
            ("attr.format", "vhs", "invalid"),
            ("attr.format", "100%", "invalid"),
            ("attr.year", "5%..1%s", "invalid-range"),
            ("attr.year", ["1990"] * 51, "too-many"),
            ("attribute.year", "1990", "unknown-parameter"),
        ):
            with self.subTest(name=name, value=value):
                response = self.client.get(self.url, {name: value})
                self.assertEqual(response.status_code, 400)
                (error,) = response.json()["errors"]
                self.assertEqual(error["pointer"], f"#/query/{name}")
                self.assertEqual(error["code"], code)

    def test_every_fault_is_told_at_once(self) -> None:
        query = {"attr.year": ["x", "1", "y"], "attr.shoe": 1, "price_min": "z"}
        errors = self.client.get(self.url, query).json()["errors"]
        self.assertCountEqual(
            [each["pointer"] for each in errors],
            [
                "#/query/price_min",
                "#/query/attr.year",
                "#/query/attr.year",
                "#/query/attr.shoe",
            ],
        )

    def test_a_detail_takes_no_filter(self) -> None:
        url = f"{self.url}{self.alien.pk}/"
        response = self.client.get(url, {"attr.year": "1979"})
        self.assertEqual(response.status_code, 400)

    def test_values_follow_what_products_say(self) -> None:
        update_product(self.cabaret.pk, attributes={"year": 1999})
        self.assertEqual(self.titles(attr_year="1999"), ["Cabaret"])
        self.assertEqual(self.titles(attr_colour="false"), [])
        dvd, blu_ray = self.alien.variants.order_by("pk")
        update_variant(blu_ray.pk, is_public=False)
        self.assertEqual(self.titles(attr_format="blu-ray"), [])
        self.assertEqual(self.titles(attr_format="dvd"), ["Alien", "Brazil"])
        dvd.delete()
        self.assertEqual(self.titles(attr_format="dvd"), ["Brazil"])
        update_product(self.brazil.pk, is_public=False)
        self.assertEqual(self.titles(attr_format="dvd"), [])
        update_product(self.brazil.pk, is_public=True)
        self.assertEqual(self.titles(attr_format="dvd"), ["Brazil"])
        self.assertEqual(verify_catalogue(), [])

    def test_values_follow_definitions(self) -> None:
        year = self.film.definitions.get(code="year")
        year.kind = Kind.DATE
        year.save()
        self.assertFalse(ListedValue.objects.filter(code="year").exists())
        year.kind = Kind.DECIMAL
        year.save()
        self.assertEqual(self.titles(attr_year="1984.5..1985.5"), ["Brazil"])
        year.delete()
        response = self.client.get(self.url, {"attr.year": "1985"})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(verify_catalogue(), [])

    def test_a_deleted_product_leaves_nothing(self) -> None:
        self.alien.delete()
        self.assertEqual(self.titles(attr_format="dvd"), ["Brazil"])
        self.assertFalse(ListedValue.objects.filter(product=self.alien.pk).exists())
        self.assertEqual(verify_catalogue(), [])

    def test_a_text_too_long_to_be_found_by_is_left_out(self) -> None:
        text, short = "x" * 201, "x" * 200
        self.make(("Long", {"director": text}, ()), ("Short", {"director": short}, ()))
        self.assertEqual(self.titles(attr_director=text), [])
        self.assertEqual(self.titles(attr_director=short), ["Short"])

    def test_one_code_may_mean_two_kinds(self) -> None:
        create_product_type(
            code="shoe",
            name="Shoe",
            definitions=[NewDefinition(code="year", name="Year", kind=Kind.TEXT)],
        )
        self.make(("Boot", {"year": "1985"}, ()), kind="shoe")
        self.assertEqual(self.titles(attr_year="1985"), ["Boot", "Brazil"])
        self.assertEqual(self.titles(attr_year="1980..1990"), ["Brazil"])

    def test_a_lost_value_is_named_and_mended(self) -> None:
        ListedValue.objects.filter(product=self.alien, code="year").delete()
        ListedValue.objects.create(product=self.brazil, code="year", value="o")
        found = "found by other values than it has"
        self.assertEqual(
            verify_catalogue(),
            [f"product {row.pk}: {found}" for row in (self.alien, self.brazil)],
        )
        repair_catalogue()
        self.assertEqual(verify_catalogue(), [])

    def test_queries_do_not_grow_with_rows(self) -> None:
        query = {
            "attr.year": "1970..2005",
            "attr.format": ["dvd", "blu-ray"],
            "category": "drama",
            "page_size": 100,
        }
        for number in (0, 10, 50):
            self.make(
                *((f"{number}-{n}", {"year": 2000}, ["dvd"]) for n in range(number))
            )
            # Definitions, category; number, size of the list, ids; rows, no pictures.
            with self.subTest(number), self.assertNumQueries(6):
                self.client.get(self.url, query)

    def test_an_index_answers_each_way(self) -> None:
        self.make(*((f"Film {n:03}", {"year": 2000}, ["dvd"]) for n in range(60)))
        common, rare = {"attr.year": "1990..2010"}, {"attr.director": "Ridley Scott"}
        for query, table, keys in (
            (common, "catalogue_productlisting", {"listing_title", "PRIMARY"}),
            (
                common | {"ordering": "-price"},
                "catalogue_productlisting",
                {"listing_price", "PRIMARY"},
            ),
            (
                rare,
                "catalogue_listedvalue",
                {"listedvalue_value", "listing_unique"},
            ),
        ):
            with self.subTest(query):
                plan = self.plan(query)
                self.assertEqual(plan[0]["table"], table)
                self.assertEqual({row["key"] for row in plan}, keys)
                if query is not rare:
                    self.assertNotIn("filesort", plan[0]["Extra"])

    def plan(self, query: dict[str, str]) -> list[dict[str, str]]:
        """Explain how the ids of a page are found, tables named as in the models."""
        with self.assertNumQueries(5) as captured:
            self.client.get(self.url, query)
        page = captured.captured_queries[3]["sql"]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {page}")
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        names = {"U0": "catalogue_listedvalue", "V0": "catalogue_listedvalue"}
        for row in rows:
            row["table"] = names.get(row["table"], row["table"])
        return rows
