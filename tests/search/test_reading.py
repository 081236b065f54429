"""Whichever way a search goes, it finds and counts what the database has."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from unittest.mock import patch

from django.test import TestCase

from catalogue.models import Category, ProductType
from catalogue.services import update_product
from partner.models import Partner
from search import reading
from search.documents import band_of
from search.matching import Found, find_products
from search.requests import SearchRequest
from search.services import follow_changes
from search.text import read_clauses
from tests.catalogue.factories import CategoryFactory
from tests.partner.factories import PartnerFactory
from tests.search.index import film, film_type, fresh_index

WORDS = ("king", "kong", "ape")
GENRES = ("drama", "comedy", "war")
FACETS = ("category", "partner", "price", "attr.genre", "attr.year")


@dataclass(frozen=True)
class Film:
    """What a product was made of."""

    words: frozenset[str]
    values: Mapping[str, Sequence[str]]
    price: int | None
    pk: int = 0

    def fits(self, wanted: SearchRequest, left_out: str = "") -> bool:
        """Tell whether a request finds it, one facet's filter left out."""
        for clause in read_clauses(wanted.query):
            if clause.is_unwanted == self.words.issuperset(clause.words):
                return False
        chosen = {
            "category": [str(pk) for pk in wanted.categories],
            "partner": [str(pk) for pk in wanted.partners],
            **{
                f"attr.{code}": [term.partition("=")[2] for term in terms]
                for code, terms in wanted.attributes.items()
            },
        }
        for name, values in chosen.items():
            if values and name != left_out and not {*values} & {*self.values[name]}:
                return False
        ends = wanted.price_min, wanted.price_max
        if left_out == "price" or ends == (None, None):
            return True
        lowest, highest = wanted.price_min or 0, wanted.price_max or 10**9
        return self.price is not None and lowest <= self.price <= highest


def ask(wanted: SearchRequest, hidden: Sequence[int] = ()) -> Found:
    """Search past what is remembered of whole answers."""
    return find_products(wanted, read_clauses(wanted.query), (), hidden)


class ReadingTestCase(TestCase):
    """Films with everything that can be filtered and counted"""

    kind: ClassVar[ProductType]
    films: ClassVar[list[Film]]
    categories: ClassVar[list[Category]]
    partners: ClassVar[list[Partner]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.random = random.Random(3)  # noqa: S311 - the same each time
        cls.kind = film_type()
        top = CategoryFactory()
        cls.categories = [top, CategoryFactory(parent=top), CategoryFactory()]
        cls.partners = PartnerFactory.create_batch(2)
        cls.films = [cls.make(number) for number in range(40)]

    @classmethod
    def make(cls, number: int) -> Film:
        pick = cls.random.choice
        words = frozenset(cls.random.sample(WORDS, pick((1, 2, 3))))
        category, partner = pick([*cls.categories, None]), pick([*cls.partners, None])
        price = pick((300, 700, 1500, 9900)) if partner else None
        told: dict[str, Any] = {"genre": pick(GENRES), "year": 1900 + number % 30}
        if number % 5 == 0:
            told.clear()
        product = film(
            f"{' '.join(sorted(words))} {number}",
            cls.kind,
            partner=partner,
            price=f"{price / 100:.2f}" if price else None,
            categories=[category] if category else [],
            attributes=told,
        )
        above = {category, category.parent} - {None} if category else ()
        values = {
            "category": [str(each.pk) for each in above],
            "partner": [str(partner.pk)] if partner else [],
            "price": [band_of(price)] if price else [],
            "attr.genre": [told["genre"]] if told else [],
            "attr.year": [str(told["year"])] if told else [],
        }
        return Film(words, values, price, product.pk)

    def setUp(self) -> None:
        fresh_index()
        for name, value in (("FEWEST_OF_ONE", 0), ("LOOKS", 0)):
            patched = patch.object(reading, name, value)
            patched.start()
            self.addCleanup(patched.stop)

    def request(self) -> SearchRequest:
        """Think of a search."""
        some = self.random.random
        pick = self.random.choice
        query = " ".join(
            f"{'-' if some() < 0.2 else ''}{word}" for word in WORDS if some() < 0.4
        )
        attributes: dict[str, list[str]] = {}
        if some() < 0.4:
            attributes["genre"] = [f"genre={pick(GENRES)}", "genre=war"]
        if some() < 0.2:
            attributes["year"] = [f"year={1900 + year}" for year in range(12)]
        return SearchRequest(
            query=query,
            categories=[pick(self.categories).pk] if some() < 0.4 else [],
            partners=[pick(self.partners).pk] if some() < 0.4 else [],
            attributes=attributes,
            price_min=pick((None, 500)),
            price_max=pick((None, 2000)),
            facets=[name for name in FACETS if some() < 0.6],
            ordering=pick(("", "title", "-price")),
            limit=100,
        )


class EqualityTests(ReadingTestCase):
    """Sixty searches"""

    def assert_right(self, wanted: SearchRequest, found: Found) -> None:
        expected = {film.pk for film in self.films if film.fits(wanted)}
        self.assertEqual({pk for pk, _ in found.matches}, expected)
        self.assertEqual((found.count, len(found.matches)), (len(expected),) * 2)
        for name, counts in found.facets.items():
            values = [
                value
                for film in self.films
                if film.fits(wanted, left_out=name)
                for value in film.values[name]
            ]
            self.assertEqual(dict(counts), Counter(values), name)

    def test_in_every_way(self) -> None:
        for number in range(60):
            wanted = self.request()
            answers = []
            for looks, fewest in ((0, 0), (0, 10**9), (10**9, 0), (10**9, 10**9)):
                with (
                    self.subTest(number, looks=looks, fewest=fewest, wanted=wanted),
                    patch.object(reading, "LOOKS", looks),
                    patch.object(reading, "FEWEST_OF_ONE", fewest),
                ):
                    for _ in range(2):  # the second is remembered
                        answers.append(ask(wanted))
                        self.assert_right(wanted, answers[-1])
                    few = replace(wanted, start=1, limit=3)
                    page = ask(few).matches
                    self.assertEqual(_rounded(page), _rounded(answers[-1].matches[1:4]))
            orders = {tuple(_rounded(each.matches)) for each in answers}
            self.assertEqual(len(orders), 1, wanted)


class RememberedTests(ReadingTestCase):
    """Whoever narrows a search does not match again"""

    def matched(self, wanted: SearchRequest) -> int:
        """Return how often all that matches has been found."""
        find = reading.Reading._match
        with patch.object(reading.Reading, "_match", autospec=True) as spy:
            spy.side_effect = find
            ask(wanted)
        return spy.call_count

    def test_once_for_all_that_lies_in_columns(self) -> None:
        wanted = SearchRequest(query="kong", facets=FACETS, limit=5)
        narrower = replace(
            wanted,
            categories=[self.categories[0].pk],
            attributes={"genre": ["genre=drama"]},
            price_max=2000,
        )
        self.assertEqual(self.matched(narrower), 1)  # for each facet of them, too
        self.assertEqual(self.matched(wanted), 0)
        self.assertEqual(self.matched(replace(narrower, price_max=900)), 0)
        self.assertEqual(self.matched(replace(wanted, start=5)), 0)
        self.assertEqual(self.matched(replace(wanted, query="king")), 1)
        self.assertEqual(self.matched(replace(wanted, ordering="price")), 1)
        self.assertEqual(self.matched(replace(wanted, in_stock=True)), 1)

    def test_until_the_index_changes(self) -> None:
        wanted = SearchRequest(query="kong", facets=("attr.genre",), limit=100)
        before = ask(wanted)
        pk = before.matches[0][0]
        update_product(pk, is_public=False)
        self.assertEqual(self.matched(wanted), 0)
        follow_changes()
        after = ask(wanted)
        self.assertEqual(after.count, before.count - 1)
        self.assertNotIn(pk, [each for each, _ in after.matches])

    def test_what_is_hidden_is_left_out_at_once(self) -> None:
        wanted = SearchRequest(query="kong", facets=("partner",), limit=100)
        before = ask(wanted)
        pk = before.matches[0][0]
        hidden = ask(wanted, hidden=[pk])
        self.assertEqual([*hidden.matches], [*before.matches[1:]])
        self.assertLessEqual(
            sum(dict(hidden.facets["partner"]).values()),
            sum(dict(before.facets["partner"]).values()),
        )

    def test_nothing_of_a_newer_commit_is_mixed_in(self) -> None:
        """A search that began before a commit goes on with what was."""
        wanted = SearchRequest(query="kong", facets=("attr.genre",), limit=100)
        before = ask(wanted)
        weigh = reading.Reading._weigh

        def after_a_commit(self: Any, *arguments: Any) -> Any:  # noqa: ANN401
            update_product(before.matches[0][0], is_public=False)
            follow_changes()
            return weigh(self, *arguments)

        with patch.object(reading.Reading, "_weigh", after_a_commit):
            during = ask(wanted)
        self.assertEqual(during.count, before.count)
        self.assertEqual(during.facets, before.facets)
        self.assertEqual(ask(wanted).count, before.count - 1)

    def test_no_more_than_there_is_room_for(self) -> None:
        with (
            patch.object(reading, "MOST_OF_ONE", 1),
            patch.object(reading._MATCHED, "keep") as keep,
        ):
            ask(SearchRequest(query="kong", facets=("partner",)))
        keep.assert_not_called()


def _rounded(matches: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(pk, round(score, 6)) for pk, score in matches]
