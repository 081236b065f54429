"""What can go wrong with partners and stock."""

from custom.errors import ConflictError, InvalidError


class InsufficientStockError(ConflictError):
    """Fewer units are free than were asked for.

    ``extra["shortages"]`` lists ``{stock_record, requested, available}``.
    """

    code = "insufficient-stock"
    title = "Not enough in stock"


class NotPromisedError(ConflictError):
    """Fewer units are promised to orders than are to be shipped or released.

    ``extra["shortages"]`` lists ``{stock_record, requested, promised}``.
    """

    code = "not-promised"
    title = "Fewer units are promised"


class BelowAllocatedError(ConflictError):
    """A count would leave fewer units than are promised to orders."""

    code = "below-allocated"
    title = "Fewer units than are promised to orders"


class PriceError(InvalidError):
    """A price is below 0, above its former price, or finer than the currency."""

    code = "invalid-price"
    title = "Invalid price"
