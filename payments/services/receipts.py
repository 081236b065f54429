"""What staff have seen with their own eyes: money in, money out."""

from decimal import Decimal
from uuid import UUID

from custom.errors import StaleError
from custom.money import format_money, round_money
from custom.transactions import transactional
from payments.errors import UnlawfulStepError
from payments.models import Payment, Refund
from payments.providers import registry
from payments.providers.base import (
    ChargeState,
    RefundStanding,
    RefundState,
    Standing,
)
from payments.services.moving import record_refund
from payments.services.recording import record_state
from users.models import User


@transactional
def record_receipt(
    payment: UUID,
    *,
    actor: User,
    amount: Decimal | None = None,
    seen: Decimal | None = None,
    note: str = "",
) -> Payment:
    """Note money that came in by transfer or in cash; locks the order's payments.

    Parts add up; the last one makes the payment paid. Money for an order that was
    cancelled, or paid in another way, is noted and to be sent back.

    Args:
        payment: Public id.
        actor: Who saw the money.
        amount: All that is missing, if not said.
        seen: What had come in when the caller looked; None if they did not.
        note: The bank's reference, for example; nothing personal.

    Raises:
        StaleError: Other money than was seen has come in; nothing is changed.
        UnlawfulStepError: A provider watches the payment, or more came than was
            missing; nothing is changed.
    """
    found = Payment.objects.select_for_update().get(public_id=payment)
    if seen is not None and seen != found.captured_amount:
        msg = "Money has been noted since this page was shown. Look at it again."
        raise StaleError(msg)
    missing = found.amount - found.captured_amount
    part = missing if amount is None else round_money(amount, found.currency)
    _require_manual(found)
    if not 0 < part <= missing:
        shown = format_money(missing, found.currency)
        msg = f"At most {shown} {found.currency} may come in."
        raise UnlawfulStepError(msg)
    is_all = part == missing
    state = ChargeState(
        reference="",
        standing=Standing.CAPTURED if is_all else Standing.PENDING,
        captured=found.captured_amount + part,
    )
    return record_state(found, state, actor=actor, note=note)


@transactional
def record_repayment(refund: UUID, *, actor: User, note: str = "") -> Payment:
    """Note that a refund was paid out by hand; locks the order's payments.

    Raises:
        UnlawfulStepError: A provider watches the payment, or the refund is settled.
    """
    found = Refund.objects.select_related("payment").get(public_id=refund)
    _require_manual(found.payment)
    if found.status != Refund.Status.PENDING:
        msg = "This refund is settled."
        raise UnlawfulStepError(msg)
    state = RefundState(
        reference=found.reference or found.key,
        amount=found.amount,
        standing=RefundStanding.SUCCEEDED,
        key=found.key,
    )
    return record_refund(found.payment, state, actor=actor, note=note)


def _require_manual(payment: Payment) -> None:
    """Leave to providers what they know better."""
    if not registry.provider(payment.provider).is_manual:
        msg = "The provider itself tells what came in and went out."
        raise UnlawfulStepError(msg)
