"""Whose account a request without credentials is about, for its rate limit."""

from collections.abc import Mapping

from rest_framework.request import Request

from users.tried import account_digest


def tried_account(request: Request) -> str | None:
    """Name the account whose ``email`` is in the body, known or not; else None.

    Raises:
        APIException: The body cannot be read.
    """
    body = request.data
    email = body.get("email") if isinstance(body, Mapping) else None
    if not isinstance(email, str):
        return None
    return account_digest(email)
