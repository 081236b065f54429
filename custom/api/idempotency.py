"""Reads ``Idempotency-Key`` from a request."""

import re
from http import HTTPStatus

from rest_framework.exceptions import APIException
from rest_framework.request import Request

from custom.idempotency import RequestKey

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
_LAWFUL = re.compile(r"[\x21-\x7e]{1,255}")


class KeyRequiredError(APIException):
    """The endpoint does nothing without a key."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency-key-required"
    default_detail = "Send an Idempotency-Key header, a new one for each order."


class KeyInvalidError(APIException):
    """The key is too long, or has a character it may not have."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency-key-invalid"
    default_detail = "An Idempotency-Key is 1 to 255 visible ASCII characters."


def read_key(request: Request, *, endpoint: str) -> RequestKey | None:
    """Return what identifies the request, or None if it carries no key.

    The caller is the signed-in user, else nobody: the key alone then tells.

    Raises:
        KeyInvalidError: The key is not 1-255 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if not key:
        return None
    if not _LAWFUL.fullmatch(key):
        raise KeyInvalidError
    user = request.user
    caller = f"user:{user.pk}" if user.is_authenticated else ""
    return RequestKey.of(key, caller=caller, endpoint=endpoint, body=request.data)


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
