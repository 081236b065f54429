"""What can go wrong with reviews."""

from custom.errors import ConflictError


class ReviewExistsError(ConflictError):
    """The user has reviewed the product already."""

    code = "review-exists"
    title = "Already reviewed"


class ReviewGoneError(ConflictError):
    """The review that a repeated request wrote has been deleted."""

    code = "review-gone"
    title = "Review deleted"
