"""Vouchers the holder of a basket wants to use."""

from collections.abc import Sequence

from django.conf import settings

from basket.errors import BasketFullError
from basket.holders import Holder
from basket.items import find_items
from basket.models import MAX_VOUCHERS, Basket, BasketVoucher
from basket.services.locking import Revisions, entry_missing, lock, lock_or_open, touch
from basket.totals import NOTHING
from custom.transactions import transactional
from promotions.codes import customer_key, normalize_code
from promotions.errors import VoucherNotCombinableError
from promotions.selectors import judge_vouchers


@transactional
def add_voucher(holder: Holder, code: str) -> None:
    """Note a voucher that counts as things stand; noting it again changes nothing.

    Raises:
        BasketFullError: The basket has ``MAX_VOUCHERS`` already.
        DomainError: The voucher does not count; see ``promotions.errors``.
    """
    code = normalize_code(code)
    basket = lock_or_open(holder)
    codes = list(basket.vouchers.values_list("code", flat=True))
    if code in codes:
        return
    if len(codes) >= MAX_VOUCHERS:
        msg = f"A basket takes {MAX_VOUCHERS} vouchers."
        raise BasketFullError(msg, most=MAX_VOUCHERS)
    _refuse_useless(basket, codes, code)
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
    if not basket.vouchers.filter(code=normalize_code(code)).delete()[0]:
        raise entry_missing()
    touch(basket)


def _refuse_useless(basket: Basket, codes: Sequence[str], code: str) -> None:
    """Raise if a voucher would not count, or would put an exclusive one out of use.

    What is wrong with the others by themselves is told by their warnings.
    """
    items, _unsold = find_items([line.as_request() for line in basket.lines.all()])
    _counting, refusals = judge_vouchers(
        [*codes, code],
        subtotal=sum((item.line_total for item in items), NOTHING),
        currency=settings.SHOP_CURRENCY,
        customer=customer_key(basket.user_id),
    )
    for refusal in refusals:
        if refusal.code == code or refusal.error is VoucherNotCombinableError:
            fault = {"pointer": "#/code", "code": refusal.error.code}
            errors = [fault | {"detail": refusal.detail}]
            raise refusal.error(refusal.detail, errors=errors)
