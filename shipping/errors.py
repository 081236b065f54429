"""What can go wrong with shipping."""

from custom.errors import InvalidError


class NotShippedError(InvalidError):
    """No method takes this parcel to this place."""

    code = "not-shipped"
    title = "Not shipped there"


class ShippingMethodError(InvalidError):
    """The method that was named does not take this parcel to this place.

    ``extra["methods"]`` lists the codes of those that do.
    """

    code = "shipping-method-unavailable"
    title = "Shipping method not available"
