"""Vouchers the holder of a basket wants to use."""

from basket.errors import BasketFullError
from basket.holders import Holder
from basket.models import MAX_VOUCHERS, BasketVoucher
from basket.services.locking import Revisions, entry_missing, lock, lock_or_open, touch
from custom.transactions import transactional


@transactional
def add_voucher(holder: Holder, code: str) -> None:
    """Note a voucher; noting it again changes nothing.

    Raises:
        BasketFullError: The basket has ``MAX_VOUCHERS`` already.
    """
    basket = lock_or_open(holder)
    codes = set(basket.vouchers.values_list("code", flat=True))
    if code in codes:
        return
    if len(codes) >= MAX_VOUCHERS:
        msg = f"A basket takes {MAX_VOUCHERS} vouchers."
        raise BasketFullError(msg, most=MAX_VOUCHERS)
    BasketVoucher.objects.create(basket=basket, code=code)
    touch(basket)


@transactional
def remove_voucher(holder: Holder, code: str, *, expected: Revisions = None) -> None:
    """Forget a voucher.

    Raises:
        BasketStaleError: The basket is at none of the ``expected`` revisions.
        BasketEntryMissingError: It has no such voucher.
    """
    basket = lock(holder, expected)
    if not basket.vouchers.filter(code=code).delete()[0]:
        raise entry_missing()
    touch(basket)
