import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.test import TestCase, tag
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from basket.holders import new_guest
from basket.requests import LineRequest
from basket.services import add_line
from custom.errors import DomainError
from custom.ids import new_public_id
from orders.actors import Actor, Role
from orders.models import Order, OrderLine, Shipment
from orders.services import (
    cancel_order,
    credit_order,
    deliver_shipment,
    expire_orders,
    issue_invoice,
    place_order,
    return_lines,
    ship_lines,
)
from partner.models import StockRecord
from partner.services import StockRow, adjust_stock, write_stock_rows
from payments.models import Payment
from payments.services import start_payment
from tests.buying.invariants import find_faults
from tests.orders.factories import make_offer, order_request
from tests.orders.stories import delivered, run_outbox
from tests.promotions.factories import make_voucher

CUSTOMER, STAFF = Actor(Role.CUSTOMER), Actor(Role.STAFF)
OFFERS = 3
WANTED = st.dictionaries(
    st.integers(0, OFFERS - 1), st.integers(1, 3), min_size=1, max_size=OFFERS
)
PROVIDERS = st.sampled_from(["dummy", "dummy", "invoice", "cash_on_delivery", ""])
TOKENS = st.sampled_from(["ok", "ok", "authorize", "decline", "fail", "timeout"])
PLACES = st.integers(0, 9)  # of an order among those there are
PARTS = st.none() | st.integers(1, 2)  # units of one line; None for everything


class Life(RuleBasedStateMachine):
    """Orders that are placed, paid, cancelled, shipped and returned at random.

    Meanwhile partners count their stock, staff pay money back, and orders that nobody
    pays expire. Whatever is allowed or refused, all ledgers stay true after every step.
    """

    @initialize()
    def begin(self) -> None:
        self.records = list(StockRecord.objects.order_by("pk"))
        self.start = transaction.savepoint()
        for provider in ("dummy", "invoice"):
            self.order({0: 1, 1: 2}, provider, has_voucher=True)
        # Few random lives come as far as this by themselves.
        order = delivered((self.records[2], 2), (self.records[1], 1))
        issue_invoice(order.pk)

    def teardown(self) -> None:
        if hasattr(self, "start"):
            transaction.savepoint_rollback(self.start)

    def try_to(self, act: Callable[..., object], *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Call a service, which may refuse."""
        with contextlib.suppress(DomainError):
            act(*args, **options)

    def pick(self, place: int) -> Order:
        orders = list(Order.objects.order_by("pk"))
        return orders[place % len(orders)]

    def some_units(self, order: Order, part: int | None) -> dict[int, int] | None:
        if part is None:
            return None
        return {OrderLine.objects.filter(order=order).first().pk: part}

    def has_orders(self) -> bool:
        return Order.objects.exists()

    @rule(wanted=WANTED, provider=PROVIDERS, has_voucher=st.booleans())
    def order(
        self, wanted: dict[int, int], provider: str, *, has_voucher: bool
    ) -> None:
        lines = [
            LineRequest(self.records[at].variant_id, units)
            for at, units in wanted.items()
        ]
        request = order_request(
            *lines,
            guest_email="guest@example.com",
            payment_provider=provider,
            vouchers=("THIRD",) if has_voucher else (),
        )
        self.try_to(place_order, request)

    @rule(wanted=WANTED, provider=PROVIDERS)
    def order_a_basket(self, wanted: dict[int, int], provider: str) -> None:
        guest = new_guest()
        for at, units in wanted.items():
            add_line(guest, LineRequest(self.records[at].variant_id, units))
        request = order_request(
            guest_email="other@example.com", basket=guest, payment_provider=provider
        )
        self.try_to(place_order, request)

    @precondition(has_orders)
    @rule(place=PLACES, token=TOKENS)
    def pay(self, place: int, token: str) -> None:
        order = self.pick(place)
        payment = Payment.objects.filter(order=order.public_id).last()
        if payment is not None and payment.provider == "dummy":
            self.try_to(start_payment, payment.public_id, token=token)

    @precondition(has_orders)
    @rule(place=PLACES, part=PARTS, actor=st.sampled_from([CUSTOMER, STAFF]))
    def cancel(self, place: int, part: int | None, actor: Actor) -> None:
        order = self.pick(place)
        units = self.some_units(order, part)
        self.try_to(cancel_order, order.pk, actor=actor, quantities=units)

    @precondition(has_orders)
    @rule(place=PLACES, part=PARTS)
    def ship(self, place: int, part: int | None) -> None:
        order = self.pick(place)
        line = OrderLine.objects.filter(order=order).first()
        actor = Actor(Role.PARTNER, None, frozenset({line.partner_id}))
        units = self.some_units(order, part)
        self.try_to(ship_lines, order.pk, actor=actor, quantities=units)

    @precondition(has_orders)
    @rule(place=PLACES)
    def deliver(self, place: int) -> None:
        for shipment in Shipment.objects.filter(order=self.pick(place)):
            self.try_to(deliver_shipment, shipment.public_id, actor=STAFF)

    @precondition(has_orders)
    @rule(place=PLACES, part=PARTS, actor=st.sampled_from([CUSTOMER, STAFF]))
    def send_back(self, place: int, part: int | None, actor: Actor) -> None:
        order = self.pick(place)
        units = self.some_units(order, part)
        self.try_to(return_lines, order.pk, actor=actor, quantities=units)

    @precondition(has_orders)
    @rule(place=PLACES, cents=st.integers(-1, 2_000))
    def pay_back(self, place: int, cents: int) -> None:
        """Pay an amount back without goods."""
        order, amount = self.pick(place), Decimal(cents) / 100
        self.try_to(
            credit_order, order.pk, amount=amount, reason="Scratched.", actor=STAFF
        )

    @precondition(has_orders)
    @rule(place=PLACES)
    def invoice(self, place: int) -> None:
        self.try_to(issue_invoice, self.pick(place).pk)

    @rule(at=st.integers(0, OFFERS - 1), delta=st.integers(-4, 4))
    def count_stock(self, at: int, delta: int) -> None:
        """Let the partner correct the count of what is on the shelf."""
        source = f"test:{new_public_id()}"
        self.try_to(adjust_stock, self.records[at].pk, delta=delta, source=source)

    @rule(
        at=st.integers(0, OFFERS - 1),
        units=st.integers(0, 9),
        expected=st.none() | st.integers(0, 9),
    )
    def write_stock(self, at: int, units: int, expected: int | None) -> None:
        """Let the partner say what there is, and what it thought there was."""
        source = f"test:{new_public_id()}"
        row = StockRow(
            partner_sku=self.records[at].partner_sku,
            num_in_stock=units,
            expected=expected,
        )
        write_stock_rows(self.records[at].partner, {0: row}, source=source)

    @rule(at=st.integers(0, OFFERS - 1), is_open=st.booleans())
    def take_orders_beyond_stock(self, at: int, *, is_open: bool) -> None:
        source = f"test:{new_public_id()}"
        self.try_to(adjust_stock, self.records[at].pk, backorder=is_open, source=source)

    @rule()
    def let_time_pass(self) -> None:
        waiting = Order.objects.filter(expires_at__isnull=False)
        waiting.update(expires_at=timezone.now())
        expire_orders()

    @rule()
    def deliver_messages(self) -> None:
        run_outbox()

    @invariant()
    def all_ledgers_are_true(self) -> None:
        assert find_faults() == []


class LifeTests(TestCase):
    """Random lives of orders"""

    @classmethod
    def setUpTestData(cls) -> None:
        for units in (2, 5, 9):
            make_offer(num_in_stock=units)
        make_voucher("THIRD", percent=33, max_uses=2)

    def live(self, *, examples: int, steps: int, is_random: bool) -> None:
        run_state_machine_as_test(
            Life,
            settings=settings(
                derandomize=not is_random,
                max_examples=examples,
                stateful_step_count=steps,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )

    def test_ledgers_stay_true(self) -> None:
        self.live(examples=8, steps=15, is_random=False)

    @tag("soak")
    def test_ledgers_stay_true_for_long(self) -> None:
        self.live(examples=100, steps=40, is_random=True)
