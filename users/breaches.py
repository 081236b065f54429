"""Whether a password is known from breaches, without telling anybody which it is.

A service with the range API of Have I Been Pwned is told five characters of a digest,
and answers all that begin so. It may be slow or gone: then the password passes.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import structlog
import urllib3
from django.conf import settings

from custom.transactions import is_transaction_open

logger = structlog.get_logger(__name__)

PREFIX: Final = 5  # hexadecimal digits of the digest that are told
ANSWER_BYTES: Final = 1024 * 1024  # ten times the longest there is
OK: Final = 200
_asked: ContextVar[dict[str, bool] | None] = ContextVar("users_breaches", default=None)


def is_breached(password: str) -> bool:
    """Tell whether a password is known; False where nobody is asked, or nobody answers.

    Inside a transaction nobody is asked: what ``asked`` found before it is told.
    """
    digest = _digest(password)
    known = (_asked.get() or {}).get(digest)
    if known is not None:
        return known
    if not settings.BREACHED_PASSWORDS_URL or is_transaction_open():
        return False
    try:
        suffixes = _fetch(digest[:PREFIX])
    except (urllib3.exceptions.HTTPError, UnicodeError, ValueError) as error:
        logger.warning("breached_passwords_unasked", error=type(error).__name__)
        return False
    return digest[PREFIX:] in suffixes


@contextmanager
def asked(password: str) -> Iterator[None]:
    """Ask now, for whoever wants to know within the block, in a transaction or not."""
    token = _asked.set({_digest(password): is_breached(password)})
    try:
        yield
    finally:
        _asked.reset(token)


def _fetch(prefix: str) -> set[str]:
    """Return the rest of every known digest that begins so.

    Raises:
        urllib3.exceptions.HTTPError: Nobody answers in time, or with anything else
            than success.
        ValueError: It is no such list.
    """
    timeout = urllib3.Timeout(total=settings.BREACHED_PASSWORDS_SECONDS)
    url = f"{settings.BREACHED_PASSWORDS_URL}{prefix}"
    # The answer's length would tell who listens a little; padding hides it.
    headers = {"Add-Padding": "true", "User-Agent": settings.SHOP_NAME}
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        answer = pool.request("GET", url, headers=headers, preload_content=False)
        try:
            if answer.status != OK:
                msg = f"answered {answer.status}"
                raise urllib3.exceptions.HTTPError(msg)
            text = answer.read(ANSWER_BYTES, decode_content=True).decode("ascii")
        finally:
            answer.close()
    rows = (line.partition(":") for line in text.splitlines())
    return {suffix.upper() for suffix, _, count in rows if int(count) > 0}


def _digest(password: str) -> str:
    """Return the digest such services go by; it protects nothing."""
    text = password.encode(errors="replace")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().upper()
