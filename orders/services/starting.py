"""What follows a commit: the provider is asked for the money. No transaction is open.

Asked again, as a client does that lost its answer, a payment that was never started is
started: the process may have died before it called the provider. One that was started
is only looked up, to tell what the buyer has to do now.
"""

import contextlib
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from custom.idempotency import Outcome, RequestKey, run_once
from orders.models import Order
from orders.requests import OrderRequest
from orders.selectors import load_money, read_placed
from orders.services.money import follow_payments
from orders.services.placing import place_order
from payments.errors import NotStartableError
from payments.models import Payment
from payments.providers.registry import provider
from payments.services import StartedPayment, resume_payment, start_payment


class Placing(NamedTuple):
    """An order with all that its buyer is shown, and how the request came to it."""

    order: Order
    outcome: Outcome


def order_once(
    request_key: RequestKey,
    wanted: Callable[[], OrderRequest],
    *,
    makes: UUID,
    token: str = "",
    return_url: str = "",
) -> Placing:
    """Place an order, once for each request key, and start its payment.

    Whatever the provider does, the order is placed. One placed just now is not read
    again unless a provider was asked.

    Args:
        request_key: Who asks.
        wanted: Returns what is ordered; called inside the transaction, once a try.
        makes: The order's public id.
        token: What the buyer's browser got from the provider.
        return_url: Where the provider sends the buyer back to.

    Raises:
        DomainError: As ``place_order`` and ``run_once`` raise; nothing is stored.
    """
    tries: list[Order] = []

    def place() -> str:
        tries.append(place_order(wanted()))
        return str(makes)

    outcome = run_once(request_key, place, makes=str(makes))
    if outcome.is_replay:
        made = UUID(outcome.made)
        started = None
        if payment := Payment.objects.filter(wanted_order=made).first():
            started = _try_to_start(payment, token, return_url, is_replay=True)
        order = load_money(Order.objects.for_detail().get(public_id=made), started)
    elif payment := _payment_to_start(tries[-1]):
        started = _try_to_start(payment, token, return_url, is_replay=False)
        order = read_placed(makes, started)
    else:
        order = tries[-1]
    return Placing(order, outcome)


def start_chosen_payment(
    payment: UUID, *, token: str, return_url: str, is_replay: bool
) -> StartedPayment:
    """Start a payment the buyer has chosen; arguments as for a placed order's.

    Raises:
        NotStartableError: Another choice has taken its place meanwhile.
    """
    found = Payment.objects.get(public_id=payment)
    return _start(found, token, return_url, is_replay=is_replay)


def _payment_to_start(order: Order) -> Payment | None:
    """Return the payment of a new order, if a provider has to be asked."""
    found = [payment for payment in order.payments if isinstance(payment, Payment)]
    return next((each for each in found if not provider(each.provider).is_manual), None)


def _try_to_start(
    payment: Payment, token: str, return_url: str, *, is_replay: bool
) -> StartedPayment:
    """Start an order's payment, unless the order has ended at this moment."""
    with contextlib.suppress(NotStartableError):
        return _start(payment, token, return_url, is_replay=is_replay)
    return StartedPayment(payment=payment)


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
