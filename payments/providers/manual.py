"""Ways of paying that no program can watch: staff say what came in and went out."""

from collections.abc import Mapping
from decimal import Decimal

from payments.errors import BadSignatureError
from payments.providers.base import (
    Charge,
    ChargeState,
    Provider,
    RefundStanding,
    RefundState,
    Standing,
    WebhookEvent,
)


class ManualProvider(Provider):
    """Knows nothing of its own: every answer is "as your ledger has it"."""

    needs_prepayment = False
    is_manual = True

    def create(self, charge: Charge) -> str:
        """Return a reference a buyer may put on a transfer."""
        return charge.key

    def confirm(
        self, charge: Charge, *, token: str, return_url: str, attempt: int
    ) -> ChargeState:
        """Wait for the money."""
        return self.fetch(charge)

    def fetch(self, charge: Charge) -> ChargeState:
        """Tell nothing new."""
        return ChargeState(reference=charge.reference, standing=Standing.PENDING)

    def capture(self, charge: Charge, amount: Decimal) -> ChargeState:
        """Believe the caller, who saw the money."""
        return ChargeState(
            reference=charge.reference, standing=Standing.CAPTURED, captured=amount
        )

    def void(self, charge: Charge) -> ChargeState:
        """Stop waiting for the money."""
        return ChargeState(reference=charge.reference, standing=Standing.CANCELLED)

    def refund(self, charge: Charge, amount: Decimal, *, key: str) -> RefundState:
        """Leave it to staff to pay back, and to say when it is done."""
        return RefundState(
            reference=key, amount=amount, standing=RefundStanding.PENDING, key=key
        )

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Refuse: nobody may call."""
        msg = "Nobody announces payments of this kind."
        raise BadSignatureError(msg)


class InvoiceProvider(ManualProvider):
    """The buyer transfers the money after the goods have come."""

    code = "invoice"
    name = "Invoice"


class CashOnDeliveryProvider(ManualProvider):
    """The buyer pays whoever hands the goods over."""

    code = "cash_on_delivery"
    name = "Cash on delivery"
    is_collected_on_delivery = True
