"""Text as search compares it: words without case, accents or punctuation.

The same functions read what is indexed and what is asked, so that no engine's own
rules matter, and nothing typed is ever syntax to an engine.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custom.text import without_marks

MAX_WORDS = 16  # of a query; the others are left out
MAX_WORD_LENGTH = 60
# Letters that Unicode does not take apart.
SINGLE_LETTERS = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",  # noqa: RUF001 - the one without a dot
        "ħ": "h",
    }
)
POSSESSIVE = re.compile(r"(?<=\w)['’`](?=s\b)")  # noqa: RUF001 - typed so
WORD = re.compile(r"[^\W_]+")
PIECE = re.compile(r'(?P<not>-)?(?:"(?P<phrase>[^"]*)"|(?P<plain>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a query: a word, or several that must stand side by side."""

    words: tuple[str, ...]
    is_unwanted: bool = False


def fold(text: str) -> str:
    """Return text without case and accents: ``Amélie`` is ``amelie``."""
    if text.isascii():
        return text.lower()
    return without_marks(text.casefold()).translate(SINGLE_LETTERS)


def split_words(text: str) -> list[str]:
    """Return the words of a text, folded and in order; long ones are cut."""
    folded = POSSESSIVE.sub("", fold(text))
    return [word[:MAX_WORD_LENGTH] for word in WORD.findall(folded)]


def read_clauses(query: str) -> list[Clause]:
    """Read what somebody typed: words, ``"phrases"``, and ``-unwanted`` ones."""
    clauses: list[Clause] = []
    left = MAX_WORDS
    for piece in PIECE.finditer(query):
        is_unwanted = piece["not"] is not None
        words = split_words(piece["phrase"] or piece["plain"] or "")[:left]
        left -= len(words)
        if piece["phrase"] is not None and words:
            clauses.append(Clause(tuple(words), is_unwanted))
        else:
            clauses += [Clause((word,), is_unwanted) for word in words]
    return clauses


def write_clauses(clauses: Sequence[Clause], words: Iterable[str]) -> str:
    """Write a query with other words, one for each that is wanted."""
    following = iter(words)
    parts = []
    for clause in clauses:
        if clause.is_unwanted:
            own = clause.words
        else:
            own = tuple(next(following) for _ in clause.words)
        text = own[0] if len(own) == 1 else f'"{" ".join(own)}"'
        parts.append(f"-{text}" if clause.is_unwanted else text)
    return " ".join(parts)


def normalise(query: str) -> str:
    """Return a query as it is counted: its words in order, with blanks between."""
    return " ".join(word for clause in read_clauses(query) for word in clause.words)
