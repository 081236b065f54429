import uuid
from datetime import timedelta
from decimal import Decimal

from django.test import TestCase
from django.utils import timezone

from custom.errors import DomainError
from promotions.discounts import VoucherDiscount
from promotions.models import Voucher
from promotions.selectors import judge_vouchers, refuse_vouchers
from promotions.services import give_back_vouchers, redeem_vouchers
from tests.promotions.factories import Kind, make_voucher


def use(voucher: Voucher, customer: str = "user:1") -> uuid.UUID:
    """Redeem a voucher for a new order, and return the order's id."""
    order = uuid.uuid4()
    discount = VoucherDiscount(voucher.pk, voucher.code, voucher.kind, Decimal(1))
    redeem_vouchers([discount], order=order, customer=customer)
    return order


class JudgeVouchersTests(TestCase):
    """promotions.selectors.judge_vouchers and refuse_vouchers"""

    def find(
        self, *codes: str, subtotal: str = "100", customer: str = "user:1"
    ) -> list[str]:
        with self.assertNumQueries(1 if codes else 0):
            found, refusals = judge_vouchers(
                codes, subtotal=Decimal(subtotal), currency="EUR", customer=customer
            )
            refuse_vouchers(refusals)
        return [voucher.code for voucher in found]

    def refuse(self, code: str, *codes: str, **options: str) -> DomainError:
        with self.assertRaises(DomainError) as caught:
            self.find(*codes, **options)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_without_codes_there_is_no_query(self) -> None:
        self.assertEqual(self.find(), [])

    def test_vouchers_come_in_the_order_of_their_codes(self) -> None:
        for code in ("A", "B", "C"):
            make_voucher(code)
        self.assertEqual(self.find("C", "A", "B"), ["C", "A", "B"])

    def test_a_code_may_be_typed_in_small_letters_and_twice(self) -> None:
        make_voucher("SAVE-10")
        self.assertEqual(self.find(" save-10 ", "SAVE-10"), ["SAVE-10"])

    def test_a_code_that_is_twice_there_is_not_combined_with_itself(self) -> None:
        make_voucher(is_exclusive=True)
        self.assertEqual(self.find("SAVE", "save"), ["SAVE"])

    def test_unknown_switched_off_and_foreign_codes_are_one_thing(self) -> None:
        make_voucher("OFF", is_active=False)
        make_voucher("USD", currency="USD")
        for code in ("NOTHING", "OFF", "USD", "", "🔔", "x" * 300):
            with self.subTest(code=code):
                self.refuse("voucher-unknown", code)

    def test_before_and_after_its_time(self) -> None:
        now = timezone.now()
        hour = timedelta(hours=1)
        make_voucher("SOON", starts_at=now + hour)
        make_voucher("LATE", ends_at=now - hour)
        make_voucher("NOW", starts_at=now - hour, ends_at=now + hour)
        self.refuse("voucher-not-started", "SOON")
        self.refuse("voucher-expired", "LATE")
        self.assertEqual(self.find("NOW"), ["NOW"])

    def test_the_minimum_counts_before_discounts(self) -> None:
        make_voucher(amount=5, minimum_subtotal=30)
        error = self.refuse("voucher-minimum", "SAVE", subtotal="29.99")
        self.assertEqual(
            error.detail, "This voucher is for orders of 30.00 EUR or more."
        )
        self.assertEqual(self.find("SAVE", subtotal="30"), ["SAVE"])

    def test_an_exclusive_one_stands_alone(self) -> None:
        make_voucher("ALONE", is_exclusive=True)
        make_voucher("OTHER", kind=Kind.FREE_SHIPPING)
        self.refuse("voucher-not-combinable", "OTHER", "ALONE")
        self.assertEqual(self.find("ALONE"), ["ALONE"])

    def test_an_exclusive_one_counts_beside_those_that_do_not(self) -> None:
        make_voucher("ALONE", is_exclusive=True)
        make_voucher("DEAR", minimum_subtotal=1000)
        found, refusals = judge_vouchers(
            ["DEAR", "ALONE"], subtotal=Decimal(100), currency="EUR"
        )
        self.assertEqual([voucher.code for voucher in found], ["ALONE"])
        self.assertEqual(
            [(each.position, each.code, each.error.code) for each in refusals],
            [(0, "DEAR", "voucher-minimum")],
        )

    def test_all_uses_are_taken(self) -> None:
        voucher = make_voucher(max_uses=2)
        orders = [use(voucher), use(voucher, "user:2")]
        self.refuse("voucher-used-up", "SAVE", customer="user:3")
        give_back_vouchers(orders[0])
        self.assertEqual(self.find("SAVE", customer="user:3"), ["SAVE"])

    def test_a_customer_has_taken_all_of_theirs(self) -> None:
        voucher = make_voucher(max_uses_per_customer=1)
        order = use(voucher)
        self.refuse("voucher-customer-limit", "SAVE")
        self.assertEqual(self.find("SAVE", customer="user:2"), ["SAVE"])
        self.assertEqual(self.find("SAVE", customer=""), ["SAVE"])
        give_back_vouchers(order)
        self.assertEqual(self.find("SAVE"), ["SAVE"])

    def test_every_refused_code_is_named(self) -> None:
        make_voucher("GOOD")
        make_voucher("ALONE", is_exclusive=True)
        error = self.refuse("voucher-not-combinable", "GOOD", "ALONE", "NOTHING")
        self.assertEqual(
            error.extra["errors"],
            [
                {
                    "pointer": "#/vouchers/1",
                    "code": "voucher-not-combinable",
                    "detail": "This voucher cannot be used together with another.",
                },
                {
                    "pointer": "#/vouchers/2",
                    "code": "voucher-unknown",
                    "detail": "This voucher is not known.",
                },
            ],
        )
