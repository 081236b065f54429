"""Letters, whatever they are written with."""

import unicodedata


def without_marks(text: str) -> str:
    """Return a text with plain letters in place of accented ones, and of ligatures."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each))
