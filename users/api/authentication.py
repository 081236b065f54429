"""Who calls, by the token or the API key in the ``Authorization`` header."""

import re
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
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
KEY_MARK: Final = "_"  # every key has one after its prefix, and no token has any


class _Credentials(Generic[Credential]):
    """Credentials of one kind with their owners, by digest.

    Both instances are made here, of one tuple: Django takes as long again to find out
    which columns are whose.
    """

    def __init__(self, kind: type[Credential]) -> None:
        self._kind: Any = kind
        self._own = _columns(kind)
        self._owners = _columns(User)
        self._rows: PreparedRead[tuple[Any, ...]] = PreparedRead(self._build)

    def find(self, digest: str) -> Credential | None:
        """Return the one of a digest, if there is one; 1 query."""
        for row in self._rows(digest=digest):
            mine, owners = row[: len(self._own)], row[len(self._own) :]
            found: Credential = self._kind.from_db(DEFAULT_DB_ALIAS, self._own, mine)
            found.user = User.from_db(DEFAULT_DB_ALIAS, self._owners, owners)
            return found
        return None

    def _build(self, digest: str) -> Any:  # noqa: ANN401
        owners = (f"user__{name}" for name in self._owners)
        found = self._kind.objects.for_authentication(digest)
        return found.values_list(*self._own, *owners)


def _columns(model: type[Model]) -> list[str]:
    """Name the columns of a model, as ``from_db`` takes them."""
    return [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001


FIND_TOKEN: Final = _Credentials(AuthToken)
FIND_KEY: Final = _Credentials(ApiKey)


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


def _find(rows: _Credentials[Credential], secret: str) -> Credential:
    """Return the row of a secret, if it belongs to an active account; 1 query."""
    found = None
    if SECRET_PATTERN.fullmatch(secret):
        found = rows.find(hash_token(secret))
    if found is None or not found.user.is_active:
        raise _token_invalid()
    return found


def _token_invalid() -> AuthenticationFailed:
    return AuthenticationFailed("This token is not valid.", code="token-invalid")
