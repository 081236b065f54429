"""What vouchers take off; no queries."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class VoucherDiscount:
    """What one voucher takes off an order, from its lines or from its shipping."""

    voucher_id: int
    code: str
    amount: Decimal
