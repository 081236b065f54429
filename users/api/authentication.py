"""Who calls, by the token or the API key in the ``Authorization`` header."""

import re
from typing import Any, Final, TypeVar

from django.utils import timezone
from knox.crypto import hash_token
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from custom.api.contract import Refusal
from custom.cookies import ASKED
from custom.prepared import PreparedRead
from users.models import ApiKey, AuthToken, User
from users.services import extend_token, record_key_use

Credential = TypeVar("Credential", AuthToken, ApiKey)

SCHEMES: Final = frozenset({"token", "bearer"})
# Wider than what knox makes, so that tokens outlive a change of its settings;
# narrow enough that whatever matches can be hashed.
SECRET_PATTERN: Final = re.compile(r"[!-~]{1,255}")
FIND_TOKEN: Final = PreparedRead(AuthToken.objects.for_authentication)
FIND_KEY: Final = PreparedRead(ApiKey.objects.for_authentication)
KEY_MARK: Final = "_"  # every key has one after its prefix, and no token has any


class TokenAuthentication(authentication.BaseAuthentication):
    """Accept ``Token <secret>`` and ``Bearer <secret>``; 1 query a request.

    The secret is a device's or an API key's; how it looks decides where it is looked
    for. Knox's own class reads all tokens of the user as well and fails on bytes that
    are not UTF-8; see docs/decisions/0009-tokens.md.
    """

    refusals = (Refusal.of(401, "token-invalid"), Refusal.of(401, "token-expired"))

    def authenticate(self, request: Request) -> tuple[User, AuthToken | ApiKey] | None:
        """Return the caller and what it showed, ``None`` without such a header.

        Raises:
            AuthenticationFailed: ``token-invalid`` for whatever opens nothing,
                ``token-expired`` for what used to.
        """
        shared = request._request  # noqa: SLF001 - its own attributes are slow
        known: tuple[User, AuthToken | ApiKey] | None = getattr(
            shared, "known_caller", None
        )
        if known is not None:  # asked before the view, by custom.throttling
            return known
        header = shared.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, rest = header.strip(" \t").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None  # another authenticator's
        secret = rest.strip(" \t")
        found = _open_key(secret) if KEY_MARK in secret else _open_token(secret)
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in ``WWW-Authenticate``, which makes refusals a 401."""
        return "Token"


class SessionAuthentication(authentication.SessionAuthentication):
    """REST framework's own; tells that the answer rests on there being no session."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the caller whose session it is, ``None`` without one."""
        setattr(request._request, ASKED, True)  # noqa: SLF001
        return super().authenticate(request)


def _open_token(secret: str) -> AuthToken:
    """Return the device of a secret, and note that it is used."""
    token = _find(FIND_TOKEN, secret)
    now = timezone.now()
    if token.is_expired(now):
        msg = "This token has expired. Please sign in again."
        raise AuthenticationFailed(msg, code="token-expired")
    if token.is_extendable(now):
        extend_token(token)
    return token


def _open_key(secret: str) -> ApiKey:
    """Return the key of a secret, and note that it is used."""
    key = _find(FIND_KEY, secret)
    now = timezone.now()
    if key.revoked_at is not None:
        raise _token_invalid()
    if key.is_expired(now):
        msg = "This key has expired. Please make another."
        raise AuthenticationFailed(msg, code="token-expired")
    if not key.is_use_recorded(now):
        record_key_use(key)
    return key


def _find(rows: PreparedRead[Credential], secret: str) -> Credential:
    """Return the row of a secret, if it belongs to an active account; 1 query."""
    found = None
    if SECRET_PATTERN.fullmatch(secret):
        found = next(iter(rows(digest=hash_token(secret))), None)
    if found is None or not found.user.is_active:
        raise _token_invalid()
    return found


def _token_invalid() -> AuthenticationFailed:
    return AuthenticationFailed("This token is not valid.", code="token-invalid")
