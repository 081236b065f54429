"""Writes to vouchers: what staff set, and each use that is taken or given back."""

import uuid
from collections.abc import Collection, Sequence

from django.utils import timezone

from custom.history import recorded
from custom.transactions import transactional
from promotions.discounts import VoucherDiscount
from promotions.errors import VoucherCustomerLimitError, VoucherUsedUpError
from promotions.models import Voucher, VoucherCounter, VoucherRedemption


@transactional
def save_voucher(voucher: Voucher) -> Voucher:
    """Store a new or changed voucher; a new one gets its counter."""
    is_new = voucher.pk is None
    with recorded("Voucher saved."):
        voucher.save()
    if is_new:
        VoucherCounter.objects.create(voucher=voucher)
    return voucher


@transactional
def redeem_vouchers(
    vouchers: Sequence[VoucherDiscount], *, order: uuid.UUID, customer: str
) -> None:
    """Take one use of each voucher for an order; call it before stock is taken.

    The counters change in one conditional UPDATE, so that no use is given twice; it
    also makes orders with the same voucher wait for each other, which is why the
    customer's own uses may be counted afterwards. 1 SELECT, 1 UPDATE, 1 INSERT, and
    1 SELECT if a voucher has a limit for each customer. A voucher that takes
    nothing off is not used.

    Args:
        vouchers: Of the order's quote.
        order: Its public id.
        customer: As ``customer_key`` has it; not empty.

    Raises:
        VoucherUsedUpError: No use is left of one; nothing is taken.
        VoucherCustomerLimitError: None is left for this customer.
    """
    used = {each.voucher_id: each for each in vouchers if each.amount}
    if not used:
        return
    rows = Voucher.objects.in_bulk(list(used))
    limits = {pk: row.max_uses for pk, row in rows.items()}
    if VoucherCounter.objects.count_use(limits) != len(used):
        msg = "A voucher has just been used up."
        raise VoucherUsedUpError(msg)
    _check_customer(list(rows.values()), customer)
    VoucherRedemption.objects.bulk_create(
        VoucherRedemption(
            voucher_id=pk, order=order, customer=customer, amount=used[pk].amount
        )
        for pk in sorted(used)
    )


@transactional
def give_back_vouchers(order: uuid.UUID) -> None:
    """Give back the uses of an order that came to nothing; doing it again is harmless.

    Locks the order's redemptions, then the counters, each in the vouchers' order.
    """
    uses = VoucherRedemption.objects.lock_standing(order)
    if not uses:
        return
    VoucherRedemption.objects.filter(pk__in=[use.pk for use in uses]).update(
        given_back_at=timezone.now()
    )
    VoucherCounter.objects.take_use_back([use.voucher_id for use in uses])


@transactional
def assign_redemptions(orders: Collection[uuid.UUID], *, customer: str) -> None:
    """Count the uses of these orders as another customer's from now on; 1 UPDATE.

    Args:
        orders: Public ids, whose rows the caller has locked.
        customer: As ``customer_key`` has it.
    """
    uses = VoucherRedemption.objects.filter(order__in=orders).order_by("pk")
    uses.update(customer=customer)


def _check_customer(vouchers: Sequence[Voucher], customer: str) -> None:
    """Refuse a customer who has taken every use one customer has."""
    limits = {
        voucher.pk: voucher.max_uses_per_customer
        for voucher in vouchers
        if voucher.max_uses_per_customer is not None
    }
    if not limits:
        return
    used = VoucherRedemption.objects.count_by_voucher(limits, customer)
    if any(used.get(pk, 0) >= limit for pk, limit in limits.items()):
        msg = "You have used this voucher already."
        raise VoucherCustomerLimitError(msg)
