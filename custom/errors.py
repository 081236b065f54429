"""Domain errors: what went wrong in the shop's own terms, without HTTP.

Apps add leaves below one of the categories here, each with a stable ``code``
and a ``title``; ``custom.api.problems`` alone turns categories into status codes.
"""

from typing import ClassVar


class DomainError(Exception):
    """A rule of the business was broken; never raised for a bug."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, **extra: object) -> None:
        """Keep a sentence for people and JSON-safe facts for programs."""
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class InvalidError(DomainError):
    """The request is well formed, but a rule of the business forbids it."""


class MissingError(DomainError):
    """What was named does not exist, or the caller may not see it."""


class GoneError(DomainError):
    """What was named was there once, and will not come back."""

    code = "gone"
    title = "Gone"


class ConflictError(DomainError):
    """The request disagrees with the present state; the client may look and retry."""


class StaleError(DomainError):
    """What the client last saw has changed since, and it asked not to go on then."""

    code = "precondition-failed"
    title = "Changed in the meantime"


class TooOftenError(DomainError):
    """What was asked for may not be tried so often; it changed nothing."""

    def __init__(self, detail: str, *, retry_after: int, **extra: object) -> None:
        """Say after how many whole seconds it may be tried again."""
        super().__init__(detail, **extra)
        self.retry_after = retry_after


class UnavailableError(DomainError):
    """Nothing is wrong with the request; trying again shortly may succeed.

    ``retry_after`` is in whole seconds.
    """

    retry_after: ClassVar[int] = 1
