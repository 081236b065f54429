"""What can go wrong when wanted lines are priced.

Where a line of the request is at fault, ``extra["errors"]`` names it by a JSON
pointer, as problem documents of bad input do.
"""

from custom.errors import ConflictError, InvalidError, MissingError, StaleError


class NotForSaleError(InvalidError):
    """Nobody offers what was asked for, or not to everyone."""

    code = "not-for-sale"
    title = "Not for sale"


class EmptyBasketError(InvalidError):
    """There is nothing to order."""

    code = "empty-basket"
    title = "Empty basket"


class BasketFullError(InvalidError):
    """A basket takes so many lines or vouchers and no more: ``extra["most"]``."""

    code = "basket-full"
    title = "Basket full"


class QuantityTooLargeError(InvalidError):
    """A line holds so many units and no more: ``extra["most"]``."""

    code = "quantity-too-large"
    title = "Quantity too large"


class BasketEntryMissingError(MissingError):
    """The caller's basket has no such line or voucher."""

    code = "not-found"
    title = "Not found"


class BasketStaleError(StaleError):
    """The basket has changed since the client looked."""


class BasketChangedError(ConflictError):
    """The basket was changed, ordered or merged while it was being ordered."""

    code = "basket-changed"
    title = "Basket changed"
