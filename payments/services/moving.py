"""Money that is captured, let go or paid back: decided here, carried out later.

What decides runs in the caller's transaction and leaves through the outbox; what
carries out (``carry_out_…``) is called by the outbox, at least once, and repeats with
the same key at the provider, so that money moves once.
"""

from decimal import Decimal
from uuid import UUID

from custom import outbox
from custom.money import round_money
from custom.transactions import transactional
from payments.errors import UnlawfulStepError
from payments.models import Payment, Refund
from payments.providers import registry
from payments.providers.base import ChargeState, RefundState, Standing
from payments.services.calls import charge_of, provider_of
from payments.services.recording import (
    record_state,
    refund_too_large,
    request_refund,
    save_changed,
)
from users.models import User

Status = Payment.Status


@transactional
def capture_payments(
    order: UUID, *, amount: Decimal | None = None, delivered: bool = False
) -> None:
    """Have what is reserved for an order taken; locks its payments.

    Args:
        order: Public id.
        amount: To take, at most what was asked for, which is the default; the rest
            is let go.
        delivered: The goods were handed over: cash on delivery is taken for received.
    """
    for payment in Payment.objects.lock_of_order(order):
        if not payment.is_wanted:
            continue
        wanted = payment.amount if amount is None else min(amount, payment.amount)
        if payment.status == Status.AUTHORIZED:
            outbox.publish(
                "payment.capture",
                {
                    "payment": str(payment.public_id),
                    "amount": str(round_money(wanted, payment.currency)),
                },
            )
        elif delivered and _is_collected(payment):
            state = ChargeState(
                reference="", standing=Standing.CAPTURED, captured=wanted
            )
            record_state(payment, state)


@transactional
def refund_payments(
    *, order: UUID, amount: Decimal, reason: str, source: str
) -> list[Refund]:
    """Have a part of what an order has paid paid back; locks its payments.

    Taken from the newest payment first.

    Args:
        order: Public id.
        amount: More than 0, in whole minor units.
        reason: For people; nothing personal.
        source: What caused it: asked again, the same refunds are returned.

    Raises:
        RefundTooLargeError: Less is left than ``amount``; nothing is changed.
    """
    payments = Payment.objects.lock_of_order(order)
    known = list(Refund.objects.of_source(order, source))
    if known:
        return known
    left = amount
    if not 0 < left <= sum(payment.refundable_amount for payment in payments):
        raise refund_too_large(payments)
    refunds = []
    for payment in reversed(payments):
        part = min(left, payment.refundable_amount)
        if part <= 0:
            continue
        refunds.append(
            request_refund(payment, amount=part, reason=reason, source=source)
        )
        left -= part
        save_changed(payment)
    return refunds


@transactional
def repeat_refund(refund: UUID, *, actor: User) -> Refund:
    """Try a refund that failed once more; locks the order's payments.

    Raises:
        UnlawfulStepError: It has not failed, or was repeated before.
        RefundTooLargeError: The money went back in another way.
    """
    failed = Refund.objects.select_related("payment").get(public_id=refund)
    siblings = Payment.objects.lock_of_order(failed.payment.order)
    payment = next(each for each in siblings if each.pk == failed.payment_id)
    source = f"again:{failed.public_id}"
    failed.refresh_from_db(fields=["status"])
    is_repeated = payment.refunds.filter(source=source).exists()
    if failed.status != Refund.Status.FAILED or is_repeated:
        msg = "Only a refund that failed can be repeated, and once."
        raise UnlawfulStepError(msg)
    again = request_refund(
        payment,
        amount=failed.amount,
        reason=failed.reason,
        source=source,
        actor=actor,
    )
    save_changed(payment)
    return again


def carry_out_capture(payment: UUID, amount: Decimal) -> None:
    """Take what is reserved, unless that has happened.

    Raises:
        ProviderDownError: The outbox is to call again.
    """
    found = Payment.objects.get(public_id=payment)
    if found.status == Status.AUTHORIZED:
        record_state(found, provider_of(found).capture(charge_of(found), amount))


def carry_out_void(payment: UUID) -> None:
    """Let go what a closed payment may have reserved.

    Where the money was taken meanwhile, it is recorded as late and sent back.

    Raises:
        ProviderDownError: The outbox is to call again.
    """
    found = Payment.objects.get(public_id=payment)
    if found.reference and not found.is_wanted and not found.captured_amount:
        record_state(found, provider_of(found).void(charge_of(found)))


def carry_out_refund(refund: UUID) -> None:
    """Pay back, unless that has happened.

    Raises:
        ProviderDownError: The outbox is to call again.
    """
    found = Refund.objects.select_related("payment").get(public_id=refund)
    if found.status != Refund.Status.PENDING or found.reference:
        return
    payment = found.payment
    state = provider_of(payment).refund(charge_of(payment), found.amount, key=found.key)
    record_refund(payment, state)


def record_refund(
    payment: Payment, state: RefundState, *, actor: User | None = None, note: str = ""
) -> Payment:
    """Take over what a provider, or a member of staff, says about one refund."""
    known = ChargeState(
        reference=payment.reference or "", standing=Standing.PENDING, refunds=(state,)
    )
    return record_state(payment, known, actor=actor, note=note)


def _is_collected(payment: Payment) -> bool:
    """Tell whether handing over the goods is receiving this payment."""
    is_pending = payment.status == Status.PENDING
    return is_pending and registry.provider(payment.provider).is_collected_on_delivery
