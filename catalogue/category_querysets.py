"""Every way in which categories are found, by name."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet

from catalogue.querysets import id_or_slug, is_id

if TYPE_CHECKING:
    from catalogue.models import Category

WORD_PATTERNS = 3  # of each word, see ``word_patterns``


class CategoryQuerySet(TreeQuerySet):
    """Categories, in tree order unless said otherwise."""

    def public(self) -> Self:
        """Keep categories that are public, as is every category above them."""
        hidden = self.model.objects.order_by().filter(
            is_public=False,
            tree_id=OuterRef("tree_id"),
            lft__lte=OuterRef("lft"),
            rght__gte=OuterRef("rght"),
        )
        return self.filter(~Exists(hidden))

    def in_tree_order(self) -> Self:
        """Sort each before those below it."""
        return self.order_by("tree_id", "lft")

    def find(self, key: str) -> Self:
        """Keep the category of an id (digits only) or a slug."""
        return self.filter(id_or_slug(key))

    def find_by_any_slug(self, key: str) -> Self:
        """Keep the category of an id, of its slug, or of one nobody had since."""
        return self.find(key) if is_id(key) else self.filter(slugs__slug=key)

    def like(self, patterns: Sequence[str]) -> Self:
        """Keep names that fit, for each word, one of three patterns; not by index.

        The column's collation tells neither case nor accents apart.

        Args:
            patterns: Those of ``word_patterns``, one word's after another's.
        """
        found = self
        for at in range(0, len(patterns), WORD_PATTERNS):
            fits = Q(pk__in=())
            for pattern in patterns[at : at + WORD_PATTERNS]:
                fits |= Q(name__like=pattern)
            found = found.filter(fits)
        return found

    def below(self, nodes: Sequence["Category"], depth: int | None = None) -> Self:
        """Keep the descendants of equally deep nodes, ``depth`` levels at most."""
        ranges = Q(pk__in=())
        for node in nodes:
            ranges |= Q(tree_id=node.tree_id, lft__gt=node.lft, lft__lt=node.rght)
        found = self.filter(ranges)
        if depth is None or not nodes:
            return found
        return found.filter(level__lte=nodes[0].level + depth)

    def above(self, nodes: Iterable["Category"]) -> Self:
        """Keep some nodes and all that they are below."""
        ranges = Q(pk__in=())
        for node in nodes:
            ranges |= Q(tree_id=node.tree_id, lft__lte=node.lft, rght__gte=node.rght)
        return self.filter(ranges)

    def lock(self, pks: Iterable[int]) -> "list[Category]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())


def word_patterns(starts: Iterable[str]) -> list[str]:
    """Return patterns of SQL for names that have a word that begins so, of each."""
    found: list[str] = []
    for start in starts:
        text = connection.ops.prep_for_like_query(start)
        found += (f"{text}%", f"% {text}%", f"%-{text}%")
    return found


CategoryManager = TreeManager.from_queryset(CategoryQuerySet)
