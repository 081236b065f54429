from collections import Counter

from django.test import TransactionTestCase

from catalogue.models import Category, ListingCount, ProductListing
from catalogue.services import (
    recount_listings,
    refresh_listings,
    verify_catalogue,
)
from tests.catalogue.factories import CategoryFactory, ProductFactory
from tests.processes import race

PROCESSES = 8


class TreeRaceTests(TransactionTestCase):
    """Eight processes change the tree at once."""

    def test_tree_and_lists_are_valid_afterwards(self) -> None:
        tops = [CategoryFactory() for _ in range(3)]
        nodes = [CategoryFactory(parent=top) for top in tops for _ in range(2)]
        products = [ProductFactory(categories=[node]).pk for node in nodes]

        calls = [{"seed": seed} for seed in range(PROCESSES)]
        outcomes = race("tests.catalogue.racers.change_tree", calls)

        self.assertEqual([outcome.error for outcome in outcomes], [None] * PROCESSES)
        made = sum((Counter(outcome.value) for outcome in outcomes), Counter())
        self.assertEqual(verify_catalogue(), [])
        self.assertEqual(Category.objects.count(), 9 + made["create"] - made["delete"])
        lists, counts = _lists(), _counts()
        refresh_listings(products)
        recount_listings()
        self.assertEqual(lists, _lists())
        self.assertEqual(counts, _counts())


def _lists() -> list[tuple[int, int]]:
    rows = ProductListing.objects.order_by("product", "scope")
    return list(rows.values_list("product", "scope"))


def _counts() -> dict[int, int]:
    counts = ListingCount.objects.exclude(product_count=0)
    return dict(counts.values_list("scope", "product_count"))
