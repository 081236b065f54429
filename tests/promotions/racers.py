"""What the tests of this package run in processes of their own."""

import uuid
from decimal import Decimal

from promotions.discounts import VoucherDiscount
from promotions.services import give_back_vouchers, redeem_vouchers


def redeem(voucher_ids: list[int], customer: str) -> str:
    """Use each voucher once for a new order, and tell the order."""
    order = uuid.uuid4()
    redeem_vouchers(
        [VoucherDiscount(pk, "", "fixed", Decimal(5)) for pk in voucher_ids],
        order=order,
        customer=customer,
    )
    return str(order)


def redeem_and_give_back(voucher_ids: list[int], customer: str) -> None:
    """Use each voucher and give the use back, again and again."""
    for _ in range(5):
        give_back_vouchers(uuid.UUID(redeem(voucher_ids, customer)))


def give_back(order: str) -> None:
    """Give back what an order used."""
    give_back_vouchers(uuid.UUID(order))
