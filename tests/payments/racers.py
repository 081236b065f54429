"""What the processes of a race do."""

from decimal import Decimal
from uuid import UUID

from django.test import Client

from payments.providers.dummy import SIGNATURE_HEADER, sign
from payments.services import refund_payments


def announce(body: str) -> int:
    """Deliver a signed webhook of the dummy's; return the status of the answer."""
    answer = Client().post(
        "/payment/webhook/dummy/",
        body,
        content_type="application/json",
        headers={SIGNATURE_HEADER: sign(body.encode())},
    )
    return answer.status_code


def pay_back(order: str, amount: str, source: str) -> int:
    """Ask for a refund; return how many were made."""
    refunds = refund_payments(
        order=UUID(order), amount=Decimal(amount), reason="race", source=source
    )
    return len(refunds)
