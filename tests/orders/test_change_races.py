from decimal import Decimal

from django.db.models import Sum
from django.test import TransactionTestCase, override_settings

from orders.claims import open_units
from orders.credits import CREDITING
from orders.models import CreditNote, Order
from orders.services import follow_payments, issue_invoice
from partner.models import StockLevel, StockMovement, StockRecord
from payments.models import Payment, Refund
from payments.selectors import money_of
from tests.orders.factories import make_offer
from tests.orders.stories import delivered, placed, receive
from tests.processes import Outcome, race

TARGET = "tests.orders.racers.change"


class ChangeRaceTests(TransactionTestCase):
    """Several processes change one order at the same moment"""

    def race(self, order: Order, *calls: dict[str, object]) -> list[Outcome]:
        return race(TARGET, [{"order": order.pk} | call for call in calls])

    def assert_books_agree(self, order: Order) -> None:
        """Levels are the sums of movements and what is open; money what is owed."""
        order.refresh_from_db()
        self.assertEqual(order.version, order.events.count())
        for level in StockLevel.objects.all():
            moved = StockMovement.objects.filter(stock_record=level.pk).aggregate(
                stock=Sum("in_stock_delta"), allocated=Sum("allocated_delta")
            )
            self.assertEqual(level.num_in_stock, moved["stock"])
            self.assertEqual(level.num_allocated, moved["allocated"])
            self.assertEqual(level.num_allocated, open_units().get(level.pk, 0))
        money = money_of([order.public_id])[order.public_id]
        kept = money.captured - money.refunded - money.refunding
        self.assertIn(kept, (order.owed_amount, Decimal(0)))
        self.assertEqual(order.paid_amount, money.captured)
        self.assertEqual(order.refunded_amount, money.refunded + money.refunding)

    def codes(self, outcomes: list[Outcome]) -> list[str]:
        return sorted(outcome.code or "" for outcome in outcomes)

    def test_an_order_is_cancelled_once(self) -> None:
        order = receive(placed((make_offer(num_in_stock=5), 2)))
        outcomes = self.race(order, *[{"name": "cancel"}] * 6)
        self.assertEqual(self.codes(outcomes), ["", *["transition-not-allowed"] * 5])
        self.assertEqual(Refund.objects.get().amount, order.total_amount)
        self.assert_books_agree(order)

    def test_it_is_shipped_or_cancelled(self) -> None:
        for _ in range(2):
            order = receive(placed((make_offer(num_in_stock=5), 2)))
            outcomes = self.race(order, *[{"name": "ship"}, {"name": "cancel"}] * 2)
            self.assertEqual(
                self.codes(outcomes), ["", *["transition-not-allowed"] * 3]
            )
            self.assert_books_agree(order)
            self.assertNotEqual(order.is_cancelled, order.shipments.exists())

    def test_no_unit_comes_back_twice(self) -> None:
        order = delivered((make_offer(num_in_stock=5, price="0.10"), 3))
        one = {str(order.lines.get().pk): 1}
        outcomes = self.race(order, *[{"name": "return", "lines": one}] * 5)
        done = [outcome for outcome in outcomes if outcome.error is None]
        self.assertEqual(len(done), 3)
        self.assert_books_agree(order)
        self.assertEqual((order.status, order.owed_amount), ("returned", 0))

    def test_no_more_goes_back_than_came_in(self) -> None:
        order = receive(placed((make_offer(num_in_stock=5, price="10.00"), 1)))
        issue_invoice(order.pk)
        outcomes = self.race(order, *[{"name": "credit", "amount": "4.00"}] * 4)
        self.assertEqual(
            self.codes(outcomes), ["", "", "refund-too-large", "refund-too-large"]
        )
        self.assert_books_agree(order)
        order.refresh_from_db()
        self.assertEqual(order.credited_amount, Decimal("8.00"))
        numbers = CreditNote.objects.order_by("number").values_list("number", flat=True)
        self.assertEqual(list(numbers), [1, 2])

    def test_credits_and_a_cancellation(self) -> None:
        order = receive(placed((make_offer(num_in_stock=5, price="10.00"), 2)))
        self.race(
            order,
            {"name": "credit", "amount": "15.00"},
            {"name": "cancel"},
            {"name": "credit", "amount": "15.00"},
        )
        self.assert_books_agree(order)
        order.refresh_from_db()
        self.assertTrue(order.is_cancelled)
        self.assertEqual(order.owed_amount, 0)
        told = order.events.filter(type__in=CREDITING).values_list("detail", flat=True)
        self.assertEqual(sum(Decimal(each["amount"]) for each in told), 20)

    @override_settings(SHOP_UNPAID_MINUTES=0)
    def test_an_order_is_paid_or_expired_never_both(self) -> None:
        record = make_offer(num_in_stock=50)
        for _ in range(3):
            order = placed((record, 1))
            outcomes = self.race(
                order, {"name": "expire"}, {"name": "pay"}, {"name": "expire"}
            )
            self.assertEqual([outcome.error for outcome in outcomes], [None] * 3)
            follow_payments(order.public_id)
            self.assert_books_agree(order)
            self.assertIn(
                (order.status, order.payment_status),
                {("confirmed", "paid"), ("cancelled", "refunded")},
            )

    def test_news_that_comes_several_times_is_told_once(self) -> None:
        order = placed((make_offer(num_in_stock=5), 2))
        outcomes = self.race(order, {"name": "pay"}, *[{"name": "follow"}] * 5)
        self.assertEqual(self.codes(outcomes), [""] * 6)
        self.assert_books_agree(order)
        self.assertEqual(order.events.filter(type="paid").count(), 1)

    def test_two_ways_chosen_at_once_leave_one(self) -> None:
        order = placed((make_offer(num_in_stock=5), 2))
        calls = [
            {"name": "choose", "provider": provider}
            for provider in ("invoice", "dummy", "cash_on_delivery", "invoice")
        ]
        outcomes = self.race(order, *calls)
        self.assertEqual(self.codes(outcomes), [""] * 4)
        wanted = Payment.objects.get(wanted_order=order.public_id)
        order.refresh_from_db()
        self.assertEqual(order.needs_prepayment, wanted.provider == "dummy")
        self.assertEqual(order.version, 5)

    def test_a_payment_and_a_cancellation(self) -> None:
        record: StockRecord = make_offer(num_in_stock=50)
        for _ in range(2):
            order = placed((record, 2))
            self.race(order, {"name": "pay"}, {"name": "cancel"})
            follow_payments(order.public_id)
            self.assert_books_agree(order)
            self.assertEqual(
                (order.status, order.payment_status), ("cancelled", "refunded")
            )

    def test_a_payment_and_the_cancellation_of_a_part(self) -> None:
        """The old amount comes and goes back in part, or the lower one comes."""
        records = [make_offer(num_in_stock=50) for _ in range(2)]
        for _ in range(3):
            order = placed(*[(record, 1) for record in records])
            part = {str(order.lines.first().pk): 1}
            cancel = {"name": "cancel", "lines": part}
            outcomes = self.race(order, {"name": "pay"}, cancel, {"name": "pay"})
            self.assertEqual([outcome.error for outcome in outcomes], [None] * 3)
            follow_payments(order.public_id)
            self.assert_books_agree(order)
            money = money_of([order.public_id])[order.public_id]
            self.assertEqual(money.refundable, order.owed_amount)
