"""A new index is made beside the one that is searched."""

from unittest.mock import patch

from django.test import TestCase, TransactionTestCase

from catalogue.models import Product, ProductChange
from catalogue.services import announce_changes, update_product
from search.errors import RebuildRunningError, SearchUnavailableError
from search.services import find_drift, follow_changes, rebuild_index
from tests.processes import Running, race
from tests.search.index import (
    contents,
    film,
    film_type,
    found,
    fresh_index,
    index_path,
)


class RebuildTests(TestCase):
    """The old index serves until the new one is complete"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = film_type()
        cls.films = [film(f"Film {number}", cls.kind) for number in range(3)]

    def setUp(self) -> None:
        fresh_index()

    def test_searches_and_changes_go_on_meanwhile(self) -> None:
        first, second, third = self.films

        def meanwhile(written: int) -> None:
            if written != 2:
                return
            self.assertEqual(len(found()), 3)  # what is searched is whole
            update_product(first.pk, title="Written already")
            update_product(third.pk, is_public=False)
            film("Brand new", self.kind)
            follow_changes()
            self.assertEqual(found("already"), [first.pk])

        with patch("search.services.BATCH", 2):
            rebuild_index(meanwhile)
        self.assertEqual(found("already"), [first.pk])
        self.assertEqual(len(found("brand new")), 1)
        self.assertNotIn(third.pk, found())
        self.assertIn(second.pk, found())
        self.assertFalse(find_drift())

    def test_changes_that_it_has_read_are_forgotten(self) -> None:
        announce_changes([product.pk for product in self.films])
        rebuild_index()
        self.assertEqual(ProductChange.objects.count(), 0)

    def test_a_failure_leaves_the_old_index(self) -> None:
        def fail(_written: int) -> None:
            raise ZeroDivisionError

        with self.assertLogs("search"), self.assertRaises(SearchUnavailableError):
            rebuild_index(fail)
        self.assertEqual(len(found()), 3)
        rebuild_index()
        self.assertEqual(len(list(index_path().glob("generation-*"))), 2)
        self.assertEqual(len(found()), 3)

    def test_a_failure_leaves_nothing_else_behind(self) -> None:
        for step in ("merge", "adopt", "switch"):
            with (
                self.subTest(step),
                patch(f"search.storage.Storage.{step}", side_effect=OSError),
                self.assertLogs("search"),
                self.assertRaises(SearchUnavailableError),
            ):
                rebuild_index()
            left = {each.name.split("-")[0] for each in index_path().iterdir()}
            self.assertLessEqual(
                left, {"current", "generation", "lockfile", "rebuild.lock"}
            )
            self.assertEqual(len(list(index_path().glob("generation-*"))), 1)
            update_product(self.films[0].pk, title=f"After {step}")
            follow_changes()
            self.assertEqual(found(f'"after {step}"'), [self.films[0].pk])

    def test_one_at_a_time(self) -> None:
        def again(_written: int) -> None:
            with self.assertRaises(RebuildRunningError):
                rebuild_index()

        rebuild_index(again)


class RaceTests(TransactionTestCase):
    """Processes that write at once, and one that dies"""

    def setUp(self) -> None:
        kind = film_type()
        for number in range(6):
            film(f"Film {number}", kind)
        fresh_index()

    def test_writers_take_turns_and_nothing_is_lost(self) -> None:
        target = "tests.search.racers.rename_and_follow"
        outcomes = race(target, [{"number": number} for number in range(4)])
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        self.assertEqual(ProductChange.objects.count(), 0)
        self.assertFalse(find_drift())

    def test_of_rebuilds_at_once_the_first_goes_through(self) -> None:
        outcomes = race("tests.search.racers.rebuild", [{}] * 3)
        codes = {outcome.code for outcome in outcomes}
        self.assertLessEqual(codes, {None, "rebuild-running"})
        self.assertIn(6, [outcome.value for outcome in outcomes])
        self.assertFalse(find_drift())

    def test_processes_make_the_same_index_as_one(self) -> None:
        first, second, *_ = Product.objects.order_by("pk")
        update_product(second.pk, attributes={"genre": "drama", "year": 1933})
        [rebuilt] = race(
            "tests.search.racers.rebuild_in_parts", [{"size": 2, "rename": first.pk}]
        )
        self.assertEqual((rebuilt.error, rebuilt.value), (None, 6))
        self.assertEqual(found("meanwhile"), [first.pk])
        self.assertFalse(find_drift())
        of_parts = contents()
        fresh_index()
        self.assertEqual(contents(), of_parts)

    def test_a_process_that_fails(self) -> None:
        [outcome] = race("tests.search.racers.fill_nowhere", [{}])
        self.assertEqual(outcome.error, "HaystackError")
        self.assertIn("ended with 1", outcome.detail)

    def test_a_killed_rebuild_leaves_the_old_index_and_no_lock(self) -> None:
        with Running("tests.search.racers.rebuild_and_wait", [{}]) as running:
            running.wait_for("wrote 6")
            self.assertEqual(len(found()), 6)
            with self.assertRaises(RebuildRunningError):
                rebuild_index()
        update_product(Product.objects.first().pk, title="Afterwards")
        follow_changes()
        self.assertEqual(len(found("afterwards")), 1)
        self.assertEqual(rebuild_index(), 6)
        self.assertFalse(find_drift())
