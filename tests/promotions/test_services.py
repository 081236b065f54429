import uuid
from decimal import Decimal

from django.db import IntegrityError, connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from reversion.models import Version

from custom.transactions import run_in_transaction
from promotions.codes import customer_key
from promotions.discounts import VoucherDiscount
from promotions.errors import VoucherCustomerLimitError, VoucherUsedUpError
from promotions.models import Voucher, VoucherCounter, VoucherRedemption
from promotions.services import give_back_vouchers, redeem_vouchers, save_voucher
from tests.promotions.factories import Kind, make_voucher, new_voucher


def discount_of(voucher: Voucher, amount: str = "5") -> VoucherDiscount:
    return VoucherDiscount(voucher.pk, voucher.code, voucher.kind, Decimal(amount))


def sqls(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured.captured_queries]


class RedeemVouchersTests(TestCase):
    """promotions.services.redeem_vouchers"""

    def redeem(self, *vouchers: Voucher, customer: str = "user:1") -> uuid.UUID:
        order = uuid.uuid4()
        redeem_vouchers(
            [discount_of(voucher) for voucher in vouchers],
            order=order,
            customer=customer,
        )
        return order

    def assert_used(self, *numbers: int) -> None:
        counters = VoucherCounter.objects.order_by("voucher__code")
        self.assertEqual(tuple(each.num_used for each in counters), numbers)
        self.assertEqual(VoucherRedemption.objects.standing().count(), sum(numbers))

    def test_each_voucher_is_used_once_and_on_record(self) -> None:
        first, second = make_voucher("A"), make_voucher("B", max_uses=1)
        order = self.redeem(second, first)
        self.assert_used(1, 1)
        self.assertEqual(
            list(
                VoucherRedemption.objects.order_by("voucher__code").values_list(
                    "voucher", "order", "customer", "amount"
                )
            ),
            [
                (first.pk, order, "user:1", Decimal(5)),
                (second.pk, order, "user:1", Decimal(5)),
            ],
        )

    def test_if_one_is_used_up_none_is_used(self) -> None:
        free, scarce = make_voucher("A"), make_voucher("B", max_uses=1)
        self.redeem(scarce)
        with self.assertRaises(VoucherUsedUpError) as caught:
            self.redeem(free, scarce)
        self.assertEqual(caught.exception.code, "voucher-used-up")
        self.assert_used(0, 1)

    def test_a_customers_own_limit(self) -> None:
        voucher = make_voucher(max_uses_per_customer=2)
        self.redeem(voucher)
        self.redeem(voucher)
        with self.assertRaises(VoucherCustomerLimitError) as caught:
            self.redeem(voucher)
        self.assertEqual(caught.exception.code, "voucher-customer-limit")
        self.redeem(voucher, customer="user:2")
        self.assert_used(3)

    def test_a_limit_lowered_below_its_uses_stops_it(self) -> None:
        voucher = make_voucher()
        self.redeem(voucher)
        self.redeem(voucher)
        voucher.max_uses = 1
        save_voucher(voucher)
        with self.assertRaises(VoucherUsedUpError):
            self.redeem(voucher)
        self.assert_used(2)

    def test_what_takes_nothing_off_is_not_used(self) -> None:
        voucher = make_voucher()
        with self.assertNumQueries(2):  # SAVEPOINT and RELEASE
            redeem_vouchers(
                [discount_of(voucher, "0")], order=uuid.uuid4(), customer="user:1"
            )
        self.assert_used(0)

    def test_statements_do_not_grow_with_vouchers(self) -> None:
        vouchers = [make_voucher(f"V-{number}") for number in range(5)]
        limited = make_voucher("W", max_uses_per_customer=1)
        for some in (vouchers[:1], vouchers):
            with self.assertNumQueries(5):  # SELECT, UPDATE, INSERT, two SAVEPOINT
                self.redeem(*some)
        with self.assertNumQueries(6):  # and SELECT the customer's uses
            self.redeem(*vouchers, limited)

    def test_the_counters_are_changed_in_key_order(self) -> None:
        vouchers = [make_voucher(f"V-{number}") for number in range(3)]
        with self.assertNumQueries(5) as captured:
            self.redeem(*reversed(vouchers))
        (update,) = [sql for sql in sqls(captured) if sql.startswith("UPDATE")]
        self.assertIn("ORDER BY `promotions_vouchercounter`.`voucher_id` ASC", update)


class GiveBackVouchersTests(TestCase):
    """promotions.services.give_back_vouchers"""

    def test_uses_come_back_once(self) -> None:
        vouchers = [make_voucher("A", max_uses=1), make_voucher("B")]
        order, other = uuid.uuid4(), uuid.uuid4()
        discounts = [discount_of(voucher) for voucher in vouchers]
        redeem_vouchers(discounts, order=order, customer="user:1")
        redeem_vouchers(discounts[1:], order=other, customer="user:1")
        for _ in range(2):
            give_back_vouchers(order)
            self.assertEqual(
                list(
                    VoucherCounter.objects.order_by("pk").values_list(
                        "num_used", flat=True
                    )
                ),
                [0, 1],
            )
        left = VoucherRedemption.objects.standing().get()
        self.assertEqual(left.order, other)
        redeem_vouchers(discounts, order=uuid.uuid4(), customer="user:1")

    def test_its_own_rows_are_locked_and_no_others(self) -> None:
        voucher, order = make_voucher(), uuid.uuid4()
        redeem_vouchers([discount_of(voucher)], order=order, customer="user:1")
        with CaptureQueriesContext(connection) as captured:
            give_back_vouchers(order)
        (locking,) = [sql for sql in sqls(captured) if "FOR UPDATE" in sql]
        self.assertNotIn("JOIN", locking)
        self.assertIn("FORCE INDEX (`voucherredemption_once_an_order`) WHERE", locking)
        writes = [sql for sql in sqls(captured) if sql.startswith("UPDATE")]
        self.assertIn("voucherredemption", writes[0])
        self.assertIn("ORDER BY `promotions_vouchercounter`.`voucher_id`", writes[1])

    def test_an_order_without_vouchers_is_left_alone(self) -> None:
        with self.assertNumQueries(3):  # SELECT, between SAVEPOINT and RELEASE
            give_back_vouchers(uuid.uuid4())


class SaveVoucherTests(TestCase):
    """promotions.services.save_voucher"""

    def test_a_new_one_gets_its_counter_and_a_version(self) -> None:
        voucher = save_voucher(new_voucher())
        self.assertEqual(voucher.counter.num_used, 0)
        self.assertEqual(Version.objects.get_for_object(voucher).count(), 1)

    def test_a_change_leaves_the_counter_alone(self) -> None:
        voucher = make_voucher()
        redeem_vouchers([discount_of(voucher)], order=uuid.uuid4(), customer="user:1")
        voucher.name = "Another name"
        save_voucher(voucher)
        self.assertEqual(VoucherCounter.objects.get().num_used, 1)


class CustomerKeyTests(TestCase):
    """promotions.codes.customer_key"""

    def test_spellings_of_an_address_are_one_guest(self) -> None:
        guest = customer_key(None, "Ada@Example.com")
        self.assertEqual(guest, customer_key(None, "ada@example.COM"))
        self.assertNotEqual(guest, customer_key(None, "bob@example.com"))
        self.assertNotIn("ada", guest)
        self.assertEqual(len(guest), len("guest:") + 64)

    def test_a_user_is_known_by_the_id(self) -> None:
        self.assertEqual(customer_key(5, "ada@example.com"), "user:5")
        self.assertEqual(customer_key(None), "")


class VoucherTableTests(TestCase):
    """What the database itself refuses"""

    def test_a_worth_that_is_not_of_its_kind(self) -> None:
        for fields in (
            {"kind": Kind.PERCENT},
            {"kind": Kind.FIXED},
            {"percent": 0},
            {"percent": "100.01"},
            {"amount": 0},
            {"amount": -1},
        ):
            with (
                self.subTest(fields=fields),
                self.assertRaisesMessage(IntegrityError, "voucher_value_of_its_kind"),
            ):
                run_in_transaction(new_voucher(**fields).save)

    def test_one_order_uses_a_voucher_once(self) -> None:
        voucher, order = make_voucher(), uuid.uuid4()
        redeem_vouchers([discount_of(voucher)], order=order, customer="user:1")
        with self.assertRaisesMessage(IntegrityError, "once_an_order"):
            redeem_vouchers([discount_of(voucher)], order=order, customer="user:1")
