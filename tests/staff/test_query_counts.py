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
from tests.staff.matrix import ROOT
from tests.staff.rows import make_shop
from tests.users.factories import create_token

FEW, MANY = 4, 20


def make_rows(count: int) -> None:
    """Store more of what a shop has many of: orders with all they bring, and people."""
    for _ in range(count):
        delivered((make_offer(num_in_stock=3), 1))
        CategoryFactory()
        ReviewFactory()
        AddressFactory()
        create_token()


class QueryCountTests(TestCase):
    """The admin asks the database as often for many rows as for few"""

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

    def counts(self, pages: dict[str, str]) -> dict[str, int]:
        counted = {}
        for name, path in pages.items():
            with CaptureQueriesContext(connection) as queries:
                answer = self.client.get(path)
                counted[name] = len(queries)
            self.assertEqual(answer.status_code, 200, path)
        return counted

    def test_lists_and_pages(self) -> None:
        self.client.force_login(self.boss)
        pages = self.pages()
        self.counts(pages)  # what is read once a process
        few = self.counts(pages)
        make_rows(MANY - FEW)
        many = self.counts(pages)
        grown = {
            name: (few[name], many[name]) for name in few if few[name] != many[name]
        }
        self.assertEqual(grown, {})
