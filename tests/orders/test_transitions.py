from itertools import product

from django.test import SimpleTestCase

from orders.actors import Role
from orders.errors import TransitionNotAllowedError
from orders.models import Order
from orders.transitions import (
    FULFILMENT,
    PAYMENT,
    allowed_actions,
    check_action,
    check_fulfilment_move,
    check_payment_move,
    may_ship,
    payment_status_of,
    sum_up,
)
from payments.selectors import MoneyState

Money = Order.PaymentStatus
Goods = Order.FulfilmentStatus
# payment status -> what each fulfilment status comes to, in the order of ``Goods``
SUMS = {
    "pending": "pending confirmed confirmed confirmed returned",
    "authorized": "confirmed confirmed confirmed confirmed returned",
    "paid": "confirmed confirmed confirmed completed returned",
    "partly_refunded": "confirmed confirmed confirmed completed returned",
    "refunded": "pending confirmed confirmed completed returned",
    "failed": "pending confirmed confirmed confirmed returned",
}


def order_in(
    payment: str = "pending", fulfilment: str = "unfulfilled", **fields: object
) -> Order:
    return Order(payment_status=payment, fulfilment_status=fulfilment, **fields)


class SumTests(SimpleTestCase):
    """orders.transitions.sum_up"""

    def test_every_pair_comes_to_one_status(self) -> None:
        self.assertEqual(set(SUMS), set(Money.values))
        for payment, sums in SUMS.items():
            for goods, status in zip(Goods.values, sums.split(), strict=True):
                with self.subTest(payment=payment, goods=goods):
                    self.assertEqual(sum_up(payment, goods, is_cancelled=False), status)

    def test_a_cancelled_order_is_cancelled_wherever_its_money_is(self) -> None:
        for payment, goods in product(Money.values, Goods.values):
            self.assertEqual(sum_up(payment, goods, is_cancelled=True), "cancelled")


class TableTests(SimpleTestCase):
    """The two tables"""

    def test_they_name_known_statuses_only(self) -> None:
        for table, known in ((PAYMENT, Money.values), (FULFILMENT, Goods.values)):
            for row in table:
                self.assertLessEqual(row.sources | row.targets, set(known), row)
                self.assertTrue(row.roles)

    def test_who_may_do_what_where(self) -> None:
        """One line for each role and status; all that is not listed is refused."""
        actions = {
            (role, goods): " ".join(allowed_actions(order_in("paid", goods), role))
            for role, goods in product(Role, Goods.values)
        }
        self.assertEqual(
            {where: what for where, what in actions.items() if "capture" not in what},
            {
                ("customer", "unfulfilled"): "cancel",
                ("customer", "partly_shipped"): "",
                ("customer", "shipped"): "",
                ("customer", "delivered"): "return",
                ("customer", "returned"): "",
                ("partner", "unfulfilled"): "ship",
                ("partner", "partly_shipped"): "ship deliver",
                ("partner", "shipped"): "deliver",
                ("partner", "delivered"): "",
                ("partner", "returned"): "",
                ("staff", "unfulfilled"): "credit ship cancel",
                ("staff", "partly_shipped"): "credit ship deliver cancel return",
                ("staff", "shipped"): "credit deliver return",
                ("staff", "delivered"): "credit return",
                ("staff", "returned"): "credit",
                ("system", "unfulfilled"): "refund cancel",
                ("system", "partly_shipped"): "refund deliver",
                ("system", "shipped"): "refund deliver",
                ("system", "delivered"): "refund",
                ("system", "returned"): "refund",
            },
        )

    def test_only_what_is_unpaid_is_paid(self) -> None:
        for payment in Money.values:
            actions = allowed_actions(order_in(payment), Role.CUSTOMER)
            self.assertEqual("payment" in actions, payment in ("pending", "failed"))

    def test_a_cancelled_order_allows_nothing(self) -> None:
        for role, payment, goods in product(Role, Money.values, Goods.values):
            order = order_in(payment, goods, cancelled_at="then")
            self.assertEqual(allowed_actions(order, role), [])

    def test_what_must_be_paid_first_waits(self) -> None:
        for payment in Money.values:
            prepaid = order_in(payment, needs_prepayment=True)
            secured = payment in ("authorized", "paid", "partly_refunded")
            self.assertEqual(may_ship(prepaid), secured)
            self.assertEqual("ship" in allowed_actions(prepaid, Role.PARTNER), secured)
            later = order_in(payment, needs_prepayment=False)
            self.assertIn("ship", allowed_actions(later, Role.PARTNER))

    def test_a_refusal_lists_what_is_allowed(self) -> None:
        order = order_in("paid", "shipped", status="confirmed")
        with self.assertRaises(TransitionNotAllowedError) as caught:
            check_action(order, "cancel", Role.STAFF)
        self.assertEqual(
            caught.exception.extra,
            {
                "action": "cancel",
                "status": "confirmed",
                "payment_status": "paid",
                "fulfilment_status": "shipped",
                "allowed": ["credit", "deliver", "return"],
            },
        )
        self.assertEqual(
            caught.exception.detail,
            "This is not possible now: the order is shipped and its payment paid.",
        )

    def test_money_moves_by_the_table(self) -> None:
        lawful = {
            "pending": "authorized failed paid partly_refunded refunded",
            "authorized": "failed pending paid partly_refunded refunded",
            "paid": "partly_refunded refunded",
            "partly_refunded": "partly_refunded refunded paid",
            "refunded": "paid partly_refunded",
            "failed": "authorized pending paid partly_refunded refunded",
        }
        for source, target in product(Money.values, Money.values):
            with self.subTest(source=source, target=target):
                order = order_in(source)
                if target in lawful[source].split():
                    check_payment_move(order, target)
                else:
                    with self.assertRaises(TransitionNotAllowedError):
                        check_payment_move(order, target)

    def test_goods_move_by_the_table(self) -> None:
        lawful = {
            ("ship", "unfulfilled"): "partly_shipped shipped",
            ("ship", "partly_shipped"): "partly_shipped shipped",
            ("deliver", "partly_shipped"): "partly_shipped shipped delivered",
            ("deliver", "shipped"): "partly_shipped shipped delivered",
            ("cancel", "unfulfilled"): "unfulfilled",
            ("cancel", "partly_shipped"): "partly_shipped shipped delivered returned",
            ("return", "partly_shipped"): "partly_shipped shipped returned",
            ("return", "shipped"): "partly_shipped shipped returned",
            ("return", "delivered"): "delivered returned",
        }
        actions = ("ship", "deliver", "cancel", "return")
        for action, source, target in product(actions, Goods.values, Goods.values):
            with self.subTest(action=action, source=source, target=target):
                order = order_in("paid", source)
                if target in lawful.get((action, source), "").split():
                    check_fulfilment_move(order, action, target)
                else:
                    with self.assertRaises(TransitionNotAllowedError):
                        check_fulfilment_move(order, action, target)


class PaymentStatusTests(SimpleTestCase):
    """orders.transitions.payment_status_of"""

    def test_where_the_money_is(self) -> None:
        for money, status in (
            ({}, "pending"),
            ({"pending": 10}, "pending"),
            ({"failed": True}, "failed"),
            ({"authorized": 10}, "authorized"),
            ({"authorized": 9}, "pending"),
            ({"captured": 9}, "pending"),
            ({"captured": 9, "authorized": 1}, "authorized"),
            ({"captured": 10}, "paid"),
            ({"captured": 11}, "paid"),
            ({"captured": 10, "failed": True}, "paid"),
            ({"captured": 10, "refunding": 1}, "partly_refunded"),
            ({"captured": 10, "refunded": 1}, "partly_refunded"),
            ({"captured": 10, "refunding": 4, "refunded": 6}, "refunded"),
        ):
            with self.subTest(money=money):
                order = order_in(total_amount=10, credited_amount=0)
                found = payment_status_of(order, MoneyState(**money))
                self.assertEqual(found, status)

    def test_less_is_enough_once_a_part_is_cancelled(self) -> None:
        order = order_in(total_amount=10, credited_amount=4)
        self.assertEqual(payment_status_of(order, MoneyState(captured=6)), "paid")

    def test_an_order_taken_back_is_never_paid_by_nothing(self) -> None:
        for end in ({"cancelled_at": "then"}, {"fulfilment": "returned"}):
            with self.subTest(end=end):
                order = order_in(total_amount=10, credited_amount=10, **end)
                self.assertEqual(payment_status_of(order, MoneyState()), "pending")

    def test_an_order_that_costs_nothing_is_paid(self) -> None:
        order = order_in(total_amount=0, credited_amount=0)
        self.assertEqual(payment_status_of(order, MoneyState()), "paid")
