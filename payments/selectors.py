"""What orders may know of their money."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payments.models import Payment, Refund
from payments.providers import registry

ZERO = Decimal(0)


@dataclass(kw_only=True)
class MoneyState:
    """All the money of one order, in the order's currency.

    Attributes:
        authorized: Reserved, to be captured or voided.
        captured: Received in all; refunds do not lessen it.
        refunding: On its way back.
        refunded: Paid back.
        pending: Awaited from the payment that counts.
        failed: The payment that counts was refused or cancelled.
        needs_prepayment: The goods wait for the money.
    """

    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    refunding: Decimal = ZERO
    refunded: Decimal = ZERO
    pending: Decimal = ZERO
    failed: bool = False
    needs_prepayment: bool = False

    @property
    def refundable(self) -> Decimal:
        """Return what has been received and not promised back."""
        return self.captured - self.refunded - self.refunding


def money_of(orders: Collection[UUID]) -> dict[UUID, MoneyState]:
    """Sum up the money of each order; 1 query, no locks.

    Returns:
        One state for every order asked for, with or without payments.
    """
    states = {order: MoneyState() for order in orders}
    for payment in Payment.objects.of_orders(orders):
        _add(states[payment.order], payment)
    return states


def payments_of(order: UUID) -> list[Payment]:
    """Return the payments of an order, the oldest first; 1 query."""
    return list(Payment.objects.of_orders([order]))


def refunds_of(order: UUID) -> list[Refund]:
    """Return what was or is to be paid back of an order, the oldest first; 1 query."""
    return list(Refund.objects.of_orders([order]))


def _add(state: MoneyState, payment: Payment) -> None:
    """Add one payment to its order's state."""
    state.captured += payment.captured_amount
    state.refunding += payment.refunding_amount
    state.refunded += payment.refunded_amount
    if not payment.is_wanted:
        return
    state.needs_prepayment = registry.provider(payment.provider).needs_prepayment
    state.failed = payment.status in (Payment.Status.FAILED, Payment.Status.CANCELLED)
    if payment.status == Payment.Status.AUTHORIZED:
        state.authorized = payment.amount
    elif payment.status == Payment.Status.PENDING:
        state.pending = payment.amount - payment.captured_amount
