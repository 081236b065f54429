"""Payments of an order: made with it, replaced, lowered, given up."""

from decimal import Decimal
from uuid import UUID

from custom.ids import new_public_id
from custom.money import round_money
from custom.transactions import transactional
from payments.errors import AlreadyPaidError, UnlawfulStepError
from payments.models import Payment, PaymentEvent
from payments.providers.registry import offered_provider
from payments.services.recording import (
    OPEN,
    close_payment,
    is_waiting,
    money_status,
    save_changed,
)
from users.models import User

Status = Payment.Status


@transactional
def create_payment(
    *, order: UUID, provider: str, amount: Decimal, currency: str
) -> Payment:
    """Make the first payment of an order, in the order's transaction; 1 statement.

    Nothing is asked of the provider before the transaction has ended: see
    ``start_payment``. A payment of nothing is paid at once.

    Raises:
        UnknownProviderError: The shop does not offer the provider.
    """
    offered_provider(provider)
    return _new_payment(order, provider, amount, currency)


@transactional
def replace_payment(
    *, order: UUID, provider: str, amount: Decimal, currency: str
) -> Payment:
    """Return the payment by which a buyer may try again; locks the order's payments.

    The same provider and amount: the same payment, which the provider cannot take
    twice. Otherwise the old one is closed, and voided by the outbox, and a new one is
    made. The caller has locked the order, so that two tries take turns.

    Raises:
        UnknownProviderError: The shop does not offer the provider.
        AlreadyPaidError: Money was received or reserved.
    """
    offered_provider(provider)
    amount = round_money(amount, currency)
    for payment in Payment.objects.lock_of_order(order):
        if not payment.is_wanted:
            continue
        if not is_waiting(payment):
            msg = "This order has been paid for."
            raise AlreadyPaidError(msg)
        is_same = (payment.provider, payment.amount) == (provider, amount)
        if is_same and payment.status != Status.CANCELLED:
            return payment
        close_payment(payment, PaymentEvent.Type.REPLACED)
    return create_payment(
        order=order, provider=provider, amount=amount, currency=currency
    )


@transactional
def lower_payment(order: UUID, *, amount: Decimal) -> None:
    """Have the payment that is awaited ask for no more than what is owed by now.

    Another one of the same provider takes its place: the buyer, or the provider, may
    know the old amount, and money that still comes by it has to fit into its row. One
    that has received a part is lowered instead. What is reserved stays: less of it is
    captured. Nothing is awaited any more once nothing is owed. Locks the order's
    payments; the caller has locked the order.

    Args:
        order: Public id.
        amount: Owed for the order in all, in whole minor units.
    """
    if not amount:
        cancel_payments(order)
        return
    for payment in Payment.objects.lock_of_order(order):
        is_open = payment.is_wanted and payment.status in OPEN
        if not is_open or payment.amount <= amount:
            continue
        if payment.captured_amount:
            payment.amount = max(amount, payment.captured_amount)
            if payment.amount == payment.captured_amount:
                payment.status = money_status(payment)
            save_changed(payment)
        else:
            close_payment(payment, PaymentEvent.Type.REPLACED)
            _new_payment(order, payment.provider, amount, payment.currency)


@transactional
def cancel_payment(payment: UUID, *, actor: User | None = None) -> None:
    """Stop waiting for one payment; the order may be paid in another way.

    Raises:
        UnlawfulStepError: It has brought money in, or does not count any more.
    """
    order = Payment.objects.values_list("order", flat=True).get(public_id=payment)
    for each in Payment.objects.lock_of_order(order):
        if each.public_id != payment:
            continue
        if each.captured_amount or not each.is_wanted:
            msg = "Only a payment that is still awaited can be cancelled."
            raise UnlawfulStepError(msg)
        close_payment(each, PaymentEvent.Type.CANCELLED, actor=actor)


@transactional
def cancel_payments(order: UUID) -> None:
    """Stop waiting for the money of an order; locks its payments.

    What is reserved is voided by the outbox; what was received stays until
    ``refund_payments`` sends it back; what still comes in is sent back by itself.
    """
    for payment in Payment.objects.lock_of_order(order):
        payment.is_order_cancelled = True
        if payment.captured_amount or not payment.amount:
            payment.status = money_status(payment)
            payment.save()
        else:
            close_payment(payment, PaymentEvent.Type.CANCELLED)


def _new_payment(order: UUID, provider: str, amount: Decimal, currency: str) -> Payment:
    """Store the payment that is to count for an order which has none; 1 statement."""
    amount = round_money(amount, currency)
    public_id = new_public_id()
    return Payment.objects.create(
        public_id=public_id,
        order=order,
        wanted_order=order,
        provider=provider,
        key=f"pay-{public_id}",
        status=Status.PENDING if amount else Status.PAID,
        amount=amount,
        currency=currency,
    )
