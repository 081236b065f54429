from django.contrib import admin
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.address.factories import AddressFactory
from tests.catalogue.factories import CategoryFactory
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.reviews.factories import ReviewFactory
from tests.staff.copies import fill_up
from tests.staff.matrix import ROOT
from tests.staff.rows import make_shop
from tests.users.factories import create_token

FEW, MANY = 4, 20
SHORT, LONG = 10, 1000


def make_rows(count: int) -> None:
    """Store more of what a shop has many of: orders with all they bring, and people."""
    for _ in range(count):
        delivered((make_offer(num_in_stock=3), 1))
        CategoryFactory()
        ReviewFactory()
        AddressFactory()
        create_token()


class CountingTestCase(TestCase):
    """Tests that count what pages ask the database"""

    def setUp(self) -> None:
        self.client.force_login(self.boss)

    def counts(self, pages: dict[str, str]) -> dict[str, int]:
        """Return how often each page asks."""
        counted = {}
        for name, path in pages.items():
            with CaptureQueriesContext(connection) as queries:
                answer = self.client.get(path)
                counted[name] = len(queries)
            self.assertEqual(answer.status_code, 200, path)
        return counted

    def assert_same(self, few: dict[str, int], many: dict[str, int]) -> None:
        grown = {
            name: (few[name], many[name]) for name in few if few[name] != many[name]
        }
        self.assertEqual(grown, {})


class QueryCountTests(CountingTestCase):
    """The admin asks as often for many rows as for few, each with what belongs to it"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = make_shop().readers[ROOT]
        make_rows(FEW)

    def pages(self) -> dict[str, str]:
        """Return the list, and the page of the first row, of every model."""
        found = {}
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            label = model._meta.label
            found[f"{label} list"] = reverse(f"{name}_changelist")
            if (row := model.objects.order_by("pk").first()) is not None:
                found[f"{label} page"] = reverse(f"{name}_change", args=[row.pk])
        return found

    def test_lists_and_pages(self) -> None:
        pages = self.pages()
        self.counts(pages)  # what is read once a process
        few = self.counts(pages)
        make_rows(MANY - FEW)
        self.assert_same(few, self.counts(pages))


class LongListTests(CountingTestCase):
    """Every list of the admin asks as often for a thousand rows as for ten"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = make_shop().readers[ROOT]

    def counts_with(self, total: int) -> dict[str, int]:
        lists = {}
        for model in admin.site._registry:
            fill_up(model, total)
            name = f"{model._meta.app_label}_{model._meta.model_name}"
            lists[model._meta.label] = reverse(f"admin:{name}_changelist")
        return self.counts(lists)

    def test_ten_and_a_thousand_rows(self) -> None:
        self.counts_with(SHORT)  # what is read once a process
        self.assert_same(self.counts_with(SHORT), self.counts_with(LONG))
