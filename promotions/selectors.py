"""Which vouchers a buyer may use now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from custom.errors import DomainError
from custom.money import format_money
from promotions.codes import normalize_code
from promotions.errors import (
    VoucherCustomerLimitError,
    VoucherExpiredError,
    VoucherMinimumError,
    VoucherNotCombinableError,
    VoucherNotStartedError,
    VoucherUnknownError,
    VoucherUsedUpError,
)
from promotions.models import Voucher

Fault = tuple[type[DomainError], str]  # and a sentence
EXCLUSIVE: Fault = (
    VoucherNotCombinableError,
    "This voucher cannot be used together with another.",
)


@dataclass(frozen=True, slots=True)
class VoucherRefusal:
    """Why a voucher does not count.

    Attributes:
        position: Of the code among those given, counted from 0.
        code: In capitals.
        error: What refusing it raises; its ``code`` says why.
    """

    position: int
    code: str
    error: type[DomainError]
    detail: str


def judge_vouchers(
    codes: Sequence[str], *, subtotal: Decimal, currency: str, customer: str = ""
) -> tuple[list[Voucher], list[VoucherRefusal]]:
    """Tell which vouchers count and which do not; 1 query, none without codes.

    A code that comes twice counts once. An exclusive voucher does not count beside
    another that would.

    Args:
        codes: As they were typed.
        subtotal: What the goods cost before any discount.
        currency: ISO 4217 code of the subtotal.
        customer: Whose uses count, as ``customer_key`` has it; empty: unknown.

    Returns:
        Both in the order of the codes.
    """
    wanted = [normalize_code(code) for code in codes]
    if not wanted:
        return [], []
    rows = Voucher.objects.usable(currency).filter(code__in=wanted)
    found = {row.code: row for row in rows.with_uses_of(customer).order_by()}
    now = timezone.now()
    faults = {code: _fault(found.get(code), subtotal, now) for code in wanted}
    counting = [found[code] for code, fault in faults.items() if fault is None]
    if len(counting) > 1:
        for voucher in counting:
            if voucher.is_exclusive:
                faults[voucher.code] = EXCLUSIVE
    refusals = [
        VoucherRefusal(position, code, *fault)
        for position, code in enumerate(wanted)
        if (fault := faults[code]) is not None
    ]
    return [row for row in counting if faults[row.code] is None], refusals


def refuse_vouchers(refusals: Sequence[VoucherRefusal]) -> None:
    """Raise the error of the first refusal, if there is one, naming all of them.

    Raises:
        VoucherUnknownError: It does not exist, or no longer.
        VoucherNotStartedError: It is for later.
        VoucherExpiredError: It was for earlier.
        VoucherMinimumError: The goods cost too little.
        VoucherUsedUpError: All uses are taken.
        VoucherCustomerLimitError: The customer has taken all of theirs.
        VoucherNotCombinableError: It is exclusive, and another one counts.
    """
    if not refusals:
        return
    errors = [
        {
            "pointer": f"#/vouchers/{refusal.position}",
            "code": refusal.error.code,
            "detail": refusal.detail,
        }
        for refusal in refusals
    ]
    raise refusals[0].error(refusals[0].detail, errors=errors)


def _fault(voucher: Voucher | None, subtotal: Decimal, now: datetime) -> Fault | None:
    """Return why a voucher on its own does not count."""
    if voucher is None:
        return VoucherUnknownError, "This voucher is not known."
    return (
        _time_fault(voucher, now)
        or _minimum_fault(voucher, subtotal)
        or _use_fault(voucher)
    )


def _time_fault(voucher: Voucher, now: datetime) -> Fault | None:
    if voucher.starts_at is not None and now < voucher.starts_at:
        return VoucherNotStartedError, "This voucher is not valid yet."
    if voucher.ends_at is not None and voucher.ends_at <= now:
        return VoucherExpiredError, "This voucher is not valid any more."
    return None


def _minimum_fault(voucher: Voucher, subtotal: Decimal) -> Fault | None:
    if subtotal >= voucher.minimum_subtotal:
        return None
    minimum = format_money(voucher.minimum_subtotal, voucher.currency)
    detail = f"This voucher is for orders of {minimum} {voucher.currency} or more."
    return VoucherMinimumError, detail


def _use_fault(voucher: Voucher) -> Fault | None:
    if voucher.max_uses is not None and (voucher.num_used or 0) >= voucher.max_uses:
        return VoucherUsedUpError, "This voucher has been used up."
    limit = voucher.max_uses_per_customer
    if limit is not None and voucher.num_used_by_customer >= limit:
        return VoucherCustomerLimitError, "You have used this voucher already."
    return None
