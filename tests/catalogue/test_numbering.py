from datetime import timedelta
from io import StringIO

import time_machine
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from catalogue.errors import SyncExpiredError
from catalogue.models import (
    ChangeCounter,
    NumberedProduct,
    ProductListing,
    UnnumberedChange,
)
from catalogue.querysets import WHOLE_SHOP
from catalogue.services import (
    announce_changes,
    follow_windows,
    number_changes,
    purge_tombstones,
    update_product,
)
from catalogue.sync import Changes, Mark, changes_since
from catalogue.tasks import number_product_changes
from catalogue.windows import PublishWindow
from custom.models import OutboxMessage
from tests.catalogue.factories import ProductFactory


def look(mark: Mark, limit: int = 100) -> Changes:
    return changes_since(mark, ProductListing.objects.in_scope(WHOLE_SHOP), limit)


def look_to_the_end(mark: Mark, limit: int) -> tuple[list[int], list[int], Mark]:
    """Follow a client through all pages: products and deleted ids as they came."""
    products: list[int] = []
    deleted: list[int] = []
    while True:
        changes = look(mark, limit)
        products += changes.product_ids
        deleted += changes.deleted
        mark = changes.mark
        if not changes.has_more:
            return products, deleted, mark


class NumberingTests(TestCase):
    """Numbers of changes, and what they tell a client."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first, cls.second, cls.third = ProductFactory.create_batch(3)
        cls.draft = ProductFactory(is_public=False)
        number_changes()

    def numbers(self) -> dict[int, int]:
        return dict(NumberedProduct.objects.values_list("product", "number"))

    def test_products_are_numbered_in_order_and_drafts_are_not(self) -> None:
        pks = [self.first.pk, self.second.pk, self.third.pk]
        self.assertEqual(self.numbers(), dict(zip(pks, (1, 2, 3), strict=True)))
        self.assertEqual(UnnumberedChange.objects.count(), 0)

    def test_a_change_moves_a_product_to_the_end_once(self) -> None:
        announce_changes([self.first.pk])
        announce_changes([self.first.pk, self.third.pk])
        self.assertEqual(number_changes(), 3)
        self.assertEqual(
            self.numbers(), {self.second.pk: 2, self.first.pk: 4, self.third.pk: 5}
        )
        self.assertEqual(number_changes(), 0)

    def test_what_is_gone_is_told_once(self) -> None:
        _, _, mark = look_to_the_end(Mark(), 100)
        update_product(self.second.pk, is_public=False)
        number_changes()
        changes = look(mark)
        self.assertEqual(changes.product_ids, [])
        self.assertEqual(changes.deleted, [self.second.pk])
        update_product(self.second.pk, title="Still hidden")
        number_changes()
        self.assertEqual(look(changes.mark).count, 0)
        update_product(self.second.pk, is_public=True)
        number_changes()
        self.assertEqual(look(changes.mark).product_ids, [self.second.pk])

    def test_a_change_between_a_window_and_its_lists_hides_neither(self) -> None:
        now = timezone.now()
        until, pk = now + timedelta(seconds=1), self.first.pk
        update_product(pk, window=PublishWindow(None, until))
        number_changes()
        _, _, mark = look_to_the_end(Mark(), 100)
        with time_machine.travel(until, tick=False):
            announce_changes([pk])
            number_changes()
            changes = look(mark)
            self.assertEqual((changes.count, changes.deleted), (1, []))
            follow_windows()
            number_changes()
            self.assertEqual(look(changes.mark).deleted, [pk])

    def test_what_is_deleted_is_told(self) -> None:
        _, _, mark = look_to_the_end(Mark(), 100)
        pk = self.first.pk
        self.first.delete()
        number_changes()
        self.assertEqual(look(mark).deleted, [pk])

    def test_who_begins_is_not_told_what_had_gone(self) -> None:
        self.first.delete()
        number_changes()
        changes = look(Mark())
        self.assertEqual(changes.product_ids, [self.second.pk, self.third.pk])
        self.assertEqual(changes.deleted, [])

    def test_what_goes_while_somebody_begins_is_told(self) -> None:
        changes = look(Mark(), limit=1)
        self.assertEqual(changes.product_ids, [self.first.pk])
        pk = self.first.pk
        self.first.delete()
        number_changes()
        products, deleted, _ = look_to_the_end(changes.mark, limit=1)
        self.assertEqual(products, [self.second.pk, self.third.pk])
        self.assertEqual(deleted, [pk])

    def test_pages_lose_nothing_that_changes_meanwhile(self) -> None:
        changes = look(Mark(), limit=2)
        self.assertEqual((changes.count, changes.has_more), (3, True))
        announce_changes([self.first.pk, self.third.pk])
        number_changes()
        products, _, mark = look_to_the_end(changes.mark, limit=2)
        self.assertEqual(products, [self.first.pk, self.third.pk])
        self.assertEqual(look(mark), Changes([], [], mark, 0, has_more=False))

    def test_a_list_that_is_narrowed_loses_what_leaves_it(self) -> None:
        update_product(self.first.pk, title="Alien")
        number_changes()
        rows = ProductListing.objects.in_scope(WHOLE_SHOP).filter(title="Alien")
        changes = changes_since(Mark(), rows, 100)
        self.assertEqual(changes.product_ids, [self.first.pk])
        self.assertEqual(changes.deleted, [])
        update_product(self.first.pk, title="Brazil")
        number_changes()
        changes = changes_since(changes.mark, rows, 100)
        self.assertEqual((changes.product_ids, changes.deleted), ([], [self.first.pk]))

    def test_the_message_of_a_change_numbers_it(self) -> None:
        OutboxMessage.objects.all().delete()
        announce_changes([self.first.pk])
        path = "catalogue.tasks.number_product_changes"
        message = OutboxMessage.objects.get(handler=path)
        number_product_changes(message)
        self.assertEqual(self.numbers()[self.first.pk], 4)

    def test_many_changes_are_numbered_in_several_transactions(self) -> None:
        UnnumberedChange.objects.bulk_create(
            UnnumberedChange(product=self.first) for _ in range(1200)
        )
        self.assertEqual(number_changes(), 1200)
        self.assertEqual(self.numbers()[self.first.pk], 6)  # once in each of three


@override_settings(SYNC_TOMBSTONE_DAYS=30)
class TombstoneTests(TestCase):
    """Products that are gone for long."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first, cls.second = ProductFactory.create_batch(2)
        number_changes()
        _, _, cls.mark = look_to_the_end(Mark(), 100)

    def hide(self) -> None:
        update_product(self.first.pk, is_public=False)
        number_changes()

    def test_old_ones_are_forgotten_and_their_cursors_expire(self) -> None:
        self.hide()
        _, _, later = look_to_the_end(self.mark, 100)
        self.assertEqual(purge_tombstones(), 0)
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            self.assertEqual(purge_tombstones(), 1)
        self.assertFalse(NumberedProduct.objects.filter(product=self.first).exists())
        with self.assertRaises(SyncExpiredError):
            look(self.mark)
        self.assertEqual(look(later).count, 0)

    def test_a_number_is_never_given_twice(self) -> None:
        self.hide()
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            purge_tombstones()
        update_product(self.first.pk, is_public=True)
        number_changes()
        self.assertEqual(NumberedProduct.objects.get(product=self.first).number, 4)

    def test_one_that_is_back_is_not_forgotten(self) -> None:
        with time_machine.travel(timezone.now() - timedelta(days=31)):
            self.hide()
        update_product(self.first.pk, is_public=True)
        number_changes()
        self.assertEqual(purge_tombstones(), 0)
        self.assertEqual(look(self.mark).product_ids, [self.first.pk])

    def test_who_begins_does_not_expire_half_way(self) -> None:
        with time_machine.travel(timezone.now() - timedelta(days=31)):
            self.hide()
        changes = look(Mark(), limit=1)
        ProductFactory()
        number_changes()
        self.assertEqual(purge_tombstones(), 1)  # above what the client has seen
        self.assertEqual(len(look(changes.mark).product_ids), 1)

    def test_forgetting_while_a_page_is_read_is_noticed(self) -> None:
        self.hide()
        rows = ProductListing.objects.in_scope(WHOLE_SHOP)

        class Forgetful(type(rows)):  # purges when the page has been read
            def filter(self, *args: object, **kwargs: object) -> object:
                with time_machine.travel(timezone.now() + timedelta(days=31)):
                    purge_tombstones()
                return ProductListing.objects.filter(*args, **kwargs)

        with self.assertRaises(SyncExpiredError):
            changes_since(self.mark, Forgetful(ProductListing), 100)

    def test_a_database_put_back_expires_every_cursor(self) -> None:
        with self.assertRaises(SyncExpiredError):  # of numbers it never gave out
            look(Mark(position=50))
        call_command("catalogue", "expire-copies", stdout=StringIO())
        with self.assertRaises(SyncExpiredError):
            look(self.mark)
        _, _, mark = look_to_the_end(Mark(), 1)
        announce_changes([self.second.pk])
        number_changes()
        self.assertEqual(look(mark).product_ids, [self.second.pk])
        counter = ChangeCounter.objects.get()
        self.assertEqual(counter.last, counter.forgotten + 1)
