"""Who calls, by the token in the ``Authorization`` header."""

import re
from typing import Final

from django.utils import timezone
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from custom.prepared import PreparedRead
from users.models import AuthToken, User
from users.services import extend_token

SCHEMES: Final = frozenset({"token", "bearer"})
# Wider than what knox makes, so that tokens outlive a change of its settings;
# narrow enough that whatever matches can be hashed.
SECRET_PATTERN: Final = re.compile(r"[!-~]{1,255}")
FIND_TOKEN: Final = PreparedRead(AuthToken.objects.for_authentication)


class TokenAuthentication(BaseAuthentication):
    """Accept ``Token <secret>`` and ``Bearer <secret>``; 1 query a request.

    Knox's own class reads all tokens of the user as well and fails on bytes that
    are not UTF-8; see docs/decisions/0009-tokens.md.
    """

    def authenticate(self, request: Request) -> tuple[User, AuthToken] | None:
        """Return the caller and their token, ``None`` without such a header.

        Raises:
            AuthenticationFailed: ``token-invalid`` for whatever opens nothing,
                ``token-expired`` for what used to.
        """
        known: tuple[User, AuthToken] | None = getattr(request, "known_caller", None)
        if known is not None:  # asked before the view, by custom.throttling
            return known
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = header.strip(" \t").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None  # another authenticator's
        token = self._find_token(secret.strip(" \t"))
        now = timezone.now()
        if token.is_expired(now):
            msg = "This token has expired. Please sign in again."
            raise AuthenticationFailed(msg, code="token-expired")
        if token.is_extendable(now):
            extend_token(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in ``WWW-Authenticate``, which makes refusals a 401."""
        return "Token"

    @staticmethod
    def _find_token(secret: str) -> AuthToken:
        """Return the token of a secret that belongs to an active account."""
        token = None
        if SECRET_PATTERN.fullmatch(secret):
            digest = hash_token(secret)
            token = next(iter(FIND_TOKEN(digest=digest)), None)
        if token is None or not token.user.is_active:
            msg = "This token is not valid."
            raise AuthenticationFailed(msg, code="token-invalid")
        return token
