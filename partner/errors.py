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


class StockChangedError(ConflictError):
    """The units in stock are not as many as the caller expected.

    ``extra["num_in_stock"]`` tells how many there are.
    """

    code = "stock-changed"
    title = "Stock has changed in the meantime"


class SkuTakenError(ConflictError):
    """The partner has another stock record under this SKU."""

    code = "sku-taken"
    title = "SKU in use"


class AlreadyOfferedError(ConflictError):
    """The partner has a stock record for this variant already."""

    code = "already-offered"
    title = "Variant offered already"


class PriceError(InvalidError):
    """A price is below 0, above its former price, or finer than the currency."""

    code = "invalid-price"
    title = "Invalid price"
