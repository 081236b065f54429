"""What a service is asked to order, before anything is looked up."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from basket.requests import LineRequest
from custom.ids import new_public_id
from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One order to place.

    Attributes:
        user: Who buys; None for a guest, who has ``guest_email`` instead.
        lines: At least one; the same item may come twice.
        expected_total: What the buyer was shown; None for no opinion.
        public_id: Chosen here, so that whoever asks knows it beforehand.
    """

    user: User | None
    lines: tuple[LineRequest, ...]
    shipping_address: Mapping[str, str]
    billing_address: Mapping[str, str]
    guest_email: str = ""
    note: str = ""
    language: str = "en"
    expected_total: Decimal | None = None
    public_id: uuid.UUID = field(default_factory=new_public_id)


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
