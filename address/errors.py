"""What can go wrong with the addresses of a book."""

from custom.errors import ConflictError, InvalidError, MissingError, StaleError


class AddressFormatError(InvalidError):
    """The address does not fit its country: ``extra["errors"]`` points at the parts."""

    code = "address-format"
    title = "Address does not fit its country"


class BookFullError(InvalidError):
    """A book takes so many addresses and no more: ``extra["most"]``."""

    code = "address-book-full"
    title = "Address book full"


class AddressMissingError(MissingError):
    """The caller's book has no such address."""

    code = "not-found"
    title = "Not found"


class AddressStaleError(StaleError):
    """The address has changed since the client looked."""


class AddressGoneError(ConflictError):
    """The address that a repeated request wrote has been deleted."""

    code = "address-gone"
    title = "Address deleted"
