"""GET /api/search/"""

from contextlib import nullcontext
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase
from rest_framework.test import APIClient, APITestCase

from catalogue.models import AttributeDefinition, Category, Product
from catalogue.services import (
    NewProduct,
    NewVariant,
    create_products,
    refresh_listings,
    update_category,
    update_product,
)
from search.models import FruitlessQuery, Synonym
from tests.catalogue.factories import CategoryFactory, ProductImageFactory
from tests.partner.factories import PartnerFactory
from tests.search.index import drop_index, film, film_type, fresh_index, index_path


class SearchTestCase(APITestCase):
    """Four films that anyone may see, and a hidden one."""

    url = reverse_lazy("search:search")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = film_type()
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.acme = PartnerFactory(code="acme", name="Acme")
        cls.best = PartnerFactory(code="best", name="Best")
        cls.amelie = film(
            "Amélie",
            cls.kind,
            partner=cls.acme,
            categories=[cls.drama],
            attributes={
                "genre": "comedy",
                "year": 2001,
                "director": "Jean-Pierre Jeunet",
            },
        )
        cls.kong = film(
            "King Kong",
            cls.kind,
            partner=cls.best,
            price="4.50",
            num_in_stock=0,
            categories=[cls.war],
            attributes={"genre": "drama", "year": 1933, "colour": False},
        )
        cls.alien = film(
            "Alien",
            cls.kind,
            partner=cls.acme,
            price="14.50",
            attributes={"genre": "drama", "director": "Stephen King", "year": 1979},
        )
        cls.brazil = film(
            "Brazil",
            cls.kind,
            description="The king\u2019s dystopia, a comedy",
            attributes={"colour": True},
        )
        cls.hidden = film("Hidden King", cls.kind, partner=cls.acme, is_public=False)

    def setUp(self) -> None:
        fresh_index()

    def search(self, status: int = 200, **query: object) -> dict[str, Any]:
        query = {name.replace("attr_", "attr."): each for name, each in query.items()}
        told = self.assertLogs("search.selectors") if status == 503 else nullcontext()
        with told:
            answer = self.client.get(f"{self.url}?{urlencode(query, doseq=True)}")
        self.assertEqual(answer.status_code, status, answer.content)
        return answer.json()

    def titles(self, **query: object) -> list[str]:
        body = self.search(**query)
        titles = [row["title"] for row in body["results"]]
        self.assertEqual(body["count"], len(titles))
        return titles

    def values(self, code: str, **query: object) -> dict[str, int]:
        """Return a facet's values with their numbers."""
        (facet,) = self.search(facets=code, **query)["facets"]
        self.assertEqual(facet["code"], code)
        return {each["value"]: each["count"] for each in facet["values"]}


class WordTests(SearchTestCase):
    """What words find"""

    def test_whole_answer(self) -> None:
        image = ProductImageFactory(product=self.amelie)
        body = self.search(q="amelie", facets="attr.genre")
        (row,) = body["results"]
        self.assertGreater(row.pop("score"), 0)
        listed = self.client.get(f"/api/product/?id={self.amelie.pk}").json()
        self.assertEqual(listed["results"], [row])
        self.assertEqual(row["image"]["id"], image.pk)
        genre = {"value": "comedy", "label": "Comedy", "count": 1, "level": 0}
        self.assertEqual(
            body,
            {
                "count": 1,
                "next": None,
                "previous": None,
                "results": [row],
                "facets": [{"code": "attr.genre", "name": "Genre", "values": [genre]}],
                "suggestion": None,
            },
        )

    def test_title_counts_more_than_director_and_that_than_description(self) -> None:
        for query in ("king", "KINGS", "king's"):
            self.assertEqual(self.titles(q=query), ["King Kong", "Alien", "Brazil"])

    def test_a_word_counts_more_in_a_short_title(self) -> None:
        film("Kong, his island and whoever came there", self.kind)
        film("Kong", self.kind, description="An ape " * 100)
        fresh_index()
        titles = ["Kong", "King Kong", "Kong, his island and whoever came there"]
        self.assertEqual(self.titles(q="kong"), titles)

    def test_accents_count_neither_here_nor_there(self) -> None:
        film("Œuvre", self.kind)
        film("Vent dans l'eau", self.kind)
        fresh_index()
        self.assertEqual(self.titles(q="AMELIE"), ["Amélie"])
        self.assertEqual(self.titles(q="ämeliè"), ["Amélie"])
        self.assertEqual(self.titles(q="oeuvre"), ["Œuvre"])
        self.assertEqual(self.titles(q="l\u2019eau"), ["Vent dans l'eau"])

    def test_every_word_must_be_there(self) -> None:
        self.assertEqual(self.titles(q="king stephen"), ["Alien"])
        self.assertEqual(self.titles(q="jean-pierre"), ["Amélie"])

    def test_a_phrase_is_words_side_by_side(self) -> None:
        self.assertEqual(self.titles(q='"king kong"'), ["King Kong"])
        self.assertEqual(self.titles(q='"kong king"'), [])
        self.assertEqual(self.titles(q='"kong stephen"'), [])

    def test_a_phrase_does_not_reach_into_another_field(self) -> None:
        self.assertEqual(self.titles(q='"kong drama"'), [])

    def test_unwanted_words(self) -> None:
        self.assertEqual(self.titles(q="king -kong"), ["Alien", "Brazil"])
        self.assertEqual(self.titles(q='-king -"jean pierre"'), [])

    def test_category_and_sku_find_too(self) -> None:
        self.assertEqual(self.titles(q="war"), ["King Kong"])
        self.assertEqual(self.titles(q='"sku king kong"'), ["King Kong"])

    def test_a_typo_finds_what_was_meant(self) -> None:
        body = self.search(q="Amelei jeunett", facets="attr.genre")
        self.assertEqual(body["suggestion"], "amelie jeunet")
        self.assertEqual([row["title"] for row in body["results"]], ["Amélie"])
        self.assertEqual(body["facets"][0]["values"][0]["value"], "comedy")

    def test_a_typo_is_put_right_where_it_stands(self) -> None:
        body = self.search(q='"kng kongg" -alien')
        self.assertEqual(body["suggestion"], '"king kong" -alien')
        self.assertEqual([row["title"] for row in body["results"]], ["King Kong"])

    def test_no_suggestion_where_nothing_is_near(self) -> None:
        body = self.search(q="qqqqqqqq")
        self.assertEqual((body["count"], body["suggestion"]), (0, None))

    def test_words_of_hidden_products_are_not_suggested(self) -> None:
        self.assertEqual(self.search(q="hiddn")["suggestion"], None)
        film("Rosebud", self.kind)
        fresh_index()
        self.assertEqual(self.search(q="rosebad")["suggestion"], "rosebud")
        Product.objects.get(title="Rosebud").delete()
        fresh_index()
        self.assertEqual(self.search(q="rosebad")["suggestion"], None)

    def test_synonyms_work_from_the_next_search_on(self) -> None:
        self.assertEqual(self.titles(q="ape film"), [])
        group = Synonym.objects.create(words="Ape film, great gorilla, Kong")
        for query in ("ape film", '"ape film"', "Great Gorilla", "kong"):
            self.assertEqual(self.titles(q=query), ["King Kong"], query)
        self.assertEqual(self.titles(q="king ape film"), ["King Kong"])
        group.is_active = False
        group.save()
        self.assertEqual(self.titles(q="ape film"), [])


class FilterTests(SearchTestCase):
    """What filters keep, in which order"""

    def test_without_words_every_product_by_title(self) -> None:
        self.assertEqual(self.titles(), ["Alien", "Amélie", "Brazil", "King Kong"])

    def test_filters(self) -> None:
        for query, found in (
            ({"category": "drama"}, ["Amélie", "King Kong"]),
            ({"category": self.war.pk}, ["King Kong"]),
            ({"partner": "acme"}, ["Alien", "Amélie"]),
            ({"partner": ["acme", self.best.pk]}, ["Alien", "Amélie", "King Kong"]),
            ({"in_stock": "true"}, ["Alien", "Amélie"]),
            ({"in_stock": "false"}, ["Brazil", "King Kong"]),
            ({"price_min": "9.90"}, ["Alien", "Amélie"]),
            ({"price_min": "9.901"}, ["Alien"]),
            ({"price_max": "9.90"}, ["Amélie", "King Kong"]),
            ({"price_max": "9.899"}, ["King Kong"]),
            ({"price_min": "5", "price_max": "10"}, ["Amélie"]),
            ({"price_max": "100"}, ["Alien", "Amélie", "King Kong"]),
            ({"attr_genre": "drama"}, ["Alien", "King Kong"]),
            ({"attr_genre": ["drama", "comedy"]}, ["Alien", "Amélie", "King Kong"]),
            ({"attr_genre": "war"}, []),
            ({"attr_director": "Stephen King"}, ["Alien"]),
            ({"attr_director": "stephen king"}, []),
            ({"attr_year": "1979"}, ["Alien"]),
            ({"attr_year": "1930..1980"}, ["Alien", "King Kong"]),
            ({"attr_colour": "true"}, ["Brazil"]),
            ({"attr_genre": "drama", "partner": "acme"}, ["Alien"]),
            ({"q": "king", "attr_genre": "drama"}, ["King Kong", "Alien"]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.titles(**query), found)

    def test_prices_are_looked_up_in_a_column_where_few_match(self) -> None:
        both = {"comedy": 1, "drama": 1}
        for looks in (0, 10**9):  # any number is few, then none is
            fresh_index()  # and nothing is remembered
            for query, found, genres in (
                ({"price_min": "9.90"}, ["Alien", "Amélie"], both),
                ({"price_max": "9.90"}, ["Amélie", "King Kong"], both),
                ({"price_min": "5", "price_max": "10"}, ["Amélie"], {"comedy": 1}),
                ({"price_min": "0"}, ["Alien", "Amélie", "King Kong"], {"drama": 2}),
                ({"price_max": "1"}, [], {}),
                ({"q": "king", "price_min": "5"}, ["Alien"], {"drama": 1}),
            ):
                with (
                    self.subTest(looks=looks, query=query),
                    patch("search.reading.LOOKS", looks),
                ):
                    self.assertEqual(self.titles(**query), found)
                    values = self.values("attr.genre", **query)
                    self.assertEqual(values, values | genres)
                    self.assertEqual(sum(values.values()), len(found))

    def test_orders(self) -> None:
        for year, product in enumerate((self.alien, self.brazil, self.kong), 2001):
            moment = f"{year}-01-01T00:00:00Z"
            Product.objects.filter(pk=product.pk).update(created_at=moment)
        refresh_listings(Product.objects.values_list("pk", flat=True))
        fresh_index()
        for ordering, found in (
            ("title", ["Alien", "Amélie", "Brazil", "King Kong"]),
            ("-title", ["King Kong", "Brazil", "Amélie", "Alien"]),
            ("price", ["King Kong", "Amélie", "Alien", "Brazil"]),
            ("-price", ["Alien", "Amélie", "King Kong", "Brazil"]),
            ("newest", ["Amélie", "King Kong", "Brazil", "Alien"]),
            ("-newest", ["Alien", "Brazil", "King Kong", "Amélie"]),
            ("relevance", ["Amélie", "King Kong", "Alien", "Brazil"]),
        ):
            with self.subTest(ordering=ordering):
                self.assertEqual(self.titles(ordering=ordering), found)

    def test_pages(self) -> None:
        body = self.search(page=2, page_size=3)
        self.assertEqual((body["count"], len(body["results"])), (4, 1))
        self.assertIn("page_size=3", body["previous"])
        self.search(404, page=3, page_size=3)

    def test_fields(self) -> None:
        row = self.search(q="amelie", fields="title,id")["results"][0]
        self.assertEqual(row, {"id": self.amelie.pk, "title": "Amélie"})


class FacetTests(SearchTestCase):
    """Numbers of products by property"""

    def test_categories_in_tree_order_with_those_below(self) -> None:
        (facet,) = self.search(facets="category")["facets"]
        self.assertEqual(
            facet,
            {
                "code": "category",
                "name": "Category",
                "values": [
                    {"value": f"{row.pk}", "label": row.name, "count": n, "level": deep}
                    for row, n, deep in ((self.drama, 2, 0), (self.war, 1, 1))
                ],
            },
        )

    def test_every_page_has_the_same_numbers(self) -> None:
        for query in ({"q": "king"}, {"price_min": 1}, {}):
            whole = self.search(facets="category,attr.genre", **query)
            for number, row in enumerate(whole["results"], start=1):
                page = self.search(
                    facets="category,attr.genre", page=number, page_size=1, **query
                )
                self.assertEqual(page["results"], [row])
                self.assertEqual(page["facets"], whole["facets"])
                self.assertEqual(page["count"], whole["count"])

    def test_hidden_category_is_not_shown(self) -> None:
        Category.objects.filter(pk=self.war.pk).update(is_public=False)
        self.assertEqual(self.values("category"), {f"{self.drama.pk}": 2})

    def test_partners(self) -> None:
        counted = {f"{self.acme.pk}": 2, f"{self.best.pk}": 1}
        self.assertEqual(self.values("partner"), counted)

    def test_attributes(self) -> None:
        self.assertEqual(self.values("attr.genre"), {"drama": 2, "comedy": 1})
        self.assertEqual(self.values("attr.colour"), {"true": 1, "false": 1})
        self.assertEqual(
            self.values("attr.year"), dict.fromkeys(("1933", "1979", "2001"), 1)
        )

    def test_price_bands_are_what_the_filters_take(self) -> None:
        bands = self.values("price")
        self.assertEqual(bands, {"0.00-4.99": 1, "5.00-9.99": 1, "10.00-14.99": 1})
        for band, count in bands.items():
            low, high = band.split("-")
            self.assertEqual(len(self.titles(price_min=low, price_max=high)), count)

    def test_the_dearest_band_has_no_end(self) -> None:
        film("Epic", self.kind, partner=self.acme, price="99.00")
        fresh_index()
        self.assertEqual(self.values("price", price_min=20), self.values("price"))
        self.assertEqual(self.values("price")["20.00-"], 1)

    def test_a_facet_counts_as_if_nothing_of_it_were_chosen(self) -> None:
        chosen = {"attr_genre": "drama"}
        self.assertEqual(self.values("attr.genre", **chosen), {"drama": 2, "comedy": 1})
        self.assertEqual(self.values("attr.year", **chosen), {"1933": 1, "1979": 1})
        self.assertEqual(
            self.values("category", category="war"),
            {f"{self.drama.pk}": 2, f"{self.war.pk}": 1},
        )
        self.assertEqual(len(self.values("partner", partner="acme")), 2)

    def test_facets_obey_words_and_the_other_filters(self) -> None:
        self.assertEqual(self.values("attr.genre", q="king"), {"drama": 2})
        self.assertEqual(self.values("attr.genre", partner="best"), {"drama": 1})

    def test_counts_are_exact_beyond_a_thousand(self) -> None:
        self.many(1200)
        fresh_index()
        self.assertEqual(self.values("attr.genre")["war"], 1200)
        self.assertEqual(self.search(page_size=1)["count"], 1204)

    def many(self, number: int) -> None:
        rows = [
            NewProduct(
                title=f"War {at}",
                variants=[NewVariant(sku=f"w{at}")],
                attributes={"genre": "war"},
            )
            for at in range(number)
        ]
        create_products(rows, product_type=self.kind)


class HonestyTests(SearchTestCase):
    """What a search says while the index is behind, or gone"""

    def test_hidden_product_is_gone_before_the_index_knows(self) -> None:
        self.assertEqual(self.values("attr.genre"), {"drama": 2, "comedy": 1})
        update_product(self.kong.pk, is_public=False)
        self.assertEqual(self.titles(q="king"), ["Alien", "Brazil"])
        self.assertEqual(self.values("attr.genre"), {"drama": 1, "comedy": 1})

    def test_deleted_product_is_gone_before_the_index_knows(self) -> None:
        self.brazil.delete()
        self.assertEqual(self.titles(q="king"), ["King Kong", "Alien"])

    def test_drifted_index_shows_nothing_hidden(self) -> None:
        Product.objects.filter(pk=self.alien.pk).update(is_public=False)
        self.assertEqual(self.titles(q="king"), ["King Kong", "Brazil"])

    def test_without_an_index_search_alone_fails(self) -> None:
        drop_index()
        body = self.search(503, q="king")
        self.assertEqual(body["code"], "search-unavailable")
        with self.assertLogs("search.selectors"):
            answer = self.client.get(f"{self.url}suggest/?q=king")
        with self.assertNoLogs("search"):
            ready = self.client.get("/health/ready")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer["Retry-After"], "30")
        self.assertEqual(self.client.get("/api/product/").status_code, 200)
        self.assertEqual(ready.status_code, 200)
        self.assertEqual(ready.json()["status"], "degraded")
        self.assertEqual(ready.json()["checks"]["search"], "failed")

    def test_broken_index_fails_in_the_same_way(self) -> None:
        for path in index_path().glob("generation-*/*.glass"):
            path.write_bytes(b"not a table")
        self.assertEqual(self.search(503, q="king")["code"], "search-unavailable")

    def test_index_of_another_layout_is_not_read(self) -> None:
        with patch("search.engine.LAYOUT", "0"):
            fresh_index()
        self.assertEqual(self.search(503)["code"], "search-unavailable")

    def test_renamed_category_finds_its_products(self) -> None:
        update_category(self.war, name="Battle")
        fresh_index()
        self.assertEqual(self.titles(q="battle"), ["King Kong"])


class QueryCountTests(SearchTestCase):
    """Statements of one search"""

    def test_the_same_for_any_number_of_rows(self) -> None:
        query = {
            "q": "king",
            "category": "drama",
            "facets": "category,partner,price,attr.genre",
        }
        film("King One", self.kind, partner=self.best, categories=[self.war])
        self.statements(query)  # a first answer makes the schema it is held against
        few = self.statements(query)
        for number in range(8):
            title = f"King {number}"
            film(title, self.kind, partner=self.acme, categories=[self.war])
        many = self.statements(query)
        self.assertEqual(few, many)
        # Definitions, category, synonyms, what is hidden, rows without pictures,
        # and names of categories and partners.
        self.assertEqual(many, 7)

    def statements(self, query: dict[str, str]) -> int:
        fresh_index()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            self.assertTrue(self.search(**query)["results"])
        return len(captured)


class BadInputTests(SearchTestCase):
    """What is refused, and where"""

    def test_faults_name_their_place(self) -> None:
        for query, pointer, code in (
            ({"nonsense": "1"}, "nonsense", "unknown-parameter"),
            ({"q": "a" * 201}, "q", "max-length"),
            ({"q": "a\x00b"}, "q", "invalid-character"),
            ({"category": "nowhere"}, "category", "does-not-exist"),
            ({"category": ["drama", "x"]}, "category", "does-not-exist"),
            ({"partner": "nobody"}, "partner", "does-not-exist"),
            ({"price_min": "cheap"}, "price_min", "invalid"),
            ({"price_min": "-1"}, "price_min", "min-value"),
            ({"price_max": "1e30"}, "price_max", "max-digits"),
            ({"in_stock": "maybe"}, "in_stock", "invalid"),
            ({"ordering": "colour"}, "ordering", "invalid-choice"),
            ({"facets": "category,attr.director"}, "facets", "unknown-facet"),
            ({"facets": "shoe"}, "facets", "unknown-facet"),
            ({"attr_shoe": "1"}, "attr.shoe", "unknown-attribute"),
            ({"attr_genre": "western"}, "attr.genre", "invalid"),
            ({"attr_year": "soon"}, "attr.year", "invalid"),
            ({"attr_year": "2000..1999"}, "attr.year", "invalid-range"),
            ({"attr_year": "1..99999"}, "attr.year", "invalid-range"),
            ({"attr_year": ".."}, "attr.year", "invalid-range"),
            ({"attr_colour": "red"}, "attr.colour", "invalid"),
            ({"attr_genre": ["war"] * 51}, "attr.genre", "too-many"),
            ({"page_size": "0"}, "page_size", "invalid"),
            ({"fields": "shoe"}, "fields", "unknown-field"),
        ):
            with self.subTest(query=query):
                (fault,) = self.search(400, **query)["errors"]
                self.assertEqual(fault["pointer"], f"#/query/{pointer}")
                self.assertEqual(fault["code"], code)

    def test_other_methods_are_refused(self) -> None:
        self.assertEqual(self.client.post(self.url, {}).status_code, 405)


class FruitlessTests(SearchTestCase):
    """Queries without results are counted"""

    def counted(self) -> dict[str, int]:
        return dict(FruitlessQuery.objects.values_list("query", "count"))

    def test_one_row_for_each_query(self) -> None:
        for query in ("Blåde  Runner!", "blade runner", "king"):
            self.search(q=query)
        self.assertEqual(self.counted(), {"blade runner": 2})

    def test_a_typo_counts_as_fruitless(self) -> None:
        self.search(q="amelei")
        self.assertEqual(self.counted(), {"amelei": 1})

    def test_what_may_be_personal_is_not_kept(self) -> None:
        for query in ("me@example.com", "+44 20 7946 0958", "0123456", "-x", "!"):
            self.search(q=query)
        self.assertEqual(self.counted(), {})


class HostileTests(PropertyTestCase):
    """No text is ever syntax, and none is a 500"""

    @classmethod
    def setUpTestData(cls) -> None:
        kind = film_type()
        film("King Kong", kind)
        film("Œuvre ﬃ 東京 İstanbul", kind)
        AttributeDefinition.objects.update(is_facet=True)

    def setUp(self) -> None:
        fresh_index()

    @settings(max_examples=200)
    @given(
        st.text(max_size=60)
        | st.lists(
            st.sampled_from(
                [
                    "king",
                    '"',
                    "-",
                    "*",
                    "AND",
                    "OR",
                    "NOT",
                    "(",
                    ")",
                    "title:",
                    "~2",
                    "..",
                    "XT:",
                    "Q1",
                    "\\",
                    "^9",
                    "NEAR/2",
                    "kong",
                    "İ",
                    "ﬃ",
                    "'s",
                    "%",
                ]
            ),
            max_size=12,
        ).map(" ".join)
    )
    def test_any_text_is_answered(self, text: str) -> None:
        for name in ("q", "attr.director", "attr.year", "facets", "category", "page"):
            answer = APIClient().get("/api/search/", {name: text})
            self.assertIn(answer.status_code, (200, 400, 404), (name, answer.content))
        answer = APIClient().get("/api/search/suggest/", {"q": text})
        self.assertIn(answer.status_code, (200, 400), answer.content)

    def test_syntax_of_engines_is_only_words(self) -> None:
        for query in ("k*", "king OR nothing", "title:kong king", "Q1", "XT:king"):
            body = APIClient().get("/api/search/", {"q": query}).json()
            self.assertEqual(body["count"], 0, query)


class PriceTests(SearchTestCase):
    """Prices are compared as numbers, and as the price list has them"""

    def test_not_as_text(self) -> None:
        film("Dear", self.kind, partner=self.acme, price="100.00")
        fresh_index()
        self.assertNotIn("Dear", self.titles(price_max="14.50"))
        dearest = self.search(ordering="-price")["results"][0]
        self.assertEqual(Decimal(dearest["price_from"]), Decimal("100.00"))
