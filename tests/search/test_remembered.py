"""Rows of products that a process remembers, where pages are rendered anew."""

from datetime import timedelta
from unittest.mock import patch

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone

from catalogue.models import Product
from catalogue.services import update_product
from search import pages
from tests.custom.caching.kept import KeptPages
from tests.search.index import film, film_type, fresh_index

SEARCH = "/api/search/?q=kong"


@override_settings(CACHE_SECONDS=timedelta(days=1).total_seconds())
class RememberedRowsTests(KeptPages, TestCase):
    """Two apes"""

    def setUp(self) -> None:
        super().setUp()
        off = override_settings(CACHE_PAGES=False)
        off.enable()
        self.addCleanup(off.disable)
        kind = film_type()
        self.kong = film("King Kong", kind)
        self.son = film("Son of Kong", kind)
        with self.captureOnCommitCallbacks(execute=True):
            fresh_index()

    def titles(self, path: str = SEARCH) -> list[str]:
        """Return what a page shows, in the order of the alphabet."""
        answer = self.client.get(path).json()
        titles = sorted(row["title"] for row in answer["results"])
        self.assertEqual(answer["count"], len(titles))
        return titles

    def test_what_one_search_has_shown_no_other_reads(self) -> None:
        self.titles()
        with self.assertNumQueries(0):
            self.assertEqual(self.titles(), ["King Kong", "Son of Kong"])
            self.assertEqual(self.titles("/api/search/?q=son"), ["Son of Kong"])

    def test_what_is_missing_is_read_with_what_is_known(self) -> None:
        self.titles("/api/search/?q=son")
        with self.assertNumQueries(1):
            self.assertEqual(self.titles(), ["King Kong", "Son of Kong"])

    def test_any_change_is_seen(self) -> None:
        self.titles()
        with self.captureOnCommitCallbacks(execute=True):
            update_product(self.kong.pk, title="Kong, the king")
        self.assertEqual(self.titles(), ["Kong, the king", "Son of Kong"])

    def test_a_row_is_shown_while_its_window_is_open(self) -> None:
        now = timezone.now()
        soon, later = now + timedelta(hours=1), now + timedelta(hours=2)
        Product.objects.filter(pk=self.kong.pk).update(publish_until=soon)
        Product.objects.filter(pk=self.son.pk).update(publish_from=soon)
        both = ["King Kong", "Son of Kong"]
        with time_machine.travel(now, tick=False):
            self.assertEqual(self.titles(), both[:1])
        for moment, shown in (
            (soon - timedelta(microseconds=1), both[:1]),
            (soon, both[1:]),
            (later, both[1:]),
        ):
            with time_machine.travel(moment, tick=False):
                self.assertEqual(self.titles(), shown)
        with self.assertNumQueries(0), time_machine.travel(later, tick=False):
            self.titles()

    def test_no_more_than_so_many_are_known(self) -> None:
        with patch.object(pages, "MOST_PRODUCTS", 1):
            for _ in range(2):
                for path, shown in (
                    ("/api/search/?q=son", ["Son of Kong"]),
                    ("/api/search/?q=king", ["King Kong"]),
                ):
                    self.titles("/api/search/?q=gorilla")  # synonyms and all the rest
                    with self.assertNumQueries(1):
                        self.assertEqual(self.titles(path), shown)
