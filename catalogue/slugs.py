"""Slugs: in addresses, digits alone are an id, so a slug always has a letter."""

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

from catalogue.errors import InvalidSlugError, SlugTakenError
from catalogue.models import SLUG_LENGTH

SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
LETTER = re.compile(r"[a-z]")
SUFFIX_LENGTH = 10  # room kept for "-2", "-3", …


def new_slugs(
    rows: QuerySet[Any], texts: Sequence[str], *, fallback: str, former: QuerySet[Any]
) -> list[str]:
    """Make a slug of each text that no row and no other text has.

    A text without a letter of the alphabet gets ``fallback`` before it; one whose
    slug is taken gets ``-2``, ``-3``, … behind it. Call it under a lock that every
    writer of the table's slugs takes. 2 queries, and 2 for each slug that is taken.

    Args:
        rows: All rows of the table.
        texts: Titles or names, in any script.
        fallback: A word, such as ``product``.
        former: Slugs that lead to rows; nobody takes one over without choosing to.
    """
    bases = [_base(text, fallback) for text in texts]
    taken = _taken((rows, former), slug__in=set(bases))
    looked_up: set[str] = set()
    slugs = []
    for base in bases:
        slug = base
        if base in taken and base not in looked_up:
            # "-" and "." are neighbours in the slug's binary collation.
            taken |= _taken((rows, former), slug__gt=f"{base}-", slug__lt=f"{base}.")
            looked_up.add(base)
        number = 2
        while slug in taken:
            slug = f"{base}-{number}"
            number += 1
        taken.add(slug)
        slugs.append(slug)
    return slugs


def check_slug(rows: QuerySet[Any], slug: str) -> str:
    """Return a slug somebody chose, if none of the rows has it; 1 query.

    It may be one that another row had: its address is then taken over.

    Raises:
        InvalidSlugError: It has no letter, or a character a slug may not have.
        SlugTakenError: A row has it.
    """
    check_slug_shape(slug)
    if rows.filter(slug=slug).exists():
        msg = f"The slug {slug} is taken."
        raise SlugTakenError(msg)
    return slug


def check_slug_shape(slug: str) -> None:
    """Refuse what no slug can be.

    Raises:
        InvalidSlugError: It has no letter, or a character a slug may not have.
    """
    if not SLUG.fullmatch(slug) or not LETTER.search(slug) or len(slug) > SLUG_LENGTH:
        msg = "A slug has small letters, digits and hyphens, and at least one letter."
        raise InvalidSlugError(msg)


def _taken(tables: Iterable[QuerySet[Any]], **conditions: object) -> set[str]:
    """Return the slugs in any of the tables that meet the conditions."""
    return {
        slug
        for table in tables
        for slug in table.filter(**conditions).values_list("slug", flat=True)
    }


def _base(text: str, fallback: str) -> str:
    """Return a text's slug before numbers are added; it has a letter."""
    slug = slugify(text)[: SLUG_LENGTH - SUFFIX_LENGTH].strip("-_")
    if LETTER.search(slug):
        return slug
    return f"{fallback}-{slug or secrets.token_hex(4)}"
