from datetime import timedelta

import time_machine
from django.test import TestCase
from django.utils import timezone

from basket.errors import BasketChangedError, EmptyBasketError
from basket.holders import holder_of_user, new_guest
from basket.models import Basket, BasketLine
from basket.requests import LineRequest
from basket.selectors import contents_of
from basket.services import add_line, clear_basket, close_basket
from basket.tasks import purge_baskets
from custom.ids import new_public_id
from tests.orders.factories import make_offer
from tests.users.factories import UserFactory


class CloseTests(TestCase):
    """basket.services.close_basket"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer()
        cls.variant = cls.record.variant_id

    def test_a_basket_becomes_an_order(self) -> None:
        guest, order = new_guest(), new_public_id()
        add_line(guest, LineRequest(self.variant, 2))
        add_line(guest, LineRequest(self.variant, 1, self.record.pk))
        contents = contents_of(guest)
        self.assertEqual(
            contents.lines,
            (
                LineRequest(self.variant, 2),
                LineRequest(self.variant, 1, self.record.pk),
            ),
        )
        with self.assertNumQueries(3):  # savepoint around the one UPDATE
            close_basket(contents, order=order)
        basket = Basket.objects.get()
        self.assertEqual((basket.state, basket.order), ("ordered", order))
        with self.assertRaises(EmptyBasketError):
            contents_of(guest)

    def test_what_has_changed_since_it_was_read_is_not_ordered(self) -> None:
        guest = new_guest()
        add_line(guest, LineRequest(self.variant, 2))
        contents = contents_of(guest)
        add_line(guest, LineRequest(self.variant, 1))
        with self.assertRaises(BasketChangedError):
            close_basket(contents, order=new_public_id())
        self.assertEqual(Basket.objects.get().state, "open")

    def test_there_is_nothing_to_order(self) -> None:
        guest = new_guest()
        with self.assertRaises(EmptyBasketError):
            contents_of(guest)
        add_line(guest, LineRequest(self.variant, 2))
        clear_basket(guest)
        with self.assertRaises(EmptyBasketError):
            contents_of(guest)


class PurgeTests(TestCase):
    """basket.tasks.purge_baskets"""

    def test_old_baskets_of_guests_and_closed_ones_go(self) -> None:
        variant = make_offer().variant_id
        user = UserFactory()
        kept, gone, ordered = holder_of_user(user), new_guest(), new_guest()
        fresh = new_guest()
        with time_machine.travel(timezone.now() - timedelta(days=31), tick=False):
            for holder in (kept, gone, ordered):
                add_line(holder, LineRequest(variant, 1))
            close_basket(contents_of(ordered), order=new_public_id())
        add_line(fresh, LineRequest(variant, 1))
        self.assertEqual(purge_baskets(), 2)
        left = set(Basket.objects.values_list("holder", flat=True))
        self.assertEqual(left, {kept.key, fresh.key})
        self.assertEqual(BasketLine.objects.count(), 2)

    def test_many_go_some_at_a_time(self) -> None:
        long_ago = timezone.now() - timedelta(days=31)
        Basket.objects.bulk_create(
            Basket(holder=new_guest().key, updated_at=long_ago) for _ in range(450)
        )
        self.assertEqual(purge_baskets(), 450)
        self.assertEqual(Basket.objects.count(), 0)
