"""When two spellings of an e-mail address mean the same account."""

import unicodedata
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from django.core.exceptions import ValidationError

from custom.codes import first_unseen

EMAIL_MAX_LENGTH: Final = 254  # RFC 5321 allows no longer path
_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
LAST_CHARACTER: Final = "\U0010ffff"  # sorts behind every other


def normalize_email(email: str) -> str:
    """Return the form by which two spellings of one address are equal.

    Normalising a normalised address changes nothing. The result may be longer
    than what was typed (``ß`` becomes ``ss``).
    """
    folded = unicodedata.normalize("NFKC", email).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def mailbox_of(email: str) -> str:
    """Return the form by which two spellings reach the same reader, for certain.

    Stricter than ``normalize_email``, which keeps look-alikes from being two accounts:
    ``straße.example`` and ``strasse.example`` are domains of two owners. No more than
    the case of ASCII letters may differ.
    """
    return email.strip().translate(_SMALL)


def is_same_mailbox(first: str, second: str) -> bool:
    """Tell whether what was left with one is the other's reader's to see."""
    return mailbox_of(first) == mailbox_of(second)


def validate_mailbox(email: str) -> None:
    """Refuse what passes for an address, though no mail server of others takes it so.

    Django's check knows letters without their case, and so takes some that are not of
    ASCII before the ``@``, such as the dotless i, and machines by number or as
    ``localhost``.
    What cannot be seen in a domain is dropped when a mail is sent: two texts that look
    the same would be two accounts of one mailbox.

    Raises:
        ValidationError: With code ``invalid``, as Django's own check.
    """
    name, _, domain = email.strip().rpartition("@")
    is_public = "." in domain and not domain.startswith("[")
    if not name.isascii() or not is_public or first_unseen(domain):
        msg = "Enter a valid email address."
        raise ValidationError(msg, code="invalid")


def validate_normalized_length(email: str) -> None:
    """Refuse an address that fits as typed but not once normalised.

    Raises:
        ValidationError: With code ``max_length``, as Django's own check.
    """
    if len(normalize_email(email)) > EMAIL_MAX_LENGTH:
        msg = "This address is too long."
        raise ValidationError(msg, code="max_length")
