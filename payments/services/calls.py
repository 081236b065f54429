"""The one door to providers: never while a transaction is open."""

from custom.transactions import is_transaction_open
from payments.models import Payment
from payments.providers import registry
from payments.providers.base import Charge, Provider


def provider_of(payment: Payment) -> Provider:
    """Return the payment's provider, ready to be asked over the network.

    Raises:
        RuntimeError: A transaction is open; its locks would be held for seconds.
    """
    if is_transaction_open():
        msg = "a provider is never called inside a transaction"
        raise RuntimeError(msg)
    return registry.provider(payment.provider)


def charge_of(payment: Payment) -> Charge:
    """Tell a provider which payment is meant."""
    return Charge(
        payment=payment.public_id,
        order=payment.order,
        key=payment.key,
        amount=payment.amount,
        currency=payment.currency,
        reference=payment.reference or "",
    )
