"""Reads ``Idempotency-Key`` from a request."""

import hashlib
import re
from http import HTTPStatus

from rest_framework.exceptions import APIException
from rest_framework.request import Request

from custom.idempotency import Outcome, RequestKey

HEADER = "Idempotency-Key"
BASKET_TOKEN_HEADER = "X-Basket-Token"  # noqa: S105 - a name, not a secret
REPLAYED_HEADER = "Idempotent-Replayed"
POINTER = f"#/header/{HEADER}"
_LAWFUL = re.compile(r"[\x21-\x7e]{1,255}")


class KeyRequiredError(APIException):
    """The endpoint does nothing without a key."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency-key-required"
    pointer = POINTER
    default_detail = "Send an Idempotency-Key header, a new one for each order."


class KeyInvalidError(APIException):
    """The key is too long, or has a character it may not have."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency-key-invalid"
    pointer = POINTER
    default_detail = "An Idempotency-Key is 1 to 255 visible ASCII characters."


def read_key(
    request: Request, *, endpoint: str, body: object = None
) -> RequestKey | None:
    """Return what identifies the request, or None if it carries no key.

    The caller is the signed-in user, else who holds the basket token, else nobody:
    the key alone then tells.

    Args:
        request: Whose header is read.
        endpoint: What it asks for.
        body: Stands for a body that is not plain values, as that of an upload.

    Raises:
        KeyInvalidError: The key is not 1-255 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if not key:
        return None
    if not _LAWFUL.fullmatch(key):
        raise KeyInvalidError
    return RequestKey.of(
        key,
        caller=_caller(request),
        endpoint=endpoint,
        body=request.data if body is None else body,
    )


def require_key(request: Request, *, endpoint: str) -> RequestKey:
    """Return what identifies the request.

    Raises:
        KeyRequiredError: It carries no key.
        KeyInvalidError: The key is not 1-255 visible ASCII characters.
    """
    key = read_key(request, endpoint=endpoint)
    if key is None:
        raise KeyRequiredError
    return key


def replay_headers(outcome: Outcome) -> dict[str, str]:
    """Return the header that tells a client of an answer given before."""
    return {REPLAYED_HEADER: "true"} if outcome.is_replay else {}


def digest_of(content: bytes) -> str:
    """Return what stands for a file in the body of a keyed request."""
    return hashlib.sha256(content).hexdigest()


def _caller(request: Request) -> str:
    """Name whose key it is; the basket token itself is not stored."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if token := request.headers.get(BASKET_TOKEN_HEADER):
        return hashlib.sha256(token.encode()).hexdigest()
    return ""
