from unittest import mock

from django.test import TestCase

from basket.holders import Holder, holder_of_user, new_guest
from basket.models import Basket, BasketVoucher
from basket.requests import LineRequest
from basket.selectors import show_basket
from basket.services import add_line, merge_baskets
from catalogue.models import Variant
from partner.models import StockRecord
from partner.services import adjust_stock
from tests.orders.factories import make_offer
from tests.users.factories import UserFactory


def fill(holder: Holder, *wanted: tuple[StockRecord, int]) -> None:
    for record, quantity in wanted:
        add_line(holder, LineRequest(record.variant_id, quantity))


def quantities(holder: Holder) -> dict[int, int]:
    return {line.variant: line.quantity for line in show_basket(holder).lines}


class MergeTests(TestCase):
    """basket.services.merge_baskets"""

    def setUp(self) -> None:
        self.user = holder_of_user(UserFactory())
        self.guest = new_guest()

    def test_the_same_sums_and_the_rest_moves(self) -> None:
        both, ours, theirs = (make_offer(num_in_stock=10) for _ in range(3))
        fill(self.user, (both, 2), (ours, 1))
        fill(self.guest, (both, 3), (theirs, 4))
        self.assertTrue(merge_baskets(self.guest, into=self.user))
        self.assertEqual(
            quantities(self.user),
            {both.variant_id: 5, ours.variant_id: 1, theirs.variant_id: 4},
        )
        self.assertEqual(quantities(self.guest), {})
        merged = Basket.objects.get(state="merged")
        self.assertIsNone(merged.holder)

    def test_sums_stop_at_what_is_in_stock(self) -> None:
        summed, moved = make_offer(num_in_stock=5), make_offer(num_in_stock=5)
        fill(self.user, (summed, 3))
        fill(self.guest, (summed, 4), (moved, 8))
        merge_baskets(self.guest, into=self.user)
        self.assertEqual(
            quantities(self.user), {summed.variant_id: 5, moved.variant_id: 5}
        )

    def test_backorders_have_no_such_limit(self) -> None:
        record = make_offer(num_in_stock=1, backorder=True)
        fill(self.user, (record, 6_000))
        fill(self.guest, (record, 6_000))
        merge_baskets(self.guest, into=self.user)
        self.assertEqual(quantities(self.user), {record.variant_id: 9_999})

    def test_what_has_sold_out_keeps_the_larger_wish(self) -> None:
        record = make_offer(num_in_stock=5)
        fill(self.user, (record, 2))
        fill(self.guest, (record, 3))
        adjust_stock(record.pk, num_in_stock=0, source="sold")
        merge_baskets(self.guest, into=self.user)
        (line,) = show_basket(self.user).lines
        self.assertEqual(line.quantity, 3)
        self.assertEqual([each.code for each in line.warnings], ["out-of-stock"])

    def test_what_is_not_for_sale_any_more_comes_along(self) -> None:
        record = make_offer()
        fill(self.guest, (record, 2))
        Variant.objects.update(is_public=False)
        merge_baskets(self.guest, into=self.user)
        self.assertEqual(quantities(self.user), {record.variant_id: 2})

    def test_what_has_no_room_is_left_behind(self) -> None:
        first, second, third = (make_offer() for _ in range(3))
        fill(self.user, (first, 1))
        fill(self.guest, (first, 1), (second, 1), (third, 1))
        with mock.patch("basket.services.merging.MAX_LINES", 2):
            merge_baskets(self.guest, into=self.user)
        self.assertEqual(
            quantities(self.user), {first.variant_id: 2, second.variant_id: 1}
        )

    def test_vouchers_come_along_once(self) -> None:
        record = make_offer()
        for holder, codes in ((self.user, "ab"), (self.guest, "bc")):
            fill(holder, (record, 1))
            basket = Basket.objects.get(holder=holder.key)
            for code in codes:
                BasketVoucher.objects.create(basket=basket, code=code)
        merge_baskets(self.guest, into=self.user)
        basket = Basket.objects.get(holder=self.user.key)
        codes = basket.vouchers.values_list("code", flat=True)
        self.assertEqual(list(codes), ["a", "b", "c"])

    def test_a_second_time_nothing_is_merged(self) -> None:
        record = make_offer()
        fill(self.guest, (record, 1))
        self.assertTrue(merge_baskets(self.guest, into=self.user))
        self.assertFalse(merge_baskets(self.guest, into=self.user))
        self.assertEqual(quantities(self.user), {record.variant_id: 1})

    def test_query_count_does_not_grow_with_lines(self) -> None:
        for lines in (2, 10):
            user, guest = holder_of_user(UserFactory()), new_guest()
            for at in range(lines):
                record = make_offer()
                fill(guest, (record, 1))
                if at % 2:
                    fill(user, (record, 1))
            with self.assertNumQueries(14):
                merge_baskets(guest, into=user)
