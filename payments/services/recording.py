"""What providers say, written into the ledger; in any order, any number of times.

Everything here only ever moves forward: what was received never becomes less, and an
older answer that arrives late changes nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.conf import settings
from django.utils import timezone

from custom import outbox
from custom.money import format_money
from custom.transactions import transactional
from payments.errors import RefundTooLargeError
from payments.models import (
    ERROR_LENGTH,
    REASON_LENGTH,
    Payment,
    PaymentEvent,
    Refund,
)
from payments.providers.base import (
    ChargeState,
    RefundStanding,
    RefundState,
    Standing,
    WebhookEvent,
)
from users.models import User

logger = structlog.get_logger(__name__)

Status = Payment.Status
Type = PaymentEvent.Type

ZERO = Decimal(0)
OPEN = (Status.PENDING, Status.FAILED)  # a buyer may still pay by such a payment
CHECK_RESERVED = timedelta(days=1)  # a reservation may lapse without a word
# An answer counts if it is further than what is known; a refused payment may yet be
# paid, and money that came in can no longer be cancelled.
_RANKS = {
    Status.PENDING: 0,
    Status.FAILED: 1,
    Status.AUTHORIZED: 2,
    Status.CANCELLED: 3,
    Status.PAID: 4,
    Status.PARTLY_REFUNDED: 4,
    Status.REFUNDED: 4,
}
_STATUSES = {
    Standing.PENDING: Status.PENDING,
    Standing.FAILED: Status.FAILED,
    Standing.AUTHORIZED: Status.AUTHORIZED,
    Standing.CANCELLED: Status.CANCELLED,
    Standing.CAPTURED: Status.PAID,
}
_TYPES = {
    Status.FAILED: Type.FAILED,
    Status.AUTHORIZED: Type.AUTHORIZED,
    Status.CANCELLED: Type.CANCELLED,
    Status.PAID: Type.CAPTURED,
}
_REFUND_RANKS = {
    Refund.Status.PENDING: 0,
    Refund.Status.SUCCEEDED: 1,
    Refund.Status.FAILED: 2,  # a bank may send back what seemed paid back
}
_REFUND_STATUSES = {
    RefundStanding.PENDING: Refund.Status.PENDING,
    RefundStanding.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundStanding.FAILED: Refund.Status.FAILED,
}


@transactional
def record_state(
    payment: Payment,
    state: ChargeState,
    *,
    event: WebhookEvent | None = None,
    actor: User | None = None,
    note: str = "",
) -> Payment:
    """Take over what is new in a provider's answer; locks the order's payments.

    Money that came in for a payment that no longer counts is decided upon: see
    :func:`_place_late_money`.

    Args:
        payment: As read before, perhaps stale.
        state: What the provider, or a member of staff, says.
        event: The webhook that made the shop ask; recorded once.
        actor: The member of staff who says so.
        note: What they wrote.

    Returns:
        The payment as it stands now.
    """
    siblings = Payment.objects.lock_of_order(payment.order)
    payment = next(each for each in siblings if each.pk == payment.pk)
    if event and PaymentEvent.objects.is_known(payment.provider, event.id):
        return payment
    captured_before = payment.captured_amount
    news = [
        *_charge_news(payment, state),
        *_refund_news(payment, state.refunds),
    ]
    told = news or ([PaymentEvent(type=Type.ANNOUNCED)] if event else [])
    for entry in told:
        entry.actor = actor
        entry.note = note
    if event:
        told[0].provider_event_id = event.id
    write_events(payment, told)
    if payment.captured_amount > captured_before and not payment.is_wanted:
        _place_late_money(payment, siblings)
    if news:
        save_changed(payment)
    return payment


def write_events(payment: Payment, events: Sequence[PaymentEvent]) -> None:
    """Add rows about one payment to the ledger; at most 1 statement."""
    for event in events:
        event.payment = payment
        event.provider = payment.provider
    if events:
        PaymentEvent.objects.bulk_create(events)


def save_changed(payment: Payment) -> None:
    """Store a payment that is locked, and tell the order; 2 statements."""
    payment.save()
    outbox.publish("payment.changed", {"order": str(payment.order)})


def money_status(payment: Payment) -> Payment.Status:
    """Name the state of a payment from which nothing more is awaited."""
    if not payment.refunded_amount:
        return Status.PAID
    is_all = payment.refunded_amount == payment.captured_amount
    return Status.REFUNDED if is_all else Status.PARTLY_REFUNDED


def close_payment(
    payment: Payment, how: PaymentEvent.Type, *, actor: User | None = None
) -> None:
    """Stop waiting for a locked payment, and have what may be reserved let go.

    Args:
        payment: Has received nothing.
        how: ``CANCELLED`` or ``REPLACED``.
        actor: The member of staff who wants it.
    """
    was_started = bool(payment.attempts)
    if payment.status != Status.CANCELLED:
        write_events(payment, [PaymentEvent(type=how, actor=actor)])
    payment.status = Status.CANCELLED
    payment.wanted_order = None
    payment.next_check_at = None
    save_changed(payment)
    if was_started:
        outbox.publish("payment.void", {"payment": str(payment.public_id)})


def request_refund(
    payment: Payment,
    *,
    amount: Decimal,
    reason: str,
    source: str,
    actor: User | None = None,
) -> Refund:
    """Promise a part of a locked payment back, and have it paid; 4 statements.

    The payment's counter is changed in the database and on ``payment`` alike.

    Raises:
        RefundTooLargeError: Less than ``amount`` is left.
    """
    if not Payment.objects.reserve_refund(payment.pk, amount):
        raise refund_too_large([payment])
    payment.refunding_amount += amount
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason[:REASON_LENGTH],
        source=source,
    )
    entry = PaymentEvent(
        type=Type.REFUND_REQUESTED, refunding_delta=amount, actor=actor
    )
    write_events(payment, [entry])
    outbox.publish("payment.refund", {"refund": str(refund.public_id)})
    return refund


def refund_too_large(payments: Sequence[Payment]) -> RefundTooLargeError:
    """Say how much of an order's payments may still be paid back."""
    left = sum((payment.refundable_amount for payment in payments), ZERO)
    currency = payments[0].currency if payments else settings.SHOP_CURRENCY
    shown = format_money(left, currency)
    msg = f"At most {shown} {currency} can be paid back."
    return RefundTooLargeError(msg, refundable_amount=shown)


def _charge_news(payment: Payment, state: ChargeState) -> Iterator[PaymentEvent]:
    """Move a payment to where its provider has it; yield what is new."""
    if state.reference and not payment.reference:
        payment.reference = state.reference
    status = _STATUSES[state.standing]
    error = state.error[:ERROR_LENGTH]
    captured = max(_possible(payment, state.captured) - payment.captured_amount, ZERO)
    is_further = _RANKS[status] > _RANKS[Status(payment.status)]
    if not captured and not is_further:
        return
    payment.captured_amount += captured
    payment.error = error
    payment.checks = 0
    if is_further:
        payment.status = status
        payment.next_check_at = _next_check(status)
    kind = Type.CAPTURED if captured else _TYPES[status]
    yield PaymentEvent(type=kind, captured_delta=captured, error=error)


def _possible(payment: Payment, captured: Decimal) -> Decimal:
    """Keep what a provider claims within what was asked for, which the database does.

    The money is not lost: ``payments reconcile`` goes on naming the difference.
    """
    if captured > payment.amount:
        logger.error("payment_captured_too_much", payment=str(payment.public_id))
    return min(captured, payment.amount)


def _next_check(status: Payment.Status) -> datetime | None:
    """Say when the sweeper should ask about a payment that came so far."""
    return timezone.now() + CHECK_RESERVED if status == Status.AUTHORIZED else None


def _refund_news(
    payment: Payment, states: Sequence[RefundState]
) -> Iterator[PaymentEvent]:
    """Move each refund to where the provider has it; yield what is new."""
    if not states:
        return
    known = list(Refund.objects.filter(payment=payment))
    by_key = {refund.key: refund for refund in known}
    by_reference = {refund.reference: refund for refund in known if refund.reference}
    for state in states:
        refund = by_reference.get(state.reference) or by_key.get(state.key)
        if refund is None:
            refund = _adopt_refund(payment, state)
            if refund is None:
                continue
            yield PaymentEvent(
                type=Type.REFUND_REQUESTED, refunding_delta=refund.amount
            )
        yield from _move_refund(payment, refund, state)
    if _RANKS[Status(payment.status)] == _RANKS[Status.PAID]:
        payment.status = money_status(payment)


def _adopt_refund(payment: Payment, state: RefundState) -> Refund | None:
    """Make a row for a refund that somebody made at the provider."""
    if state.standing == RefundStanding.FAILED:
        return None
    if state.amount > payment.refundable_amount:
        logger.error(
            "payment_refund_does_not_fit",
            payment=str(payment.public_id),
            reference=state.reference,
        )
        return None
    payment.refunding_amount += state.amount
    return Refund.objects.create(
        payment=payment,
        amount=state.amount,
        currency=payment.currency,
        reason="Made at the provider.",
        source=f"provider:{state.reference}",
    )


def _move_refund(
    payment: Payment, refund: Refund, state: RefundState
) -> Iterator[PaymentEvent]:
    """Settle a refund on a locked payment's counters; yield what is new."""
    before, after = Refund.Status(refund.status), _REFUND_STATUSES[state.standing]
    is_further = _REFUND_RANKS[after] > _REFUND_RANKS[before]
    if refund.reference == state.reference and not is_further:
        return
    refund.reference = refund.reference or state.reference or None
    if not is_further:
        refund.save()
        return
    was_pending = before == Refund.Status.PENDING
    has_succeeded = after == Refund.Status.SUCCEEDED
    refunding = -refund.amount if was_pending else ZERO
    refunded = ZERO
    if has_succeeded:
        refunded = refund.amount
    elif not was_pending:
        refunded = -refund.amount
    payment.refunding_amount += refunding
    payment.refunded_amount += refunded
    refund.status = after
    refund.error = state.error[:ERROR_LENGTH]
    refund.settled_at = timezone.now()
    refund.save()
    if not has_succeeded:
        logger.error("payment_refund_failed", refund=str(refund.public_id))
    yield PaymentEvent(
        type=Type.REFUNDED if has_succeeded else Type.REFUND_FAILED,
        refunding_delta=refunding,
        refunded_delta=refunded,
        error=refund.error,
    )


def _place_late_money(payment: Payment, siblings: Sequence[Payment]) -> None:
    """Decide what becomes of money for a payment that no longer counted.

    If the order still waits for money, this is it, and the payment that had taken
    its place is closed. If the order was cancelled or has money, all of it goes back.
    """
    rival = next((each for each in siblings if each.is_wanted), None)
    if not payment.is_order_cancelled and (rival is None or is_waiting(rival)):
        if rival is not None:
            close_payment(rival, Type.REPLACED)
        payment.wanted_order = payment.order
        return
    logger.warning("payment_came_too_late", payment=str(payment.public_id))
    payment.save()
    request_refund(
        payment,
        amount=payment.refundable_amount,
        reason="Paid after the order no longer needed it.",
        source=f"late:{payment.captured_amount}",
    )


def is_waiting(payment: Payment) -> bool:
    """Tell whether a payment has neither money nor a promise of it."""
    return payment.status != Status.AUTHORIZED and not payment.captured_amount
