"""What a service is asked to order, before anything is looked up."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from basket.holders import Holder
from basket.requests import LineRequest, QuoteRequest
from custom.ids import new_public_id
from promotions.codes import customer_key
from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One order to place.

    Attributes:
        user: Who buys; None for a guest, who has ``guest_email`` instead.
        lines: At least one, and the same item may come twice; empty where ``basket``
            says whose open basket is bought.
        shipping_method: Its code; empty for the cheapest.
        vouchers: Codes as they were typed.
        payment_provider: Its code; empty if the buyer chooses later.
        expected_total: What the buyer was shown; None for no opinion.
        public_id: Chosen here, so that whoever asks knows it beforehand.
    """

    user: User | None
    lines: tuple[LineRequest, ...] = ()
    basket: Holder | None = None
    shipping_address: Mapping[str, str]
    billing_address: Mapping[str, str]
    guest_email: str = ""
    shipping_method: str = ""
    vouchers: tuple[str, ...] = ()
    payment_provider: str = ""
    note: str = ""
    language: str = "en"
    expected_total: Decimal | None = None
    public_id: uuid.UUID = field(default_factory=new_public_id)

    def quote_request(self) -> QuoteRequest:
        """Return what must be priced."""
        return QuoteRequest(
            lines=self.lines,
            country=self.shipping_address["country"],
            postcode=self.shipping_address["postcode"],
            region=self.shipping_address["region"],
            shipping_method=self.shipping_method,
            vouchers=self.vouchers,
            customer=self.customer,
        )

    @property
    def customer(self) -> str:
        """Return what stands for the buyer in the ledger of vouchers."""
        return customer_key(self.user.pk if self.user else None, self.guest_email)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricOrder:
    """An order that was paid and delivered before this shop kept the books.

    Attributes:
        quantities: Stock record id -> units, at least 1 each.
        completed_at: When the last unit arrived, not before ``placed_at``.
    """

    user: User
    placed_at: datetime
    completed_at: datetime
    quantities: Mapping[int, int]
    address: Mapping[str, str]
