"""Keep whose each slug is (decision 0033)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalogue.models import Category, CategorySlug, Product, ProductSlug
from custom.transactions import transactional

BATCH = 500  # rows of one INSERT
Records = type[ProductSlug] | type[CategorySlug]
OWNERS: dict[Records, Any] = {ProductSlug: Product, CategorySlug: Category}


@transactional
def record_slugs(
    records: Records, owners: Iterable[Product] | Iterable[Category]
) -> None:
    """Note that rows have the slugs they have; 1 statement for each 500.

    Called after the rows were written, in the same transaction: their unique index
    has then decided whose a slug is, so that the last to write here is its owner.
    """
    taken: list[Any] = [records(slug=row.slug, owner_id=row.pk) for row in owners]
    records.objects.bulk_create(
        taken,
        update_conflicts=True,
        update_fields=["owner"],
        batch_size=BATCH,
    )


@transactional
def leave_slugs(category: Category) -> None:
    """Let slugs that lead to a category about to be deleted name its parent."""
    led_here = Q(owner=category) | Q(instead=category)
    CategorySlug.objects.filter(led_here).update(instead=category.parent_id)


def unrecorded(records: Records) -> QuerySet[Any]:
    """Return rows whose slug is not noted as theirs, which is a fault."""
    own = records.objects.filter(slug=OuterRef("slug"), owner=OuterRef("pk"))
    return OWNERS[records].objects.order_by("pk").exclude(Exists(own))
