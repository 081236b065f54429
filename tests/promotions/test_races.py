from collections import Counter

from django.test import TransactionTestCase

from promotions.models import VoucherCounter, VoucherRedemption
from tests.processes import race
from tests.promotions.factories import make_voucher
from tests.promotions.racers import redeem


class RedeemRaceTests(TransactionTestCase):
    """redeem_vouchers and give_back_vouchers in many processes at once"""

    def test_ten_uses_are_given_ten_times_to_forty_clients(self) -> None:
        voucher = make_voucher(max_uses=10)
        calls = [
            {"voucher_ids": [voucher.pk], "customer": f"user:{number}"}
            for number in range(40)
        ]
        outcomes = race("tests.promotions.racers.redeem", calls)
        self.assertEqual(
            Counter(outcome.code for outcome in outcomes),
            {None: 10, "voucher-used-up": 30},
        )
        self.assertEqual(VoucherCounter.objects.get().num_used, 10)
        self.assertEqual(VoucherRedemption.objects.count(), 10)

    def test_one_customer_in_eight_processes_has_the_uses_of_one(self) -> None:
        voucher = make_voucher(max_uses_per_customer=2)
        calls = [{"voucher_ids": [voucher.pk], "customer": "user:1"}] * 8
        outcomes = race("tests.promotions.racers.redeem", calls)
        self.assertEqual(
            Counter(outcome.code for outcome in outcomes),
            {None: 2, "voucher-customer-limit": 6},
        )
        self.assertEqual(VoucherCounter.objects.get().num_used, 2)
        self.assertEqual(VoucherRedemption.objects.count(), 2)

    def test_vouchers_in_any_order_are_used_and_given_back_in_step(self) -> None:
        pks = [make_voucher(f"V-{number}", max_uses=4).pk for number in range(3)]
        calls = [
            {"voucher_ids": pks if number % 2 else pks[::-1], "customer": "user:1"}
            for number in range(4)
        ]
        outcomes = race("tests.promotions.racers.redeem_and_give_back", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        self.assertEqual(
            list(VoucherCounter.objects.values_list("num_used", flat=True)), [0, 0, 0]
        )
        self.assertEqual(VoucherRedemption.objects.standing().count(), 0)

    def test_a_use_given_back_in_eight_processes_comes_back_once(self) -> None:
        voucher = make_voucher()
        orders = [redeem([voucher.pk], "user:1") for _ in range(2)]
        outcomes = race("tests.promotions.racers.give_back", [{"order": orders[0]}] * 8)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        self.assertEqual(VoucherCounter.objects.get().num_used, 1)
