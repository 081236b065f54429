"""What can go wrong with orders.

Where a line of the request is at fault, ``extra["errors"]`` names it by a JSON
pointer, as problem documents of bad input do.
"""

from custom.errors import ConflictError, InvalidError


class ShortageError(ConflictError):
    """Fewer units are free than were asked for.

    Each entry of ``extra["errors"]`` also has ``variant``, ``requested`` and
    ``available``.
    """

    code = "insufficient-stock"
    title = "Not enough in stock"


class TotalChangedError(ConflictError):
    """The order would cost another sum than the client expects.

    ``extra`` holds the present ``total_amount`` and ``currency``.
    """

    code = "total-changed"
    title = "Total changed"


class OrderTooLargeError(InvalidError):
    """The sum is more than the shop can write down."""

    code = "order-too-large"
    title = "Order too large"
