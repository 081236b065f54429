"""Why a voucher was refused.

Where codes came in a list, ``extra["errors"]`` names each refused one by a JSON
pointer; the first of them says which error is raised.
"""

from custom.errors import ConflictError, InvalidError


class VoucherUnknownError(InvalidError):
    """There is no voucher of this code, or no longer."""

    code = "voucher-unknown"
    title = "Unknown voucher"


class VoucherNotStartedError(InvalidError):
    """The voucher is for later."""

    code = "voucher-not-started"
    title = "Voucher not valid yet"


class VoucherExpiredError(InvalidError):
    """The voucher was for earlier."""

    code = "voucher-expired"
    title = "Voucher expired"


class VoucherMinimumError(InvalidError):
    """The goods cost too little."""

    code = "voucher-minimum"
    title = "Minimum not reached"


class VoucherNotCombinableError(InvalidError):
    """An exclusive voucher stands beside another."""

    code = "voucher-not-combinable"
    title = "Voucher not combinable"


class VoucherUsedUpError(ConflictError):
    """All uses of the voucher are taken."""

    code = "voucher-used-up"
    title = "Voucher used up"


class VoucherCustomerLimitError(ConflictError):
    """The customer has taken all the uses one customer has."""

    code = "voucher-customer-limit"
    title = "Voucher used already"


VOUCHER_ERRORS = (
    VoucherUnknownError,
    VoucherNotStartedError,
    VoucherExpiredError,
    VoucherMinimumError,
    VoucherNotCombinableError,
    VoucherUsedUpError,
    VoucherCustomerLimitError,
)
