from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import product

from django.db import transaction
from django.test import TestCase, override_settings, tag
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from basket.requests import LineRequest
from custom.fields import MoneyField
from custom.money import places
from orders.actors import Role
from orders.models import Order, OrderEvent, OrderLine
from orders.services import (
    cancel_order,
    deliver_everything,
    place_order,
    return_lines,
    ship_parcels,
)
from orders.transitions import allowed_actions
from partner.models import StockRecord
from payments.models import Payment, PaymentEvent, Refund
from payments.selectors import MoneyState, money_of
from payments.services import record_receipt, record_repayment, start_payment
from promotions.models import Voucher
from shipping.models import ShippingRate
from tests.orders.factories import VariantFactory, make_offer, order_request
from tests.orders.stories import STAFF, run_outbox
from tests.promotions.factories import make_voucher
from tests.shipping.factories import make_method, make_rate, make_zone
from tests.tax.factories import make_tax_class
from tests.users.factories import UserFactory

OFFERS = 4
# Minor units: some so few that rounding decides, some many.
NUMBERS = st.one_of(st.integers(0, 9), st.integers(0, 10**6))
Picks = list[tuple[int, int]]  # a line among those there are, and units
PICKS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=2)
PAID_FIRST = {("dummy", "ok"), ("invoice", "")}
PAID_LAST = {("dummy", "authorize"), ("cash_on_delivery", "")}


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What one buyer does.

    Attributes:
        with_tax: Prices include it.
        prices: Of each offer, in minor units.
        wanted: Offer -> units.
        shipping_price: In minor units.
        pays: Provider, and its token if it takes one.
        unpaid: Taken back before it is paid.
        unshipped: Taken back after that.
        delivered: Taken back in the end.
    """

    currency: str
    with_tax: bool
    prices: list[int]
    wanted: dict[int, int]
    vouchers: list[str]
    shipping: str
    shipping_price: int
    pays: tuple[str, str]
    unpaid: Picks
    unshipped: Picks
    delivered: Picks


def purchases(currency: str, *, with_tax: bool) -> st.SearchStrategy[Purchase]:
    """Draw what is done in one currency."""
    return st.builds(
        Purchase,
        currency=st.just(currency),
        with_tax=st.just(with_tax),
        prices=st.lists(NUMBERS, min_size=OFFERS, max_size=OFFERS),
        wanted=st.dictionaries(
            st.integers(0, OFFERS - 1), st.integers(1, 9), min_size=1, max_size=OFFERS
        ),
        vouchers=st.lists(
            st.sampled_from(["THIRD", "SEVENTH", "FIXED", "FREE"]),
            unique=True,
            max_size=3,
        ),
        shipping=st.sampled_from(["standard", "express"]),
        shipping_price=NUMBERS,
        pays=st.sampled_from(sorted(PAID_FIRST | PAID_LAST)),
        unpaid=PICKS,
        unshipped=PICKS,
        delivered=PICKS,
    )


class Sale:
    """One purchase, carried out by the services and checked after each step."""

    def __init__(self, purchase: Purchase) -> None:
        """Price the offers, the shipping and the voucher, and place the order."""
        currency = purchase.currency
        self.unit = Decimal(1).scaleb(-places(currency))
        self.purchase = purchase
        self.finance = UserFactory()
        StockRecord.objects.update(currency=currency)
        records = list(StockRecord.objects.order_by("pk"))
        for record, price in zip(records, purchase.prices, strict=True):
            StockRecord.objects.filter(pk=record.pk).update(price=price * self.unit)
        price = purchase.shipping_price * self.unit
        ShippingRate.objects.update(currency=currency, price=price)
        Voucher.objects.update(currency=currency)
        lines = [
            LineRequest(records[at].variant_id, units)
            for at, units in purchase.wanted.items()
        ]
        self.provider, self.token = purchase.pays
        self.order = place_order(
            order_request(
                *lines,
                vouchers=tuple(purchase.vouchers),
                shipping_method=purchase.shipping,
                payment_provider=self.provider,
            )
        )
        self.placed = self.order.total_amount
        self.check()

    def live(self) -> None:
        """Go through everything the buyer does; each step checks the sums."""
        purchase = self.purchase
        cancel = partial(self.take_back, "cancel", cancel_order, "open_quantity")
        send_back = partial(
            self.take_back, "return", return_lines, "returnable_quantity"
        )
        cancel(purchase.unpaid)
        self.pay()
        cancel(purchase.unshipped)
        self.ship()
        send_back(purchase.delivered)
        self.settle()

    def may(self, action: str) -> bool:
        """Tell whether the order has come to where this is possible."""
        self.order.refresh_from_db()
        return action in allowed_actions(self.order, Role.STAFF)

    def take_back(
        self,
        action: str,
        service: Callable[..., OrderEvent],
        available: str,
        picks: Picks,
    ) -> None:
        """Take parts back while there are any."""
        for place, units in picks:
            lines = [
                line for line in self.order.lines.all() if getattr(line, available)
            ]
            if not self.may(action) or not lines:
                return
            line = lines[place % len(lines)]
            part = {line.pk: min(units, getattr(line, available))}
            service(self.order.pk, actor=STAFF, quantities=part)
            self.check()

    def pay(self) -> None:
        """Pay what is asked for by now, unless it is paid on delivery."""
        payment = Payment.objects.filter(wanted_order=self.order.public_id).first()
        if payment is None:
            return
        if self.provider == "dummy":
            start_payment(payment.public_id, token=self.token)
        elif self.provider == "invoice":
            record_receipt(payment.public_id, actor=self.finance)
        run_outbox()
        self.check_nothing_went_back()

    def ship(self) -> None:
        """Send off what is left, and hand it over."""
        if self.may("ship"):
            ship_parcels(self.order.pk, actor=STAFF)
            deliver_everything(self.order.pk, actor=STAFF)
            run_outbox()
        if (self.provider, self.token) not in PAID_FIRST:
            self.check_nothing_went_back()

    def check_nothing_went_back(self) -> None:
        """What is received is what is owed at that moment, without a refund."""
        money = self.check()
        assert money.captured in (0, self.order.owed_amount)
        assert not Refund.objects.exists()

    def settle(self) -> None:
        """Pay everything back that is to go back, and compare with what is owed."""
        run_outbox()
        if self.provider != "dummy":
            for refund in Refund.objects.all():
                record_repayment(refund.public_id, actor=self.finance)
            run_outbox()
        money = self.check()
        order = self.order
        assert order.total_amount == self.placed
        assert money.captured - money.refunded == order.owed_amount
        assert order.paid_amount - order.refunded_amount == order.owed_amount
        if not any(line.kept_quantity for line in order.lines.all()):
            assert order.owed_amount == 0

    def check(self) -> MoneyState:
        """Compare all sums, and see that no amount is finer than its currency."""
        self.order.refresh_from_db()
        order, lines = self.order, list(self.order.lines.all())
        goods = order.subtotal - order.discount_amount
        assert goods + order.shipping_amount + order.additional_tax == (
            order.total_amount
        )
        assert sum(line.line_total for line in lines) == order.subtotal
        assert sum(line.discount_amount for line in lines) == order.discount_amount
        for line in lines:
            assert line.unit_price * line.quantity == line.line_total
        taxes = sum(line.tax_amount for line in lines)
        if self.purchase.with_tax:
            assert order.additional_tax == 0
            assert taxes <= order.included_tax <= order.total_amount
        else:
            assert order.included_tax == 0
            assert taxes <= order.additional_tax
        assert 0 <= order.credited_amount <= order.total_amount
        for amount in self.amounts():
            assert amount % self.unit == 0
        return money_of([order.public_id])[order.public_id]

    def amounts(self) -> Iterator[Decimal]:
        """Yield every amount that is stored of the order and its money."""
        for model in (Order, OrderLine, Payment, PaymentEvent, Refund):
            names = [
                field.name
                for field in model._meta.get_fields()
                if isinstance(field, MoneyField)
            ]
            for row in model.objects.values_list(*names):
                yield from row


def live_through(purchase: Purchase) -> None:
    """Go through a purchase, which leaves nothing behind."""
    before = transaction.savepoint()
    try:
        Sale(purchase).live()
    finally:
        transaction.savepoint_rollback(before)


class AmountTests(TestCase):
    """Amounts of orders from the basket to the last refund"""

    @classmethod
    def setUpTestData(cls) -> None:
        classes = [
            make_tax_class("standard", AT="20"),
            make_tax_class("reduced", AT="5.5"),
            make_tax_class("none", AT="0"),
        ]
        zone = make_zone()
        make_rate(zone, make_method("standard"))
        make_rate(zone, make_method("express", tax_class=classes[1]))
        make_voucher("THIRD", percent="33.33")
        make_voucher("SEVENTH", percent=7)
        make_voucher("FIXED", amount=1)
        make_voucher("FREE", kind=Voucher.Kind.FREE_SHIPPING)
        for number in range(OFFERS):
            variant = VariantFactory()
            variant.product.tax_class = classes[number % len(classes)]
            variant.product.save()
            make_offer(num_in_stock=99, variant=variant)

    def buy_all(self, *, examples: int, first_seed: int | None = None) -> None:
        """Draw purchases in each currency, for prices with and without tax.

        Args:
            examples: Of each.
            first_seed: Each draws by its own; None for other purchases every time.
        """
        for number, (currency, with_tax) in enumerate(
            product(("JPY", "EUR", "KWD"), (True, False))
        ):
            told = {"SHOP_CURRENCY": currency, "SHOP_PRICES_INCLUDE_TAX": with_tax}
            drawn = settings(
                max_examples=examples,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )(given(purchases(currency, with_tax=with_tax))(live_through))
            if first_seed is not None:
                drawn = seed(first_seed + number)(drawn)
            with self.subTest(**told), override_settings(**told):
                drawn()

    def test_sums_hold(self) -> None:
        self.buy_all(examples=4, first_seed=1)

    @tag("soak")
    def test_sums_hold_for_long(self) -> None:
        self.buy_all(examples=60)
