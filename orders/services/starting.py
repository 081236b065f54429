"""What follows a commit: the provider is asked for the money. No transaction is open.

Asked again, as a client does that lost its answer, a payment that was never started is
started: the process may have died before it called the provider. One that was started
is only looked up, to tell what the buyer has to do now.
"""

import contextlib
from uuid import UUID

from orders.services.money import follow_payments
from payments.errors import NotStartableError
from payments.models import Payment
from payments.providers.registry import provider
from payments.services import StartedPayment, resume_payment, start_payment


def start_placed_payment(
    public_id: UUID, *, token: str, return_url: str, is_replay: bool
) -> StartedPayment | None:
    """Start the payment of an order just placed, or look at one placed before.

    Whatever the provider does, the order is placed.

    Args:
        public_id: Of the order.
        token: What the buyer's browser got from the provider.
        return_url: Where the provider sends the buyer back to.
        is_replay: The order had been placed before.

    Returns:
        None if no payment of the order counts.
    """
    payment = Payment.objects.filter(wanted_order=public_id).first()
    if payment is None:
        return None
    with contextlib.suppress(NotStartableError):  # the order ended at this moment
        return _start(payment, token, return_url, is_replay=is_replay)
    return StartedPayment(payment=payment)


def start_chosen_payment(
    payment: UUID, *, token: str, return_url: str, is_replay: bool
) -> StartedPayment:
    """Start a payment the buyer has chosen; arguments as for a placed order's.

    Raises:
        NotStartableError: Another choice has taken its place meanwhile.
    """
    found = Payment.objects.get(public_id=payment)
    return _start(found, token, return_url, is_replay=is_replay)


def _start(
    payment: Payment, token: str, return_url: str, *, is_replay: bool
) -> StartedPayment:
    """Call the provider, and let the order hear of it at once."""
    if provider(payment.provider).is_manual:
        return StartedPayment(payment=payment)  # there is nobody to ask
    if is_replay and payment.attempts:
        started = resume_payment(payment.public_id)
    else:
        started = start_payment(payment.public_id, token=token, return_url=return_url)
    if started.payment.status != Payment.Status.PENDING:
        follow_payments(payment.order)
    return started
