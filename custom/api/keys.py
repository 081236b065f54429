"""What API keys are let in to: a view names the scope it needs, or refuses all keys.

A key is whatever ``request.auth`` has ``scopes``; see users.models.ApiKey.
"""

from http import HTTPStatus
from typing import Final

from rest_framework.exceptions import APIException
from rest_framework.request import Request

EVERY_KEY: Final = "*"  # in place of a scope: whoever may call, may call with a key


class ScopeMissingError(APIException):
    """The key is good, but not for this; ``extra["scope"]`` says what is needed."""

    status_code = HTTPStatus.FORBIDDEN
    default_code = "scope-missing"

    def __init__(self, scope: str | None) -> None:
        """Name the scope; None where no key is let in."""
        if scope is None:
            detail = "No API key is let in here. Sign in instead."
        else:
            detail = f"This needs a key with the scope {scope}."
        super().__init__(detail)
        self.extra = {"scope": scope}


def check_scope(request: Request, scope: str | None) -> None:
    """Refuse a key that has not the scope; whoever signed in otherwise passes.

    Raises:
        ScopeMissingError: It has not, or no key is let in.
    """
    scopes = getattr(request.auth, "scopes", None)
    if scopes is not None and scope != EVERY_KEY and scope not in scopes:
        raise ScopeMissingError(scope)
