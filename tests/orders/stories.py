"""Orders brought to a point of their life by the services that bring real ones."""

from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from basket.requests import LineRequest
from custom.models import OutboxMessage
from custom.outbox import consume
from orders.actors import Actor, Role
from orders.models import Order, OrderLine, Shipment
from orders.services import deliver_shipment, follow_payments, place_order, ship_lines
from partner.models import StockRecord
from payments.models import Payment
from payments.providers.base import ChargeState, Standing
from payments.services import record_state
from tests.orders.factories import order_request

# Every topic of orders with somebody who listens: without one no message is stored.
HEARD = settings.OUTBOX_HANDLERS | {
    f"order.{what}": "tests.orders.stories.hear"
    for what in ("placed", "paid", "shipped", "cancelled", "refunded", "returned")
}
STAFF = Actor(Role.STAFF)
CUSTOMER = Actor(Role.CUSTOMER)


def hear(message: OutboxMessage) -> None:
    """Listen to a topic and do nothing."""


def told(topic: str) -> list[dict[str, str]]:
    """Return what was published on a topic, in order."""
    messages = OutboxMessage.objects.filter(topic=topic).order_by("pk")
    return list(messages.values_list("payload", flat=True))


def placed(
    *wanted: tuple[StockRecord, int], provider: str = "dummy", **fields: object
) -> Order:
    """Place an order of units of stock records."""
    lines = [LineRequest(record.variant_id, units) for record, units in wanted]
    return place_order(order_request(*lines, payment_provider=provider, **fields))


def receive(order: Order, amount: Decimal | None = None) -> Order:
    """Let the provider say that the money has come in, and the order hear of it."""
    say_captured(order, amount)
    return follow_payments(order.public_id)


def say_captured(order: Order, amount: Decimal | None = None) -> None:
    """Let the provider of an order's newest payment say that money has come in."""
    payment = Payment.objects.filter(order=order.public_id).latest("pk")
    captured = payment.amount if amount is None else amount
    state = ChargeState(
        reference=f"ref-{payment.pk}", standing=Standing.CAPTURED, captured=captured
    )
    record_state(payment, state)


def say_authorized(order: Order) -> Order:
    """Let the provider say that the money is reserved, and the order hear of it."""
    payment = Payment.objects.filter(order=order.public_id).latest("pk")
    state = ChargeState(reference=f"ref-{payment.pk}", standing=Standing.AUTHORIZED)
    record_state(payment, state)
    return follow_payments(order.public_id)


def ship_all(order: Order) -> list[Shipment]:
    """Ship everything, one parcel a partner."""
    partners = OrderLine.objects.filter(order=order).values_list(
        "partner_id", flat=True
    )
    return [
        ship_lines(order.pk, actor=Actor(Role.PARTNER, None, frozenset({partner})))
        for partner in dict.fromkeys(partners)
    ]


def delivered(*wanted: tuple[StockRecord, int], **fields: object) -> Order:
    """Place, pay, ship and deliver an order."""
    order = placed(*wanted, **fields)
    if fields.get("provider", "dummy") == "dummy":
        receive(order)
    for shipment in ship_all(order):
        deliver_shipment(shipment.public_id, actor=STAFF)
    order.refresh_from_db()
    return order


def run_outbox() -> None:
    """Carry out every message that is due, and what follows from them."""
    while pks := list(
        OutboxMessage.objects.due(timezone.now()).values_list("pk", flat=True)
    ):
        for pk in pks:
            consume(pk)
