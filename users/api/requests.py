"""Requests whose caller is known, for type checking."""

from rest_framework.request import Request

from users.models import AuthToken, User


class AuthenticatedRequest(Request):
    """What a view receives behind ``IsAuthenticated``; never made by hand.

    ``auth`` is ``None`` when a session cookie identified the caller.
    """

    user: User
    auth: AuthToken | None


class TokenRequest(AuthenticatedRequest):
    """What a view receives that accepts tokens and no sessions."""

    auth: AuthToken
