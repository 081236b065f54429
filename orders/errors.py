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


class TransitionNotAllowedError(ConflictError):
    """The order cannot move so from where it is, or not at this caller's word.

    ``extra`` holds the ``action``, the statuses, and ``allowed``: what could be done.
    """

    code = "transition-not-allowed"
    title = "Not possible in the order's present state"


class QuantityError(ConflictError):
    """More units of a line were named than this may be done to.

    Each entry of ``extra["errors"]`` also has ``line``, ``requested`` and
    ``available``.
    """

    code = "quantity-not-available"
    title = "More units than there are"


class UnknownLineError(InvalidError):
    """A line named is none of this order's, or not the caller's to touch."""

    code = "unknown-line"
    title = "Unknown line"


class ReturnWindowClosedError(ConflictError):
    """The time in which the buyer may return goods is over.

    ``extra`` holds ``returnable_until``.
    """

    code = "return-window-closed"
    title = "Too late to return"


class SeveralPartnersError(InvalidError):
    """The lines of one shipment belong to several partners."""

    code = "several-partners"
    title = "Lines of several partners"


class NothingToInvoiceError(ConflictError):
    """All of the order was given up."""

    code = "nothing-to-invoice"
    title = "Nothing to invoice"
