"""Categories, by slug; a parent stands before what is below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from import_export.fields import Field

from catalogue.models import SLUG_LENGTH, Category
from catalogue.services import create_category, move_category, update_category
from catalogue.services.listings import TREE_LOCK
from custom.locks import lock_named
from exchange.cells import Text, YesNo
from exchange.kinds.base import Kind, Line, Outcome, RowError, Scope
from exchange.kinds.reading import CHUNK, below, check_new_slug


@dataclass(slots=True)
class _Tree:
    """Categories that a chunk names, by slug, and slugs that rows before make."""

    categories: dict[str, Category]
    planned: set[str]


class CategoryKind(Kind):
    """The tree; each row that changes something is written by itself (0004)."""

    name = "categories"
    label = "Categories"
    keys = ("slug",)
    view = "catalogue.view_category"
    change = "catalogue.change_category"
    create = "catalogue.add_category"

    slug = Field("slug", "slug", Text(SLUG_LENGTH, is_required=True))
    title = Field("name", "name", Text(200, is_required=True))
    parent = Field("parent__slug", "parent", Text(SLUG_LENGTH))
    description = Field("description", "description", Text(10_000))
    is_public = Field("is_public", "is_public", YesNo())

    def mentioned(self, line: Line) -> set[str]:
        """Return the parent, which an earlier row may make."""
        return {line.values["parent"]} if line.values.get("parent") else set()

    def load(self, lines: Sequence[Line], scope: Scope) -> _Tree:
        """Read the categories that are named; 1 query."""
        named = {line.key for line in lines}
        named |= {line.values["parent"] for line in lines if line.values.get("parent")}
        found = Category.objects.filter(slug__in=named).select_related("parent")
        tree = _Tree({each.slug: each for each in found}, set(scope.planned))
        for line in lines:
            line.found = tree.categories.get(line.key)
        return tree

    def judge_one(self, line: Line, loaded: _Tree, scope: Scope) -> None:
        """Refuse a new one without a name, and a place that is none."""
        if line.found is None:
            check_new_slug(line.key)
            if "name" not in line.values:
                detail = "A new category needs a name."
                raise RowError(detail, "name")
        parent = line.values.get("parent")
        if parent and parent not in loaded.categories:
            if parent not in loaded.planned:
                detail = "There is no such category before this row."
                raise RowError(detail, "parent")
        elif parent and line.found is not None:
            above = loaded.categories[parent]
            if above.is_descendant_of(line.found, include_self=True):
                detail = "A category cannot be below itself."
                raise RowError(detail, "parent")
        self.compare(line)
        if line.outcome == Outcome.CREATED:
            loaded.planned.add(line.key)

    def lock(self) -> None:
        """Let nobody else change the tree."""
        lock_named(TREE_LOCK)

    def store(self, lines: Sequence[Line], loaded: _Tree, scope: Scope) -> None:
        """Write one row after the other, by the services of the tree."""
        for line in lines:
            values = dict(line.values)
            slug = values.pop("slug")
            parent = loaded.categories.get(values.pop("parent", ""))
            if line.found is None:
                made = create_category(slug=slug, parent=parent, **values)
                loaded.categories[slug] = made
                continue
            changed = {column for column, _before, _after in line.changes}
            if changed - {"parent"}:
                update_category(line.found, **values)
            if "parent" in changed:
                move_category(line.found, parent=parent)

    def stored_rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield categories, each behind the one it is below; a query for each 500."""
        rows = Category.objects.select_related("parent")
        if scope.category_id is not None:
            rows = below(scope.category_id).select_related("parent")
        for category in rows.order_by("tree_id", "lft").iterator(chunk_size=CHUNK):
            yield self.row_of(category)
