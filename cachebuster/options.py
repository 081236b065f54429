"""The app's one setting, ``CACHEBUSTER``; what it leaves out has a default."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What ``CACHEBUSTER`` says; its keys are these names in capitals.

    Attributes:
        stamp: "hash" names files by their content; "mtime" keeps the query of old,
            for old tests: such an URL is never told to be immutable.
        hash_length: Hex characters of SHA-256 in a name.
        sri: Digest of ``integrity`` attributes.
        immutable_max_age: Seconds that an URL with the right hash may be kept.
        plain_max_age: Seconds that an URL without a stamp may be kept.
        strict: Whether a file that was not collected is an error in a page.
    """

    stamp: str = "hash"
    hash_length: int = 20
    sri: str = "sha384"
    immutable_max_age: int = 31536000
    plain_max_age: int = 60
    strict: bool = True

    @classmethod
    def read(cls) -> Self:
        """Return the options as they are now; ``cachebuster.checks`` judges them."""
        return cls._make(tuple(settings.CACHEBUSTER.items()))

    @classmethod
    @lru_cache(maxsize=8)  # asked for at every request of a static file
    def _make(cls, given: tuple[tuple[str, Any], ...]) -> Self:
        return cls(**{name.lower(): value for name, value in given})
