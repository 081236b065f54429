"""What can go wrong with payments, in the shop's own terms."""

from custom.errors import ConflictError, InvalidError, MissingError, UnavailableError


class UnknownProviderError(InvalidError):
    """The shop does not offer this way of paying."""

    code = "unknown-payment-provider"
    title = "Unknown payment provider"


class UnknownPaymentError(MissingError):
    """There is no such payment."""

    code = "unknown-payment"
    title = "Unknown payment"


class AlreadyPaidError(ConflictError):
    """Money was received or reserved already; paying again would be too much."""

    code = "already-paid"
    title = "Already paid"


class NotStartableError(ConflictError):
    """The payment was cancelled or replaced; another one has to be made."""

    code = "payment-closed"
    title = "Payment is closed"


class RefundTooLargeError(ConflictError):
    """More was to be paid back than has been received and not yet paid back.

    ``extra["refundable_amount"]`` is what may be paid back, a decimal string.
    """

    code = "refund-too-large"
    title = "Refund is too large"


class UnlawfulStepError(ConflictError):
    """The payment is not in a state that allows the step."""

    code = "unlawful-payment-step"
    title = "Not possible now"


class BadSignatureError(InvalidError):
    """A webhook was not signed by its provider, or long ago, or cannot be read."""

    code = "bad-signature"
    title = "Bad signature"


class ProviderDownError(UnavailableError):
    """No usable answer came; what was asked may have happened or not."""

    code = "payment-provider-unavailable"
    title = "Payment provider unavailable"


class ProviderRefusedError(InvalidError):
    """The provider understood, and will never do what was asked.

    ``extra["reason"]`` is its short code.
    """

    code = "payment-refused"
    title = "Payment refused"
