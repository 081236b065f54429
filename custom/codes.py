"""Codes that people and other systems type: SKUs, external ids, keys of all kinds.

Two that look the same are the same: a code is kept in one form of Unicode, and has
nothing in it that cannot be seen. Why so: docs/decisions/0074-codes.md.
"""

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError

# Control, format, surrogate, private and unassigned characters; every space but one.
_UNSEEN_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
# Letters and marks that are drawn as nothing: fillers, joiners, variation selectors.
_BLANKS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def normalize_code(typed: str) -> str:
    """Return the form in which a code is kept and looked up; refuses nothing."""
    return unicodedata.normalize("NFC", typed).strip()


def read_code(typed: str) -> str:
    """Return what was typed as a code, in the form in which it is kept.

    Raises:
        ValidationError: With ``invalid-character``; it names the first that cannot be
            seen, or says that spaces follow each other.
    """
    code = normalize_code(typed)
    if unseen := first_unseen(code):
        msg = f"Has a character that cannot be seen: U+{ord(unseen):04X}."
        raise ValidationError(msg, code="invalid-character")
    if "  " in code:
        msg = "Has several spaces in a row."
        raise ValidationError(msg, code="invalid-character")
    return code


def first_unseen(text: str) -> str:
    """Return the first character that nobody sees, but for plain spaces; else empty."""
    return next((each for each in text if _is_unseen(each)), "")


def _is_unseen(character: str) -> bool:
    if character == " ":
        return False
    kind = unicodedata.category(character)
    return kind in _UNSEEN_KINDS or bool(_BLANKS.match(character))
