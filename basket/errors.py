"""What can go wrong when wanted lines are priced.

Where a line of the request is at fault, ``extra["errors"]`` names it by a JSON
pointer, as problem documents of bad input do.
"""

from custom.errors import InvalidError


class NotForSaleError(InvalidError):
    """Nobody offers what was asked for, or not to everyone."""

    code = "not-for-sale"
    title = "Not for sale"
