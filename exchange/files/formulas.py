"""Cells that no spreadsheet program calculates, and that are read back unchanged.

An apostrophe goes before a text that would be a formula, apostrophes at its start left
aside; reading takes just that one away, so that every text comes back as it was.
"""

from custom.spreadsheets import DANGEROUS


def shield(text: str) -> str:
    """Return a text that is shown, and not calculated."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def unshield(text: str) -> str:
    """Return the text that :func:`shield` was given."""
    is_shielded = text.startswith("'") and text.lstrip("'").startswith(DANGEROUS)
    return text[1:] if is_shielded else text
